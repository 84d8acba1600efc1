//! What is generated for the API itself?

use proc_macro2::TokenStream;
use quote::quote;

use crate::{
    expand::{
        context::Cx,
        docs::{Doc, code},
    },
    model::EnvText,
    name::type_ident,
};

/// The version of what generated code and the runtime expect of each other.
const CONTRACT: u32 = 1;

/// Returns the assertion that the runtime is the one that this generator writes for.
pub(super) fn contract(cx: &Cx<'_>) -> TokenStream {
    let runtime = cx.runtime();
    let version = proc_macro2::Literal::u32_unsuffixed(CONTRACT);
    quote! {
        const _: () = ::core::assert!(
            #runtime::__private::CONTRACT == #version,
            "query-codegen and query-runtime have different versions: use the same version of both"
        );
    }
}

/// Returns the type that carries the API's name, address and headers. A derive's API is declared elsewhere.
pub(super) fn expand(cx: &Cx<'_>) -> Vec<TokenStream> {
    let api = &cx.schema.api;
    let Some(name) = api.name.as_ref().filter(|_| !cx.is_derive()) else {
        return watermark_of_another(cx).into_iter().collect();
    };
    let (runtime, visibility, ident) = (cx.runtime(), cx.visibility(), type_ident(name));
    let doc = Doc::of(api.doc.as_deref(), format!("The {} API.", code(name)));
    let doc = doc.source(cx, "api").tokens();
    let text = &name.value;
    let base_url = api.base_url.as_ref().map(|url| {
        let url = env_text(cx, url);
        quote! {
            const BASE_URL: ::core::option::Option<#runtime::EnvText> =
                ::core::option::Option::Some(#url);
        }
    });
    let headers = api.headers.iter().map(|(name, value)| {
        let (name, value) = (&name.value, env_text(cx, value));
        quote!((#name, #value))
    });
    let headers = (!api.headers.is_empty()).then(|| {
        quote! {
            const HEADERS: &'static [(&'static str, #runtime::EnvText)] = &[#(#headers),*];
        }
    });
    let watermark = api.watermark.as_ref().map(|watermark| {
        let header = &watermark.header.value;
        quote! {
            const WATERMARK: ::core::option::Option<&'static str> = ::core::option::Option::Some(#header);
        }
    });
    vec![
        quote! {
            #doc
            #[derive(Clone, Copy, Debug)]
            #visibility struct #ident;
        },
        quote! {
            impl #runtime::QueryApi for #ident {
                const NAME: &'static str = #text;
                #base_url
                #headers
                #watermark
            }
        },
    ]
}

/// Returns the assertion that an API that is declared elsewhere has the watermark that a derive rests on.
fn watermark_of_another(cx: &Cx<'_>) -> Option<TokenStream> {
    let (runtime, api) = (cx.runtime(), cx.schema.api.ty.as_ref()?);
    cx.has_watermark().then(|| {
        quote! {
            const _: () = ::core::assert!(
                <#api as #runtime::QueryApi>::WATERMARK.is_some(),
                "level `watermarked` needs a watermark: give `QueryApi::WATERMARK` the response header that holds it"
            );
        }
    })
}

fn env_text(cx: &Cx<'_>, text: &EnvText) -> TokenStream {
    let (runtime, default) = (cx.runtime(), &text.default);
    let none = || quote!(::core::option::Option::None);
    let env = text.env.as_ref().map_or_else(none, |name| quote!(::core::option::Option::Some(#name)));
    quote!(#runtime::EnvText { default: #default, env: #env })
}
