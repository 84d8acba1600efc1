//! What is generated for a mutation that belongs to no resource?

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::params::{Field, Purpose, allow, presence_of, request, structure};
use crate::{
    expand::{
        cloned,
        context::Cx,
        docs::{Doc, allow_deprecated, code},
        guarantee::Trace,
        resource::{
            RuleVariant, answers,
            invalidation::{self, Place, Places, text},
            mutations::{self, Mutation, NOT_OPTIMISTIC, reach, reach_words},
            rules_of,
        },
        ty,
    },
    model::{KeyKind, ListReach, ModelKind, MutationDef, OptimisticRule, ParamDef, ParamPlace, Type},
    name::value_ident,
};

/// Returns the variables' struct and the mutation.
pub(super) fn expand(cx: &Cx<'_>, mutation: &MutationDef) -> Vec<TokenStream> {
    let fields: Vec<Field<'_>> = mutation.params.iter().map(|param| Field::of(cx, param, None)).collect();
    let name = cx.mutation_variables(mutation);
    let mut items = Vec::new();
    let variables = if fields.is_empty() {
        quote!(())
    } else {
        let doc = Doc::new(format!("What the mutation {} takes.", code(&mutation.name))).source(cx, &mutation.source);
        items.extend(structure(cx, &name, &fields, &doc, Purpose::Mutation));
        quote!(#name)
    };
    let (runtime, method) = (cx.runtime(), mutation.endpoint.method.value);
    let path = &mutation.endpoint.path.text;
    let start = mutations::request(&runtime, method, path);
    let said = answers(cx);
    let (optimistic, guarantee) = optimistic(cx, mutation, &variables);
    let places = places_of(cx, mutation, &fields);
    let returns_old = mutation.returns.as_ref().is_some_and(|returns| cx.is_deprecated(returns));
    let is_old = returns_old || cx.is_error_deprecated();
    let built = Mutation {
        names: [cx.send_mutation_fn(mutation), cx.mutation_options_fn(mutation), cx.use_mutation_fn(mutation)],
        variables,
        uses_variables: !fields.is_empty(),
        result: mutation.returns.as_ref().map_or_else(|| quote!(()), |returns| ty::ty(cx, returns)),
        request: request(cx, &start, &said, &fields, &format_ident!("variables")),
        endpoint: code(&format!("{} {path}", mutations::verb(method))),
        read: if mutation.returns.is_some() { quote!(json()) } else { quote!(empty()) },
        key: key(cx, mutation),
        optimistic,
        guarantee,
        level: cx.mutation_level(mutation),
        method,
        trace: trace(mutation),
        invalidates: invalidation::invalidates(cx, &mutation.invalidates, &places),
        stale: invalidation::doc(&mutation.invalidates),
        settings: &mutation.options,
        // Files are large, and hold no ids.
        serialized: !fields.is_empty() && fields.iter().all(|field| field.param.place.value != ParamPlace::Multipart),
        summary: format!("runs {}", code(&mutation.name)),
        doc: mutation.doc.as_deref().filter(|doc| !doc.trim().is_empty()),
        source: mutation.source.clone(),
        allow: if is_old { allow_deprecated(true) } else { allow(cx, &fields) },
    };
    items.extend(built.expand(cx));
    items
}

/// Returns what can be seen of a mutation: a row that goes, where that is all it does.
fn trace(mutation: &MutationDef) -> Trace {
    let rules = &mutation.optimistic;
    match rules.len() {
        0 => Trace::Nothing,
        _ if rules.iter().all(|rule| rule.deletes) => Trace::Deleted,
        _ => Trace::Changed,
    }
}

fn key(cx: &Cx<'_>, mutation: &MutationDef) -> TokenStream {
    let name = &mutation.name.value;
    if let Some(api) = cx.api_name() { quote!(&[#api, "mutation", #name]) } else { quote!(&["mutation", #name]) }
}

fn optimistic(cx: &Cx<'_>, mutation: &MutationDef, variables: &TokenStream) -> (TokenStream, String) {
    let changes = rules_of(cx, mutation);
    let deletes: Vec<&OptimisticRule> =
        mutation.optimistic.iter().map(|rule| &rule.value).filter(|rule| rule.deletes).collect();
    if changes.is_empty() && deletes.is_empty() {
        return (TokenStream::new(), NOT_OPTIMISTIC.to_owned());
    }
    let shown = changes.iter().map(|change| {
        let row = code(&text(&change.rule.target));
        match reach_of(change.rule) {
            ListReach::None => format!("{row} shows the change at once"),
            lists => format!("{row} and {} show the change at once", reach_words(lists)),
        }
    });
    let gone = deletes.iter().map(|rule| match reach_of(rule) {
        ListReach::None => format!("{} goes at once", code(&text(&rule.target))),
        lists => format!("{} goes at once, also from {}", code(&text(&rule.target)), reach_words(lists)),
    });
    let guarantee = format!(
        "Optimistic: {}. If the server refuses, all of it is taken back at once, and nothing else with it.",
        shown.chain(gone).collect::<Vec<_>>().join("; "),
    );
    let calls = changes.iter().map(|rule| change_call(cx, rule, variables));
    let calls = calls.chain(deletes.iter().filter_map(|rule| delete_call(cx, mutation, rule, variables)));
    (quote!(#(#calls)*), guarantee)
}

/// Returns which lists show what a rule does: of a row that goes, all, as with every delete.
fn reach_of(rule: &OptimisticRule) -> ListReach {
    let otherwise = if rule.deletes { ListReach::All } else { ListReach::Matching };
    rule.lists.as_ref().map_or(otherwise, |lists| lists.value)
}

/// Returns the identifier of a parameter, and its value as a mutation's variables have it.
fn take(param: &ParamDef) -> (proc_macro2::Ident, TokenStream) {
    let (ident, presence) = (value_ident(&param.name), presence_of(param));
    let value = cloned::from_place(&param.ty, presence, &quote!(variables.#ident));
    (ident, value)
}

/// Returns the id of a rule's row.
fn id_of(mutation: &MutationDef, rule: &OptimisticRule) -> TokenStream {
    // Only rules whose target names a parameter come so far, and `check` has looked that parameter up.
    let id = match &rule.target.kind {
        KeyKind::Detail(Some(id)) => mutation.params.iter().find(|param| param.name.value == id.value),
        _ => None,
    };
    id.map_or_else(|| quote!(variables.id), |id| take(id).1)
}

fn change_call(cx: &Cx<'_>, rule: &RuleVariant<'_>, variables: &TokenStream) -> TokenStream {
    let runtime = cx.runtime();
    let (row, change) = (cx.model_type(rule.resource), cx.change_type(rule.resource));
    let variant = &rule.ident;
    let fields = rule.params.iter().map(|param| {
        let (ident, value) = take(param);
        quote!(#ident: #value)
    });
    let value =
        if rule.params.is_empty() { quote!(#change::#variant) } else { quote!(#change::#variant { #(#fields),* }) };
    let (id, reach) = (id_of(rule.mutation, rule.rule), reach(&runtime, reach_of(rule.rule)));
    quote!(.changes::<#row>(|variables: &#variables| (#id, #value), #reach, true))
}

fn delete_call(
    cx: &Cx<'_>,
    mutation: &MutationDef,
    rule: &OptimisticRule,
    variables: &TokenStream,
) -> Option<TokenStream> {
    let row = cx.model_type(cx.resource(&rule.target.root)?);
    let (id, reach) = (id_of(mutation, rule), reach(&cx.runtime(), reach_of(rule)));
    Some(quote!(.deletes::<#row>(|variables: &#variables| #id, #reach, true)))
}

fn places_of(cx: &Cx<'_>, mutation: &MutationDef, fields: &[Field<'_>]) -> Places {
    let variables = fields.iter().map(|field| {
        let ident = &field.ident;
        Place::new(&field.param.name.value, quote!(&variables.#ident))
    });
    let mut places = Places { variables: variables.collect(), result: Vec::new() };
    let Some(Type::Model(name, _)) = mutation.returns.as_ref().map(|returns| &returns.value) else {
        return places;
    };
    if let Some(ModelKind::Object(object)) = cx.model(name).map(|model| &model.kind) {
        let kept = object.fields.iter().filter(|field| field.write_only.is_none());
        places.result.extend(kept.map(|field| {
            let ident = cx.field_ident(field);
            Place::new(&field.name.value, quote!(&row.#ident))
        }));
    }
    places
}
