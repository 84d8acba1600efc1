//! In which ways can a row change before the server answers: `UserChange`?

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::Subject;
use crate::{
    expand::{
        context::Cx,
        custom::params::full_ty,
        docs::{Doc, code},
        resource::{settled, step},
    },
    model::{ChangeKind, ChangeValue, KeyKind, MutationDef, OptimisticRule, ParamDef, Resource, UpdateBody},
    name::value_ident,
};

/// A way to change a row that a custom mutation declares.
pub(in crate::expand) struct RuleVariant<'a> {
    /// The mutation.
    pub(in crate::expand) mutation: &'a MutationDef,
    /// The rule.
    pub(in crate::expand) rule: &'a OptimisticRule,
    /// The resource whose row changes.
    pub(in crate::expand) resource: &'a Resource,
    /// The variant's name.
    pub(in crate::expand) ident: Ident,
    /// The parameters that its changes name, in declaration order.
    pub(in crate::expand) params: Vec<&'a ParamDef>,
}

/// A way to change a row.
pub(super) enum Way<'a> {
    /// Some fields.
    Patch(Ident),
    /// All fields that a client may write.
    Replace(Ident),
    /// What a custom mutation does.
    Rule(RuleVariant<'a>),
}

/// Returns the rules of a mutation that change a row, with their variants.
pub(in crate::expand) fn rules_of<'a>(cx: &Cx<'a>, mutation: &'a MutationDef) -> Vec<RuleVariant<'a>> {
    let mut variants: Vec<RuleVariant<'a>> = Vec::new();
    for rule in mutation.optimistic.iter().filter(|rule| !rule.deletes) {
        let (KeyKind::Detail(Some(_)), Some(resource)) = (&rule.target.kind, cx.resource(&rule.target.root)) else {
            continue;
        };
        let name = cx.mutation_variables(mutation);
        let before = variants.iter().filter(|other| other.resource.name.value == resource.name.value).count();
        let ident = if before == 0 { name } else { format_ident!("{name}{}", before + 1) };
        let named = |param: &&ParamDef| {
            rule.changes
                .iter()
                .any(|change| matches!(&change.value.value, ChangeValue::Param(name) if *name == param.name.value))
        };
        let params = mutation.params.iter().filter(named).collect();
        variants.push(RuleVariant { mutation, rule: &rule.value, resource, ident, params });
    }
    variants
}

/// Returns all ways to change a resource's row.
pub(super) fn changes_of<'a>(cx: &Cx<'a>, resource: &Resource) -> Vec<Way<'a>> {
    let mut ways = Vec::new();
    if let Some(update) = &resource.mutations.update {
        let body = update.body.as_ref().map(|body| body.value).unwrap_or_default();
        ways.push(if body == UpdateBody::Full {
            Way::Replace(cx.replace_type(resource))
        } else {
            Way::Patch(cx.patch_type(resource))
        });
    }
    for mutation in &cx.schema.mutations {
        let rules = rules_of(cx, mutation).into_iter();
        ways.extend(rules.filter(|rule| rule.resource.name.value == resource.name.value).map(Way::Rule));
    }
    ways
}

impl RuleVariant<'_> {
    /// Returns whether doing it twice is doing it once.
    fn is_idempotent(&self) -> bool {
        let twice = |kind| matches!(kind, ChangeKind::Inc | ChangeKind::Push);
        !self.rule.changes.iter().any(|change| twice(change.kind))
    }

    /// Returns the pattern that binds the parameters.
    fn pattern(&self) -> TokenStream {
        let ident = &self.ident;
        if self.params.is_empty() {
            return quote!(Self::#ident);
        }
        let names = self.params.iter().map(|param| value_ident(&param.name));
        quote!(Self::#ident { #(#names),* })
    }

    /// Returns the pattern that binds nothing.
    pub(super) fn bare_pattern(&self) -> TokenStream {
        let ident = &self.ident;
        if self.params.is_empty() { quote!(Self::#ident) } else { quote!(Self::#ident { .. }) }
    }
}

/// Returns the enum of changes and its `Change`; nothing where a row cannot change.
pub(super) fn expand(subject: &Subject<'_>) -> Vec<TokenStream> {
    let Subject { cx, resource, visibility, row, .. } = subject;
    let ways = changes_of(cx, resource);
    if ways.is_empty() {
        return Vec::new();
    }
    let name = cx.change_type(resource);
    let doc = Doc::new(format!("The ways in which a {} can change before the server answers.", code(&row.to_string())))
        .source(cx, &resource.source)
        .tokens();
    let variants = ways.iter().map(|way| variant(subject, way)).chain([settled::variant(subject)]);
    let allow = &subject.allow;
    let mut items = vec![quote! {
        #doc
        #allow
        // A patch has every field of the row, a rule a few values; a box would be in the user's way.
        #[allow(clippy::large_enum_variant)]
        #[derive(Clone, Debug, PartialEq)]
        #visibility enum #name { #(#variants),* }
    }];
    items.extend(implementations(subject, &name, &ways));
    items
}

fn variant(subject: &Subject<'_>, way: &Way<'_>) -> TokenStream {
    match way {
        Way::Patch(patch) => {
            let doc = Doc::new("Some of its fields.").tokens();
            quote!(#doc Patch(#patch))
        }
        Way::Replace(replace) => {
            let doc = Doc::new("All of its fields that a client may write.").tokens();
            quote!(#doc Replace(#replace))
        }
        Way::Rule(rule) => {
            let changes: Vec<String> = rule.rule.changes.iter().map(step::words).collect();
            let summary = format!("What {} does: {}.", code(&rule.mutation.name), changes.join(", "));
            let doc = Doc::new(summary).tokens();
            let ident = &rule.ident;
            if rule.params.is_empty() {
                return quote!(#doc #ident);
            }
            let fields = rule.params.iter().map(|param| {
                let (name, ty) = (value_ident(&param.name), full_ty(subject.cx, param));
                let text = format!("The parameter {} of the mutation.", code(&param.name));
                let doc = Doc::new(text).tokens();
                quote!(#doc #name: #ty)
            });
            quote!(#doc #ident { #(#fields),* })
        }
    }
}

fn implementations(subject: &Subject<'_>, name: &Ident, ways: &[Way<'_>]) -> Vec<TokenStream> {
    let Subject { runtime, row, .. } = subject;
    let arms = ways.iter().map(|way| match way {
        Way::Patch(_) => quote!(Self::Patch(patch) => patch.apply(row)),
        Way::Replace(_) => quote!(Self::Replace(whole) => whole.apply(row)),
        Way::Rule(rule) => {
            let pattern = rule.pattern();
            let steps = rule.rule.changes.iter().filter_map(|change| step::of(subject, change, &rule.params));
            quote!(#pattern => { #(#steps)* })
        }
    });
    let repeated: Vec<TokenStream> = ways
        .iter()
        .filter_map(|way| match way {
            Way::Rule(rule) if !rule.is_idempotent() => Some(rule.bare_pattern()),
            _ => None,
        })
        .collect();
    let is_idempotent = (!repeated.is_empty()).then(|| {
        quote! {
            fn is_idempotent(&self) -> bool { !::core::matches!(self, #(#repeated)|*) }
        }
    });
    let allow = subject.allow_for(settled::touched(subject, ways).into_iter());
    let doc = Doc::new("Shows a change in a cached row.").source(subject.cx, &subject.resource.source).tokens();
    let (settle, settled, moves) =
        (settled::settle(subject, ways), settled::settled(subject), settled::moves(subject, ways));
    vec![
        quote! {
            #allow
            impl #name { #settle }
        },
        quote! {
            #doc
            #allow
            impl #runtime::Change<#row> for #name {
                fn apply(&self, row: &mut #row) {
                    match self {
                        #(#arms,)*
                        Self::Settled { change, answer } => change.settle(answer, row)
                    }
                }
                #is_idempotent
                #settled
                #moves
            }
        },
    ]
}
