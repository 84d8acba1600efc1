//! What does an observer of a custom query show: the whole, what a function makes of it, or some of its fields?

use proc_macro2::TokenStream;
use quote::quote;

use super::queries::Custom;
use crate::{
    expand::{
        cloned,
        docs::{Doc, code},
        ty,
        types::field::field_doc,
    },
    model::{FieldDef, ModelKind, Select, Type},
};

/// Returns the struct of the picked fields, if the query picks any.
pub(super) fn expand(custom: &Custom<'_>) -> Option<TokenStream> {
    let Some(Select::Pick(names)) = custom.query.select.as_ref().map(|select| &select.value) else {
        return None;
    };
    let (cx, query) = (custom.cx, custom.query);
    let names: Vec<&str> = names.iter().map(|name| name.value.as_str()).collect();
    let (owner, fields) = picked(custom, &names);
    let (visibility, name) = (cx.visibility(), cx.query_view_type(query));
    let fields = fields.iter().map(|field| {
        let (ident, ty) = (cx.field_ident(field), ty::field_ty(cx, owner, field));
        let doc = field_doc(cx, field).tokens();
        quote!(#doc #visibility #ident: #ty)
    });
    let doc = Doc::new(format!("The fields of {} that its observers show.", code(&query.name)))
        .source(cx, &query.source)
        .tokens();
    let allow = &custom.allow;
    Some(quote! {
        #doc
        #allow
        #[derive(Clone, Debug, PartialEq)]
        #visibility struct #name { #(#fields),* }
    })
}

/// Returns the result's fields of these names, and the model that has them.
fn picked<'a>(custom: &Custom<'a>, names: &[&str]) -> (&'a str, Vec<&'a FieldDef>) {
    let model = match custom.query.returns.as_ref().map(|returns| &returns.value) {
        Some(Type::Model(name, _)) => custom.cx.model(name),
        _ => None,
    };
    let Some(model) = model else { return ("", Vec::new()) };
    let ModelKind::Object(object) = &model.kind else { return ("", Vec::new()) };
    let find = |name: &&str| object.fields.iter().find(|field| field.name.value == **name);
    (&model.name.value, names.iter().filter_map(find).collect())
}

/// Returns the hook.
pub(super) fn hook(custom: &Custom<'_>) -> TokenStream {
    let (cx, query, result, allow) = (custom.cx, custom.query, &custom.result, &custom.allow);
    let (runtime, visibility) = (cx.runtime(), cx.visibility());
    let (name, options) = (cx.use_query_fn(query), cx.query_options_fn(query));
    let (argument, value) = (custom.argument(), custom.value());
    let observe = quote!(client.observe(#options(#value)));
    let (shown, body) = match query.select.as_ref().map(|select| &select.value) {
        None => (quote!(#runtime::QueryObserver<#result>), observe),
        Some(Select::Function { path, returns }) => {
            let returns = ty::ty(cx, returns);
            let function = path_tokens(path);
            // The annotation makes a wrong signature an error about this line.
            let body = quote! {
                let select: fn(&#result) -> #returns = #function;
                #observe.select(select)
            };
            (quote!(#runtime::QueryObserver<#result, #returns>), body)
        }
        Some(Select::Pick(names)) => {
            let names: Vec<&str> = names.iter().map(|name| name.value.as_str()).collect();
            let view = cx.query_view_type(query);
            let (_, fields) = picked(custom, &names);
            let values = fields.iter().map(|field| {
                let ident = cx.field_ident(field);
                let value = cloned::from_place(&field.ty, field.presence, &quote!(whole.#ident));
                quote!(#ident: #value)
            });
            let body = quote! {
                #observe.select(|whole: &#result| #view { #(#values),* })
            };
            (quote!(#runtime::QueryObserver<#result, #view>), body)
        }
    };
    let doc = custom
        .doc(format!("Watches the query {}, and fetches it first if it is missing or stale.", code(&query.name)))
        .paragraph("Dropping the observer ends the subscription; the data stays cached.");
    let doc = custom.source(doc);
    quote! {
        #doc
        #allow
        #visibility fn #name(client: &#runtime::QueryClient, #argument) -> #shown { #body }
    }
}

/// Returns the path of a function, segment by segment: text of the schema becomes identifiers and nothing else.
fn path_tokens(path: &str) -> TokenStream {
    let path = path.trim();
    let (lead, rest) = match path.strip_prefix("::") {
        Some(rest) => (quote!(::), rest),
        None => (TokenStream::new(), path),
    };
    let segments = rest.split("::").map(|segment| match segment.trim() {
        "crate" => quote!(crate),
        "self" => quote!(self),
        "super" => quote!(super),
        segment => {
            let ident = crate::name::speakable(segment.trim_start_matches("r#"));
            quote!(#ident)
        }
    });
    quote!(#lead #(#segments)::*)
}
