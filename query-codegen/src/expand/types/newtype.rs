//! How does a type of its own around a scalar look?

use proc_macro2::TokenStream;
use quote::quote;

use crate::{
    expand::{
        context::Cx,
        docs, ty,
        types::{derives, doc, object::serde_derives},
    },
    model::{Model, Type},
    name::type_ident,
};

/// Returns the struct, `Display`, and the conversions that make it from what it holds.
pub(super) fn expand(cx: &Cx<'_>, model: &Model, inner: &Type) -> Vec<TokenStream> {
    let ty = ty::ty(cx, inner);
    let shown = ty.to_string().split("::").last().unwrap_or_default().trim().to_owned();
    let doc = doc(cx, model, &format!("A `{shown}` that cannot be mistaken for another one."));
    let derives = derives(model, traits(inner), &serde_derives(cx));
    let deprecated = docs::deprecated(model.deprecated.as_deref());
    let allow = docs::allow_deprecated(model.deprecated.is_some());
    let (visibility, name, path) = (cx.visibility(), type_ident(&model.name), cx.serde_path());
    let mut items = vec![
        quote! {
            #doc
            #derives
            #[serde(crate = #path, transparent)]
            #deprecated
            #visibility struct #name(#visibility #ty);
        },
        quote! {
            #allow
            impl ::core::fmt::Display for #name {
                fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    ::core::fmt::Display::fmt(&self.0, formatter)
                }
            }
        },
    ];
    items.push(quote! {
        #allow
        impl ::core::convert::From<#ty> for #name {
            fn from(value: #ty) -> Self {
                Self(value)
            }
        }
    });
    if matches!(inner, Type::String(_)) {
        items.push(quote! {
            #allow
            impl ::core::convert::AsRef<str> for #name {
                fn as_ref(&self) -> &str {
                    &self.0
                }
            }
        });
        items.push(quote! {
            #allow
            impl ::core::convert::From<&str> for #name {
                fn from(value: &str) -> Self {
                    Self(::std::borrow::ToOwned::to_owned(value))
                }
            }
        });
    }
    items
}

/// Returns what a value of the inner type can do and the newtype should do, too.
fn traits(inner: &Type) -> &'static [&'static str] {
    match inner {
        Type::String(_) => &["Clone", "Debug", "PartialEq", "Eq", "Hash", "PartialOrd", "Ord"],
        Type::Bool | Type::Integer(_) | Type::DateTime => {
            &["Clone", "Copy", "Debug", "PartialEq", "Eq", "Hash", "PartialOrd", "Ord"]
        }
        Type::Float(_) | Type::Duration => &["Clone", "Copy", "Debug", "PartialEq", "PartialOrd"],
        _ => &["Clone", "Debug", "PartialEq"],
    }
}
