//! How is a row deleted?

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::{
    super::{
        Subject,
        invalidation::{Place, Places},
        path::EndpointPath,
    },
    Mutation, NOT_OPTIMISTIC, invalidates, key, reach, reach_words, request, variables, verb,
};
use crate::{
    expand::{
        cloned,
        docs::{Doc, code},
        guarantee::Trace,
    },
    model::{DeleteOptimism, Method},
};

/// Returns the variables where they are more than the id, and the mutation.
pub(super) fn expand(subject: &Subject<'_>) -> Vec<TokenStream> {
    let Some(delete) = &subject.resource.mutations.delete else { return Vec::new() };
    let Subject { cx, resource, runtime, row, id_ty, .. } = subject;
    let path = delete.path.as_ref().map(|path| &path.value);
    let path = EndpointPath::row(cx, resource, path);
    let is_struct = !path.params.is_empty();
    let mut items = Vec::new();
    let variables_ty = if is_struct {
        let name = cx.delete_variables(resource);
        let doc = Doc::new(format!("What deleting a {} takes.", code(&row.to_string())))
            .source(cx, &subject.dotted("delete"));
        let rest = [(format_ident!("id"), quote!(#id_ty), "Which row.")];
        items.push(variables(subject, &name, &path, &rest, &doc));
        quote!(#name)
    } else {
        id_ty.clone()
    };
    let method = delete.method.as_ref().map_or(Method::Delete, |method| method.value);
    let (start, answers) = (request(runtime, method, &path.text), subject.answers());
    let places = path.calls(|ident| quote!(&variables.#ident));
    let value = if is_struct { quote!(&variables.id) } else { quote!(&variables) };
    let id = path.id.as_ref().map(|name| quote!(.path(#name, #value)));
    let (optimistic, guarantee) = match &delete.optimistic {
        Some(optimism) => optimistic(subject, &optimism.value, &variables_ty, is_struct),
        None => (TokenStream::new(), NOT_OPTIMISTIC.to_owned()),
    };
    let (invalidates, stale) =
        invalidates(subject, &delete.invalidates, &places_of(subject, &path), delete.optimistic.is_some());
    let mutation = Mutation {
        names: [cx.send_delete_fn(resource), cx.delete_mutation_fn(resource), cx.use_delete_fn(resource)],
        variables: variables_ty,
        uses_variables: is_struct || path.id.is_some(),
        result: quote!(()),
        request: quote!(#start #places #id #answers),
        endpoint: Subject::endpoint(verb(method), &path.text),
        read: quote!(empty()),
        key: key(subject, "delete"),
        optimistic,
        guarantee,
        level: cx.schema.level_of(resource),
        method,
        trace: if delete.optimistic.is_some() { Trace::Deleted } else { Trace::Nothing },
        invalidates,
        stale,
        settings: &delete.options,
        serialized: true,
        summary: format!("deletes a {}", code(&row.to_string())),
        doc: None,
        source: subject.dotted("delete"),
        allow: subject.allow.clone(),
    };
    items.extend(mutation.expand(cx));
    items
}

fn places_of(subject: &Subject<'_>, path: &EndpointPath<'_>) -> Places {
    let mut places = Places::default();
    for param in &path.params {
        let ident = &param.ident;
        places.variables.push(Place::new(&param.name, quote!(&variables.#ident)));
    }
    let id = if path.params.is_empty() { quote!(variables) } else { quote!(&variables.id) };
    for name in ["id", &subject.id.name.value] {
        places.variables.push(Place::new(name, id.clone()));
    }
    places
}

fn optimistic(
    subject: &Subject<'_>,
    optimism: &DeleteOptimism,
    variables: &TokenStream,
    is_struct: bool,
) -> (TokenStream, String) {
    let Subject { runtime, row, .. } = subject;
    // A deleted row is in no list: without a word, it goes from all.
    let lists = optimism.lists.as_ref().map_or(crate::model::ListReach::All, |lists| lists.value);
    let detail = optimism.detail.as_ref().is_none_or(|detail| detail.value);
    let reach = reach(runtime, lists);
    let id = if is_struct {
        let id = subject.id_clone(&quote!(variables.id));
        quote!(|variables: &#variables| #id)
    } else {
        let id = cloned::from_reference(&subject.id.ty, &quote!(id));
        quote!(|id: &#variables| #id)
    };
    let call = quote!(.deletes::<#row>(#id, #reach, #detail));
    let shown = if detail { "its detail and " } else { "" };
    let guarantee = format!(
        "Optimistic: the row goes at once from {shown}{}. If the server refuses, it comes back where it was.",
        reach_words(lists),
    );
    (call, guarantee)
}
