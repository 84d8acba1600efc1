//! What is generated for a mutation that belongs to no resource?

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::params::{Field, Purpose, allow, presence_of, request, structure};
use crate::{
    expand::{
        cloned,
        context::Cx,
        docs::{Doc, allow_deprecated, code},
        resource::{
            RuleVariant, error_body,
            invalidation::{self, Place, Places, text},
            mutations::{self, Mutation, NOT_OPTIMISTIC},
            rules_of,
        },
        ty,
    },
    model::{KeyKind, ModelKind, MutationDef, ParamDef, ParamPlace, Type},
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
    let error = error_body(cx);
    let (optimistic, guarantee) = optimistic(cx, mutation, &variables);
    let places = places_of(cx, mutation, &fields);
    let returns_old = mutation.returns.as_ref().is_some_and(|returns| cx.is_deprecated(returns));
    let is_old = returns_old || cx.is_error_deprecated();
    let built = Mutation {
        names: [cx.send_mutation_fn(mutation), cx.mutation_options_fn(mutation), cx.use_mutation_fn(mutation)],
        variables,
        uses_variables: !fields.is_empty(),
        result: mutation.returns.as_ref().map_or_else(|| quote!(()), |returns| ty::ty(cx, returns)),
        request: request(cx, &start, &error, &fields, &format_ident!("variables")),
        endpoint: code(&format!("{} {path}", mutations::verb(method))),
        read: if mutation.returns.is_some() { quote!(json()) } else { quote!(empty()) },
        key: key(cx, mutation),
        optimistic,
        guarantee,
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

fn key(cx: &Cx<'_>, mutation: &MutationDef) -> TokenStream {
    let name = &mutation.name.value;
    if let Some(api) = cx.api_name() { quote!(&[#api, "mutation", #name]) } else { quote!(&["mutation", #name]) }
}

fn optimistic(cx: &Cx<'_>, mutation: &MutationDef, variables: &TokenStream) -> (TokenStream, String) {
    let rules = rules_of(cx, mutation);
    if rules.is_empty() {
        return (TokenStream::new(), NOT_OPTIMISTIC.to_owned());
    }
    let targets: Vec<String> = rules.iter().map(|rule| code(&text(&rule.rule.target))).collect();
    let calls = rules.iter().map(|rule| rule_call(cx, rule, variables));
    let guarantee = format!(
        "Optimistic: {} shows the change at once, and so does every cached list it belongs to. If the server refuses, this change is taken back, and no other.",
        targets.join(" and "),
    );
    (quote!(#(#calls)*), guarantee)
}

fn rule_call(cx: &Cx<'_>, rule: &RuleVariant<'_>, variables: &TokenStream) -> TokenStream {
    let runtime = cx.runtime();
    let (row, change) = (cx.model_type(rule.resource), cx.change_type(rule.resource));
    let variant = &rule.ident;
    let take = |param: &ParamDef| {
        let (ident, presence) = (value_ident(&param.name), presence_of(param));
        let value = cloned::from_place(&param.ty, presence, &quote!(variables.#ident));
        (ident, value)
    };
    let fields = rule.params.iter().map(|param| {
        let (ident, value) = take(param);
        quote!(#ident: #value)
    });
    let value =
        if rule.params.is_empty() { quote!(#change::#variant) } else { quote!(#change::#variant { #(#fields),* }) };
    // `rules_of` takes only rules whose target names a parameter, and `check` has looked that parameter up.
    let id = match &rule.rule.target.kind {
        KeyKind::Detail(Some(id)) => rule.mutation.params.iter().find(|param| param.name.value == id.value),
        _ => None,
    };
    let id = id.map_or_else(|| quote!(variables.id), |id| take(id).1);
    quote! {
        .changes::<#row>(
            |variables: &#variables| (#id, #value),
            #runtime::ListReach::Matching,
            true
        )
    }
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
