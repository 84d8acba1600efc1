//! What becomes of a change once the server has answered, and which lists must then be looked at again?

use proc_macro2::TokenStream;
use quote::quote;

use super::{Subject, change::Way, moves};
use crate::{
    expand::{
        docs::Doc,
        input::{patch_fields, replace_fields},
    },
    model::FieldDef,
};

/// Returns the variant of a change that the server has answered.
pub(super) fn variant(subject: &Subject<'_>) -> TokenStream {
    let row = &subject.row;
    let doc = Doc::new("One of the others, with what the server's answer has in the fields that it changes.").tokens();
    let change = Doc::new("What was asked for.").tokens();
    let answer = Doc::new("The row as the server has answered it.").tokens();
    quote! {
        #doc
        Settled {
            #change
            change: ::std::boxed::Box<Self>,
            #answer
            answer: ::std::boxed::Box<#row>
        }
    }
}

/// Returns the function that gives a row the answer's values of what a change sets.
pub(super) fn settle(subject: &Subject<'_>, ways: &[Way<'_>]) -> TokenStream {
    let row = &subject.row;
    let mut arms: Vec<(Vec<TokenStream>, TokenStream)> = Vec::new();
    for way in ways {
        let (pattern, steps) = steps(subject, way);
        // Two arms that do the same would be clippy's business in the user's crate.
        match arms.iter_mut().find(|(_, other)| other.to_string() == steps.to_string()) {
            Some((patterns, _)) => patterns.push(pattern),
            None => arms.push((vec![pattern], steps)),
        }
    }
    let arms = arms.iter().map(|(patterns, steps)| quote!(#(#patterns)|* => { #steps }));
    let doc = Doc::new("Gives a row the values that an answer has in the fields that the change sets.").tokens();
    quote! {
        #doc
        fn settle(&self, answer: &#row, row: &mut #row) {
            match self {
                #(#arms,)*
                Self::Settled { change, .. } => change.settle(answer, row)
            }
        }
    }
}

/// Returns the pattern of a way to change a row, and what gives the row the answer's values.
fn steps(subject: &Subject<'_>, way: &Way<'_>) -> (TokenStream, TokenStream) {
    match way {
        Way::Patch(_) => {
            let steps = kept(patch_fields(subject.cx, subject.resource)).map(|field| {
                let (ident, take) = (subject.cx.field_ident(field), take(subject, field));
                quote!(if !patch.#ident.is_keep() { #take })
            });
            let steps: TokenStream = steps.collect();
            let pattern = if steps.is_empty() { quote!(Self::Patch(_)) } else { quote!(Self::Patch(patch)) };
            (pattern, steps)
        }
        Way::Replace(_) => {
            let fields = kept(replace_fields(subject.cx, subject.resource));
            (quote!(Self::Replace(_)), fields.map(|field| take(subject, field)).collect())
        }
        Way::Rule(rule) => {
            let mut names: Vec<&str> = Vec::new();
            for change in &rule.rule.changes {
                if !names.contains(&change.field.as_str()) {
                    names.push(&change.field);
                }
            }
            let fields = names.iter().filter_map(|name| subject.field(name));
            (rule.bare_pattern(), fields.map(|field| take(subject, field)).collect())
        }
    }
}

fn take(subject: &Subject<'_>, field: &FieldDef) -> TokenStream {
    let ident = subject.cx.field_ident(field);
    quote!(row.#ident.clone_from(&answer.#ident);)
}

/// Returns those of the fields that are sent which rows have.
fn kept(fields: Vec<&FieldDef>) -> impl Iterator<Item = &FieldDef> {
    fields.into_iter().filter(|field| field.write_only.is_none())
}

/// Returns what a change becomes with the server's answer.
pub(super) fn settled(subject: &Subject<'_>) -> TokenStream {
    let row = &subject.row;
    quote! {
        fn settled(&self, row: &#row) -> Self {
            let change = if let Self::Settled { change, .. } = self {
                ::core::clone::Clone::clone(change)
            } else {
                ::std::boxed::Box::new(::core::clone::Clone::clone(self))
            };
            Self::Settled { change, answer: ::std::boxed::Box::new(::core::clone::Clone::clone(row)) }
        }
    }
}

/// Returns whether a change may move the row; nothing where any may, which is what the runtime takes for granted.
pub(super) fn moves(subject: &Subject<'_>, ways: &[Way<'_>]) -> Option<TokenStream> {
    let names = moves::deciding(subject)?;
    let decides = |name: &str| names.contains(&name);
    let (mut always, mut never, mut arms) = (Vec::new(), Vec::new(), Vec::new());
    for way in ways {
        match way {
            Way::Patch(_) => {
                let deciding =
                    kept(patch_fields(subject.cx, subject.resource)).filter(|field| decides(&field.name.value));
                let set = deciding.map(|field| {
                    let ident = subject.cx.field_ident(field);
                    quote!(!patch.#ident.is_keep())
                });
                let set: Vec<TokenStream> = set.collect();
                if set.is_empty() {
                    never.push(quote!(Self::Patch(_)));
                } else {
                    arms.push(quote!(Self::Patch(patch) => #(#set)||*));
                }
            }
            Way::Replace(_) => {
                let moves = kept(replace_fields(subject.cx, subject.resource)).any(|field| decides(&field.name.value));
                if moves { &mut always } else { &mut never }.push(quote!(Self::Replace(_)));
            }
            Way::Rule(rule) => {
                let moves = rule.rule.changes.iter().any(|change| decides(&change.field));
                if moves { &mut always } else { &mut never }.push(rule.bare_pattern());
            }
        }
    }
    let group =
        |patterns: &[TokenStream], moves: bool| (!patterns.is_empty()).then(|| quote!(#(#patterns)|* => #moves));
    arms.extend(group(&always, true));
    arms.extend(group(&never, false));
    let (runtime, row) = (&subject.runtime, &subject.row);
    Some(quote! {
        fn moves(&self) -> bool {
            match self {
                #(#arms,)*
                Self::Settled { change, .. } => <Self as #runtime::Change<#row>>::moves(change)
            }
        }
    })
}

/// Returns the fields that the server's answer may set, whichever way the row was changed.
pub(super) fn touched<'a>(subject: &Subject<'a>, ways: &[Way<'a>]) -> Vec<&'a FieldDef> {
    let mut fields = Vec::new();
    for way in ways {
        match way {
            Way::Patch(_) => fields.extend(patch_fields(subject.cx, subject.resource)),
            Way::Replace(_) => fields.extend(replace_fields(subject.cx, subject.resource)),
            Way::Rule(rule) => {
                fields.extend(rule.rule.changes.iter().filter_map(|change| subject.field(&change.field)));
            }
        }
    }
    fields
}
