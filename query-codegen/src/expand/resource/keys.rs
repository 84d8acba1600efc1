//! Under which keys is a resource cached?

use proc_macro2::TokenStream;
use quote::quote;

use super::{
    Subject,
    listing::{ListField, ListShape},
};
use crate::{
    expand::docs::{Doc, code, key_shape},
    model::{PageStyle, Relation},
    name::pascal,
};

/// Returns the keys' type and its functions.
pub(super) fn expand(subject: &Subject<'_>) -> Vec<TokenStream> {
    let Subject { cx, resource, visibility, row, allow, .. } = subject;
    let name = cx.keys_type(resource);
    let doc = Doc::new(format!("Keys of [`{row}`], from the most general to the most specific."))
        .paragraph("Invalidating a key also invalidates every key that starts with it.")
        .source(cx, &resource.source)
        .tokens();
    let mut functions = vec![prefix(subject, "all", &[], "everything cached for this resource")];
    if let Some(list) = &subject.list {
        functions.push(prefix(subject, "lists", &["list"], "all lists"));
        functions.push(list_key(subject, list));
        if resource.infinite.is_some() {
            functions.push(prefix(subject, "infinites", &["infinite"], "all infinite lists"));
            functions.push(infinite_key(subject, list));
        }
    }
    functions.push(prefix(subject, "details", &["detail"], "all details"));
    functions.push(detail_key(subject));
    functions.extend(resource.relations.iter().map(|relation| relation_key(subject, relation)));
    vec![
        quote! {
            #doc
            #[derive(Clone, Copy, Debug)]
            #visibility struct #name;
        },
        quote! {
            #allow
            impl #name { #(#functions)* }
        },
    ]
}

/// Returns the beginning of every key of the resource.
pub(super) fn under(subject: &Subject<'_>) -> TokenStream {
    let (runtime, row) = (&subject.runtime, &subject.row);
    quote!(#runtime::QueryKey::under(<#row as #runtime::Entity>::ROOT))
}

/// Returns the documentation of a key: its shape, and what it stands for.
fn key_doc(subject: &Subject<'_>, rest: &[&str], meaning: &str) -> TokenStream {
    let shape = key_shape(subject.cx, &subject.resource.name, rest);
    Doc::new(format!("{shape}: {meaning}.")).tokens()
}

fn prefix(subject: &Subject<'_>, name: &str, words: &[&str], meaning: &str) -> TokenStream {
    let (runtime, visibility) = (&subject.runtime, &subject.visibility);
    let name = quote::format_ident!("{name}");
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    let rest: Vec<&str> = quoted.iter().map(String::as_str).collect();
    let doc = key_doc(subject, &rest, meaning);
    let under = under(subject);
    quote! {
        #doc
        #visibility fn #name() -> #runtime::KeyPrefix { #under #(.word(#words))*.prefix() }
    }
}

fn list_key(subject: &Subject<'_>, list: &ListShape<'_>) -> TokenStream {
    let Subject { cx, resource, runtime, visibility, .. } = subject;
    let (params, page, under) = (cx.params_type(resource), subject.page(), under(subject));
    let paging = list.paging.as_ref().map(|paging| {
        let (size, start) = (paging.size, paging.start);
        let page = match paging.style {
            PageStyle::Page => quote!(.set_unless("page", &params.page, &#start)),
            PageStyle::Cursor => quote!(.set("cursor", &params.cursor)),
        };
        quote!(#page .set_unless("limit", &params.limit, &#size))
    });
    let segment = segment(subject, list, &quote!(params), paging.as_ref());
    let argument = argument(list, "params", list.paging.is_some());
    let doc = key_doc(subject, &["\"list\"", "{params}"], "one list, as a page of it");
    quote! {
        #doc
        #visibility fn list(#argument: &#params) -> #runtime::Key<#page> {
            #under.word("list").segment(#segment).key()
        }
    }
}

fn infinite_key(subject: &Subject<'_>, list: &ListShape<'_>) -> TokenStream {
    let Subject { cx, resource, runtime, visibility, .. } = subject;
    let (filter, page, under) = (cx.filter_type(resource), subject.page(), under(subject));
    let page_ty = if let Some(paging) = &list.paging { paging.page_ty(runtime) } else { quote!(u64) };
    let size = list.paging.as_ref().map(|paging| {
        let size = paging.size;
        quote!(.set_unless("limit", &filter.limit, &#size))
    });
    let segment = segment(subject, list, &quote!(filter), size.as_ref());
    let argument = argument(list, "filter", list.paging.is_some());
    let doc = key_doc(subject, &["\"infinite\"", "{filter}"], "one infinite list, all its pages");
    quote! {
        #doc
        #visibility fn infinite(
            #argument: &#filter
        ) -> #runtime::Key<#runtime::InfiniteData<#page, #page_ty>> {
            #under.word("infinite").segment(#segment).key()
        }
    }
}

/// Returns an argument's name, with a `_` in front where nothing uses it.
fn argument(list: &ListShape<'_>, name: &str, is_used: bool) -> proc_macro2::Ident {
    if is_used || !list.params.is_empty() || !list.path.params.is_empty() {
        quote::format_ident!("{name}")
    } else {
        quote::format_ident!("_{name}")
    }
}

/// Returns the segment of a key that holds a list's parameters.
fn segment(subject: &Subject<'_>, list: &ListShape<'_>, of: &TokenStream, paging: Option<&TokenStream>) -> TokenStream {
    let runtime = &subject.runtime;
    let path = list.path.params.iter().map(|param| {
        let (name, ident) = (&param.name, &param.ident);
        quote!(.set(#name, &#of.#ident))
    });
    let calls = list.params.iter().map(|field: &ListField<'_>| field.key_call(of));
    quote!(#runtime::KeySegment::params() #(#path)* #(#calls)* #paging.build())
}

fn detail_key(subject: &Subject<'_>) -> TokenStream {
    let Subject { runtime, visibility, row, id_ty, .. } = subject;
    let under = under(subject);
    let doc = key_doc(subject, &["\"detail\"", "id"], "one row");
    quote! {
        #doc
        #visibility fn detail(id: &#id_ty) -> #runtime::Key<#row> {
            #under.word("detail").value(id).key()
        }
    }
}

fn relation_key(subject: &Subject<'_>, relation: &Relation) -> TokenStream {
    let Subject { cx, runtime, visibility, id_ty, .. } = subject;
    let (name, word) = (cx.relation_key_fn(relation), &relation.name.value);
    let target = super::relations::target(subject, relation);
    let under = under(subject);
    let word_text = format!("{word:?}");
    let meaning = format!("the {} of one {}", code(word), code(&pascal(&subject.resource.model)));
    let doc = key_doc(subject, &["\"detail\"", "id", &word_text], &meaning);
    quote! {
        #doc
        #visibility fn #name(id: &#id_ty) -> #runtime::Key<#runtime::Page<#target>> {
            #under.word("detail").value(id).word(#word).key()
        }
    }
}
