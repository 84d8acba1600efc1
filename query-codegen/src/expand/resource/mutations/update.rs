//! How is a row updated?

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::{
    super::{
        Subject,
        invalidation::{Place, Places, arguments},
        path::EndpointPath,
    },
    Mutation, NOT_OPTIMISTIC, invalidates, key, reach, reach_words, request, variables, verb,
};
use crate::{
    expand::{
        docs::{Doc, code},
        guarantee::Trace,
    },
    model::{Method, UpdateBody, UpdateDef, UpdateOptimism},
};

/// Returns the variables and the mutation.
pub(super) fn expand(subject: &Subject<'_>) -> Vec<TokenStream> {
    let Some(update) = &subject.resource.mutations.update else { return Vec::new() };
    let Subject { cx, resource, row, id_ty, .. } = subject;
    let path = update.path.as_ref().map(|path| &path.value);
    let path = EndpointPath::row(cx, resource, path);
    let body = update.body.as_ref().map(|body| body.value).unwrap_or_default();
    let name = cx.update_variables(resource);
    let (member, input, what) = if body == UpdateBody::Full {
        (format_ident!("row"), cx.replace_type(resource), "The whole of it.")
    } else {
        (format_ident!("patch"), cx.patch_type(resource), "What changes.")
    };
    let doc =
        Doc::new(format!("What updating a {} takes.", code(&row.to_string()))).source(cx, &subject.dotted("update"));
    let rest = [(format_ident!("id"), quote!(#id_ty), "Which row."), (member.clone(), quote!(#input), what)];
    let struct_item = variables(subject, &name, &path, &rest, &doc);
    let method = update.method.as_ref().map_or(Method::Patch, |method| method.value);
    let (request, endpoint) = request_of(subject, update, method, &path, &member);
    let (optimistic, guarantee) = match &update.optimistic {
        Some(optimism) => optimistic(subject, &optimism.value, body),
        None => (TokenStream::new(), NOT_OPTIMISTIC.to_owned()),
    };
    let (invalidates, stale) =
        invalidates(subject, &update.invalidates, &places_of(subject, &path), update.optimistic.is_some());
    let names: Vec<&str> = update.invalidates.iter().flat_map(arguments).collect();
    let mutation = Mutation {
        names: [cx.send_update_fn(resource), cx.update_mutation_fn(resource), cx.use_update_fn(resource)],
        variables: quote!(#name),
        uses_variables: true,
        result: quote!(#row),
        request,
        endpoint,
        read: quote!(json()),
        key: key(subject, "update"),
        optimistic,
        guarantee,
        level: cx.schema.level_of(resource),
        method,
        trace: if update.optimistic.is_some() { Trace::Changed } else { Trace::Nothing },
        invalidates,
        stale,
        settings: &update.options,
        serialized: true,
        summary: format!("updates a {}", code(&row.to_string())),
        doc: None,
        source: subject.dotted("update"),
        allow: subject.allow_for(names.iter().filter_map(|name| subject.field(name))),
    };
    let mut items = vec![struct_item];
    items.extend(mutation.expand(cx));
    items
}

/// Returns the request, made of `variables`, and its method and path for documentation.
fn request_of(
    subject: &Subject<'_>,
    update: &UpdateDef,
    method: Method,
    path: &EndpointPath<'_>,
    member: &Ident,
) -> (TokenStream, String) {
    let (start, answers) = (request(&subject.runtime, method, &path.text), subject.answers());
    let places = path.calls(|ident| quote!(&variables.#ident));
    let id = path.id.as_ref().map(|name| quote!(.path(#name, &variables.id)));
    let body = match update.body.as_ref().map(|body| body.value).unwrap_or_default() {
        UpdateBody::Patch | UpdateBody::Full => quote!(json),
        UpdateBody::JsonPatch => quote!(json_patch),
        UpdateBody::MergePatch => quote!(merge_patch),
    };
    let tokens = quote!(#start #places #id.#body(&variables.#member) #answers);
    (tokens, Subject::endpoint(verb(method), &path.text))
}

fn places_of(subject: &Subject<'_>, path: &EndpointPath<'_>) -> Places {
    let mut places = Places::default();
    for param in &path.params {
        let ident = &param.ident;
        places.variables.push(Place::new(&param.name, quote!(&variables.#ident)));
    }
    for name in ["id", &subject.id.name.value] {
        places.variables.push(Place::new(name, quote!(&variables.id)));
    }
    places.result = subject.result_places();
    places
}

fn optimistic(subject: &Subject<'_>, optimism: &UpdateOptimism, body: UpdateBody) -> (TokenStream, String) {
    let Subject { cx, resource, runtime, row, .. } = subject;
    let (variables, change) = (cx.update_variables(resource), cx.change_type(resource));
    let lists = optimism.lists.as_ref().map(|lists| lists.value).unwrap_or_default();
    let detail = optimism.detail.as_ref().is_none_or(|detail| detail.value);
    let (reach, id) = (reach(runtime, lists), subject.id_clone(&quote!(variables.id)));
    let change = if body == UpdateBody::Full {
        quote!(#change::Replace(variables.row.clone()))
    } else {
        quote!(#change::Patch(variables.patch.clone()))
    };
    let call = quote! {
        .changes::<#row>(
            |variables: &#variables| (#id, #change),
            #reach,
            #detail
        )
    };
    let shown = if detail { "the row's detail and " } else { "" };
    let guarantee = format!(
        "Optimistic: {shown}{} show the change at once; where the row no longer belongs, it goes, and where it now does, it comes. If the server refuses, this change is taken back, and no other.",
        reach_words(lists),
    );
    (call, guarantee)
}
