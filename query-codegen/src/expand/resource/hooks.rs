//! What does a component call to watch a list or a row?

use proc_macro2::TokenStream;
use quote::quote;

use super::{
    Subject,
    fetch::{row_arguments, row_path, row_values},
    mutations::temp_id,
};
use crate::{
    expand::{
        docs::Doc,
        guarantee::{self, Shows},
    },
    model::TempId,
};

/// Returns the hooks of a list, an infinite list and a row.
pub(super) fn expand(subject: &Subject<'_>) -> Vec<TokenStream> {
    let Subject { cx, resource, runtime, visibility, row, allow, .. } = subject;
    let page = subject.page();
    let mut items = Vec::new();
    if let Some(list) = &subject.list {
        let (name, query) = (cx.use_list_fn(resource), cx.list_query_fn(resource));
        let params = cx.params_type(resource);
        let doc =
            watch(subject, "Watches a list, and fetches it first if it is missing or stale.", "list", Shows::List);
        items.push(quote! {
            #doc
            #allow
            #visibility fn #name(
                client: &#runtime::QueryClient,
                params: #params
            ) -> #runtime::QueryObserver<#page> {
                client.observe(#query(params))
            }
        });
        if let (Some(_), Some(paging)) = (&resource.infinite, &list.paging) {
            let (name, query) = (cx.use_infinite_fn(resource), cx.infinite_query_fn(resource));
            let (filter, page_ty) = (cx.filter_type(resource), paging.page_ty(runtime));
            let doc = watch(subject, "Watches a list that grows page by page.", "infinite", Shows::Infinite);
            items.push(quote! {
                #doc
                #allow
                #visibility fn #name(
                    client: &#runtime::QueryClient,
                    filter: #filter
                ) -> #runtime::InfiniteObserver<#page, #page_ty> {
                    client.observe_infinite(#query(filter))
                }
            });
        }
    }
    if let Some(path) = row_path(subject) {
        let (name, query) = (cx.use_one_fn(resource), cx.one_query_fn(resource));
        let (arguments, values) = (row_arguments(subject, &path), row_values(&path));
        let doc = watch(subject, "Watches one row, and fetches it first if it is missing or stale.", "get", Shows::Row);
        items.push(quote! {
            #doc
            #allow
            #visibility fn #name(
                client: &#runtime::QueryClient,
                #arguments
            ) -> #runtime::QueryObserver<#row> {
                client.observe(#query(#values))
            }
        });
    }
    items
}

fn watch(subject: &Subject<'_>, summary: &str, part: &str, shows: Shows) -> TokenStream {
    let create = subject.resource.mutations.create.as_ref();
    let is_temporary = create
        .and_then(|create| create.optimistic.as_ref())
        .is_some_and(|optimism| temp_id(subject, &optimism.value) != TempId::Client);
    let limit = (shows == Shows::Row && is_temporary).then(|| guarantee::DEEP_LINK.to_owned());
    Doc::new(summary)
        .paragraph(guarantee::reading(subject.cx.schema.level_of(subject.resource), shows))
        .maybe(limit)
        .paragraph("Dropping the observer ends the subscription; the data stays cached.")
        .source(subject.cx, &subject.dotted(part))
        .tokens()
}
