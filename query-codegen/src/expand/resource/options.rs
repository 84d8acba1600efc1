//! Which options does a list, an infinite list or a row have when the call site says nothing?

use proc_macro2::TokenStream;
use quote::quote;

use super::{
    Subject,
    fetch::{row_arguments, row_clones, row_path},
    listing::Paging,
    path::EndpointPath,
};
use crate::{
    expand::{
        docs::Doc,
        settings::{QueryKind, Settings},
    },
    model::{PageStyle, QueryOptions},
};

/// Returns the options functions.
pub(super) fn expand(subject: &Subject<'_>) -> Vec<TokenStream> {
    let mut items = Vec::new();
    if let (Some(shape), Some(list)) = (&subject.list, &subject.resource.list) {
        items.push(list_query(subject, &list.options));
        if let (Some(options), Some(paging)) = (&subject.resource.infinite, &shape.paging) {
            items.push(infinite_query(subject, paging, &options.value));
        }
    }
    if let (Some(get), Some(path)) = (&subject.resource.get, row_path(subject)) {
        items.push(row_query(subject, &path, &get.options));
    }
    items
}

fn list_query(subject: &Subject<'_>, options: &QueryOptions) -> TokenStream {
    let Subject { cx, resource, runtime, visibility, allow, .. } = subject;
    let (name, params, page) = (cx.list_query_fn(resource), cx.params_type(resource), subject.page());
    let (keys, fetch) = (cx.keys_type(resource), cx.fetch_list_fn(resource));
    let settings = Settings::of_query(cx, options, QueryKind::Plain);
    let setters = &settings.setters;
    let doc = Doc::new("Returns the options of a list.")
        .key(cx, &resource.name, &["\"list\"", "{params}"])
        .paragraph(settings.doc())
        .source(cx, &subject.dotted("list"))
        .tokens();
    quote! {
        #doc
        #allow
        #visibility fn #name(params: #params) -> #runtime::QueryOptions<#page> {
            #runtime::QueryOptions::list(
                #keys::list(&params),
                params.filter(),
                params.window(),
                move |context| #fetch(context, params.clone())
            )
            .serializable()
            #setters
        }
    }
}

fn infinite_query(subject: &Subject<'_>, paging: &Paging, options: &QueryOptions) -> TokenStream {
    let Subject { cx, resource, runtime, visibility, allow, .. } = subject;
    let (name, filter) = (cx.infinite_query_fn(resource), cx.filter_type(resource));
    let (keys, fetch) = (cx.keys_type(resource), cx.fetch_list_fn(resource));
    let (page, page_ty) = (subject.page(), paging.page_ty(runtime));
    let settings = Settings::of_query(cx, options, QueryKind::Infinite);
    let setters = &settings.setters;
    let start = paging.start;
    let (constructor, start, argument) = match paging.style {
        PageStyle::Page => (quote!(pages), Some(quote!(#start,)), quote!(page)),
        PageStyle::Cursor => (quote!(cursors), None, quote!(cursor)),
    };
    let doc = Doc::new("Returns the options of an infinite list.")
        .key(cx, &resource.name, &["\"infinite\"", "{filter}"])
        .paragraph(settings.doc())
        .source(cx, &subject.dotted("infinite"))
        .tokens();
    quote! {
        #doc
        #allow
        #visibility fn #name(filter: #filter) -> #runtime::InfiniteOptions<#page, #page_ty> {
            #runtime::InfiniteOptions::#constructor(
                #keys::infinite(&filter),
                filter.clone(),
                #start
                filter.limit,
                move |context, #argument| #fetch(context, filter.at(#argument))
            )
            .serializable()
            #setters
        }
    }
}

fn row_query(subject: &Subject<'_>, path: &EndpointPath<'_>, options: &QueryOptions) -> TokenStream {
    let Subject { cx, resource, runtime, visibility, row, allow, .. } = subject;
    let (name, keys, fetch) = (cx.one_query_fn(resource), cx.keys_type(resource), cx.fetch_one_fn(resource));
    let (arguments, clones) = (row_arguments(subject, path), row_clones(subject, path));
    let id = subject.id_clone(&quote!(id));
    let settings = Settings::of_query(cx, options, QueryKind::Detail);
    let setters = &settings.setters;
    let doc = Doc::new("Returns the options of one row.")
        .key(cx, &resource.name, &["\"detail\"", "id"])
        .paragraph(settings.doc())
        .source(cx, &subject.dotted("get"))
        .tokens();
    quote! {
        #doc
        #allow
        #visibility fn #name(#arguments) -> #runtime::QueryOptions<#row> {
            #runtime::QueryOptions::detail(
                #keys::detail(&id),
                #id,
                move |context| #fetch(context, #clones)
            )
            .serializable()
            #setters
        }
    }
}
