//! What can be done to a resource's cached data without watching it?

use proc_macro2::TokenStream;
use quote::quote;

use super::{
    Subject,
    fetch::{row_arguments, row_path, row_values},
};
use crate::expand::docs::Doc;

/// How many rows are fetched at once while warming up.
const AT_ONCE: usize = 4;

/// Returns prefetch, invalidate and warm-up.
pub(super) fn expand(subject: &Subject<'_>) -> Vec<TokenStream> {
    let mut items = prefetch(subject);
    items.extend(invalidate(subject));
    items.extend(warm_up(subject));
    items
}

fn prefetch(subject: &Subject<'_>) -> Vec<TokenStream> {
    let Subject { cx, resource, runtime, visibility, allow, .. } = subject;
    let result = quote!(::core::result::Result<(), #runtime::QueryError>);
    let doc = |summary: &str, part: &str| {
        Doc::new(summary)
            .section("Errors", "Returns the `QueryError` of the fetch, after its retries.")
            .section("Cancel safety", "Dropping the future does not stop a fetch that others wait for.")
            .source(cx, &subject.dotted(part))
            .tokens()
    };
    let mut items = Vec::new();
    if let Some(list) = &subject.list {
        let (name, query) = (cx.prefetch_list_fn(resource), cx.list_query_fn(resource));
        let params = cx.params_type(resource);
        let doc_list = doc("Fetches a list into the cache, unless a fresh one is there.", "list");
        items.push(quote! {
            #doc_list
            #allow
            #visibility async fn #name(client: &#runtime::QueryClient, params: #params) -> #result {
                client.prefetch(#query(params)).await
            }
        });
        if resource.infinite.is_some() && list.paging.is_some() {
            let (name, query) = (cx.prefetch_infinite_fn(resource), cx.infinite_query_fn(resource));
            let filter = cx.filter_type(resource);
            let doc = doc(
                "Fetches the first page of an infinite list into the cache, unless a fresh one is there.",
                "infinite",
            );
            items.push(quote! {
                #doc
                #allow
                #visibility async fn #name(client: &#runtime::QueryClient, filter: #filter) -> #result {
                    client.prefetch_infinite(#query(filter)).await
                }
            });
        }
    }
    if let Some(path) = row_path(subject) {
        let (name, query) = (cx.prefetch_one_fn(resource), cx.one_query_fn(resource));
        let (arguments, values) = (row_arguments(subject, &path), row_values(&path));
        let doc = doc("Fetches one row into the cache, unless a fresh one is there.", "get");
        items.push(quote! {
            #doc
            #allow
            #visibility async fn #name(client: &#runtime::QueryClient, #arguments) -> #result {
                client.prefetch(#query(#values)).await
            }
        });
    }
    items
}

fn invalidate(subject: &Subject<'_>) -> Vec<TokenStream> {
    let Subject { cx, resource, runtime, visibility, id_ty, allow, .. } = subject;
    let keys = cx.keys_type(resource);
    let doc = |summary: &str| {
        Doc::new(summary)
            .paragraph("What is being watched is fetched again at once. The future ends when that has settled; it may be dropped.")
            .source(cx, &resource.source)
            .tokens()
    };
    let all = cx.invalidate_list_fn(resource);
    let one = cx.invalidate_one_fn(resource);
    let doc_all = doc("Marks everything of this resource as stale: lists, infinite lists and details.");
    let mut items = vec![quote! {
        #doc_all
        #allow
        #visibility fn #all(client: &#runtime::QueryClient) -> #runtime::Settled {
            client.invalidate(#keys::all())
        }
    }];
    if resource.get.is_some() || !resource.relations.is_empty() {
        let doc_one = doc("Marks one row's detail, and what is cached under it, as stale.");
        items.push(quote! {
            #doc_one
            #allow
            #visibility fn #one(client: &#runtime::QueryClient, id: &#id_ty) -> #runtime::Settled {
                client.invalidate(#keys::detail(id))
            }
        });
    }
    items
}

/// Returns the warm-up, where an id is all that a row's path needs.
fn warm_up(subject: &Subject<'_>) -> Option<TokenStream> {
    let path = row_path(subject)?;
    if !path.params.is_empty() {
        return None;
    }
    let Subject { cx, resource, runtime, visibility, id_ty, allow, .. } = subject;
    let (name, query) = (cx.warm_up_fn(resource), cx.one_query_fn(resource));
    let doc = Doc::new(format!("Fetches these rows into the cache, at most {AT_ONCE} at once."))
        .section("Errors", "Each row has a result of its own, in the order of the ids.")
        .section("Cancel safety", "Dropping the future starts no further fetch.")
        .source(cx, &subject.dotted("get"))
        .tokens();
    Some(quote! {
        #doc
        #allow
        #visibility async fn #name(
            client: &#runtime::QueryClient,
            ids: impl ::core::iter::IntoIterator<Item = #id_ty>
        ) -> ::std::vec::Vec<::core::result::Result<(), #runtime::QueryError>> {
            client.warm_up(ids.into_iter().map(#query).collect(), #AT_ONCE).await
        }
    })
}
