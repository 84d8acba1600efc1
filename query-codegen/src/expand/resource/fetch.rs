//! How is a list or a row asked for?

use proc_macro2::TokenStream;
use quote::quote;

use super::{
    Subject,
    listing::ListShape,
    path::{EndpointPath, PathParam},
};
use crate::{
    expand::{cloned, docs::Doc},
    model::{PageStyle, Presence},
};

/// What every `# Errors` section of a fetch says.
pub(in crate::expand) const ERRORS: &str =
    "Returns a `QueryError` if the request fails, the status is not 2xx, or the body is not what it should be.";
/// What every `# Cancel safety` section of a fetch says.
pub(in crate::expand) const CANCEL: &str = "Dropping the future aborts the request.";

/// Returns the fetch functions of a list and a row.
pub(super) fn expand(subject: &Subject<'_>) -> Vec<TokenStream> {
    let mut items = Vec::new();
    items.extend(subject.list.as_ref().map(|list| list_fetch(subject, list)));
    items.extend(row_path(subject).map(|path| row_fetch(subject, &path)));
    items
}

/// Returns the path of the detail, if the resource has one.
pub(super) fn row_path<'a>(subject: &Subject<'a>) -> Option<EndpointPath<'a>> {
    let get = subject.resource.get.as_ref()?;
    let path = get.path.as_ref().map(|path| &path.value);
    Some(EndpointPath::row(subject.cx, subject.resource, path))
}

fn list_fetch(subject: &Subject<'_>, list: &ListShape<'_>) -> TokenStream {
    let Subject { cx, resource, runtime, visibility, row, allow, .. } = subject;
    let (name, params, page) = (cx.fetch_list_fn(resource), cx.params_type(resource), subject.page());
    let path = &list.path.text;
    let of = quote!(params);
    let places = list.path.calls(|ident| quote!(&params.#ident));
    let queries = list.params.iter().map(|field| field.query_call(&of));
    let paging = list.paging.as_ref().map(|paging| {
        let (page, limit) = (&paging.page_wire, &paging.size_wire);
        let (start, size) = (paging.start, paging.size);
        let page = match paging.style {
            PageStyle::Page => quote!(.query_unless(#page, &params.page, &#start)),
            PageStyle::Cursor => quote!(.query(#page, &params.cursor)),
        };
        quote!(#page .query_unless(#limit, &params.limit, &#size))
    });
    let uses_params = list.paging.is_some() || !list.params.is_empty() || !list.path.params.is_empty();
    let argument = if uses_params { quote!(params) } else { quote!(_params) };
    let answers = subject.answers();
    let doc = Doc::new(format!("Fetches a list: {}.", Subject::endpoint("GET", path)))
        .section("Errors", ERRORS)
        .section("Cancel safety", CANCEL)
        .source(cx, &subject.dotted("list"))
        .tokens();
    quote! {
        #doc
        #allow
        #visibility async fn #name(
            context: #runtime::FetchContext,
            #argument: #params
        ) -> ::core::result::Result<#page, #runtime::QueryError> {
            context
                .send(#runtime::Request::get(#path) #places #(#queries)* #paging #answers)
                .await?
                .page(&<#row as #runtime::Entity>::ENVELOPE)
        }
    }
}

fn row_fetch(subject: &Subject<'_>, path: &EndpointPath<'_>) -> TokenStream {
    let Subject { cx, resource, runtime, visibility, row, allow, .. } = subject;
    let name = cx.fetch_one_fn(resource);
    let arguments = row_arguments(subject, path);
    let places = row_places(path);
    let text = &path.text;
    let answers = subject.answers();
    let doc = Doc::new(format!("Fetches one row: {}.", Subject::endpoint("GET", text)))
        .section("Errors", ERRORS)
        .section("Cancel safety", CANCEL)
        .source(cx, &subject.dotted("get"))
        .tokens();
    quote! {
        #doc
        #allow
        #visibility async fn #name(
            context: #runtime::FetchContext,
            #arguments
        ) -> ::core::result::Result<#row, #runtime::QueryError> {
            context.send(#runtime::Request::get(#text) #places #answers).await?.json()
        }
    }
}

/// Returns the `.path(…)` calls for values that are variables of their own: `post_id`, `id`.
fn row_places(path: &EndpointPath<'_>) -> TokenStream {
    let places = path.calls(|ident| quote!(&#ident));
    let id = path.id.as_ref().map(|name| quote!(.path(#name, &id)));
    quote!(#places #id)
}

/// Returns the arguments of a function that is about one row: the path's parameters, then the id.
pub(super) fn row_arguments(subject: &Subject<'_>, path: &EndpointPath<'_>) -> TokenStream {
    let id_ty = &subject.id_ty;
    let places = path.params.iter().map(|PathParam { ident, ty, .. }| quote!(#ident: #ty,));
    quote!(#(#places)* id: #id_ty)
}

/// Returns the same as values: `post_id, id`.
pub(super) fn row_values(path: &EndpointPath<'_>) -> TokenStream {
    let places = path.params.iter().map(|PathParam { ident, .. }| quote!(#ident,));
    quote!(#(#places)* id)
}

/// Returns the same as clones: `post_id.clone(), id.clone()`.
pub(super) fn row_clones(subject: &Subject<'_>, path: &EndpointPath<'_>) -> TokenStream {
    let places = path.params.iter().map(|PathParam { ident, declared, .. }| {
        let value = cloned::from_place(declared, Presence::Required, &quote!(#ident));
        quote!(#value,)
    });
    let id = subject.id_clone(&quote!(id));
    quote!(#(#places)* #id)
}
