//! How does a set of names look?
//!
//! Reading and writing are spelled out instead of derived: `as_str` is needed anyway, a value that the schema does not
//! name can be kept as it came, and a derived `Deserialize` costs the user five times as much compile time.

use proc_macro2::TokenStream;
use quote::quote;

use crate::{
    expand::{
        context::Cx,
        docs::{self, Doc, code},
        ty::{other_ident, variant_ident},
        types::{derives, doc},
    },
    model::{EnumModel, EnumValue, Model},
    name::type_ident,
};

/// Returns the enum, its wire texts, `Display` and serde's two traits.
pub(super) fn expand(cx: &Cx<'_>, model: &Model, choice: &EnumModel) -> Vec<TokenStream> {
    let allow =
        docs::allow_deprecated(model.deprecated.is_some() || choice.values.iter().any(|one| one.deprecated.is_some()));
    let mut items = vec![declaration(cx, model, choice), texts(cx, model, choice, &allow)];
    let name = type_ident(&model.name);
    items.push(quote! {
        #allow
        impl ::core::fmt::Display for #name {
            fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                formatter.pad(self.as_str())
            }
        }
    });
    if choice.keep_unknown {
        items.push(conversion(model, choice, &allow));
    }
    items.extend(serde(cx, model, choice, &allow));
    items
}

fn declaration(cx: &Cx<'_>, model: &Model, choice: &EnumModel) -> TokenStream {
    let doc = doc(cx, model, &format!("One of the values of {}.", code(&model.name)));
    let mut usual = vec!["Clone", "Debug", "PartialEq", "Eq", "Hash", "PartialOrd", "Ord"];
    if !choice.keep_unknown {
        usual.insert(1, "Copy");
    }
    let derives = derives(model, &usual, &[]);
    let deprecated = docs::deprecated(model.deprecated.as_deref());
    let has_default = model.derive.iter().any(|asked| asked.value == "Default");
    let variants = choice.values.iter().enumerate().map(|(index, value)| {
        let doc = Doc::of(value.doc.as_deref(), format!("{} on the wire.", code(&value.wire)));
        let (doc, ident) = (doc.tokens(), variant_ident(value));
        let deprecated = docs::deprecated(value.deprecated.as_deref());
        let default = (has_default && index == 0).then(|| quote!(#[default]));
        quote!(#doc #deprecated #default #ident)
    });
    let other = choice.keep_unknown.then(|| {
        let doc = docs::line("A value that the schema does not name, as it came.");
        let ident = other_ident(choice);
        quote!(#doc #ident(::std::string::String),)
    });
    let (visibility, name) = (cx.visibility(), type_ident(&model.name));
    quote! {
        #doc
        #derives
        #deprecated
        #visibility enum #name {
            #(#variants,)*
            #other
        }
    }
}

/// Returns the constant of all known values and `as_str`.
fn texts(cx: &Cx<'_>, model: &Model, choice: &EnumModel, allow: &TokenStream) -> TokenStream {
    let (visibility, name) = (cx.visibility(), type_ident(&model.name));
    let idents = choice.values.iter().map(variant_ident);
    let arms = choice.values.iter().map(|value| {
        let (ident, wire) = (variant_ident(value), &value.wire.value);
        quote!(Self::#ident => #wire)
    });
    let unknown = other_ident(choice);
    let other = choice.keep_unknown.then(|| quote!(Self::#unknown(text) => text,));
    let all_doc = docs::line("The values that the schema names, in its order.");
    let text_doc = docs::line("Returns the value as it is on the wire.");
    quote! {
        #allow
        impl #name {
            #all_doc
            #visibility const ALL: &'static [Self] = &[#(Self::#idents),*];

            #text_doc
            #visibility fn as_str(&self) -> &str {
                match self {
                    #(#arms,)*
                    #other
                }
            }
        }
    }
}

/// Returns the arms that read known texts.
fn reading(values: &[EnumValue]) -> impl Iterator<Item = TokenStream> {
    values.iter().map(|value| {
        let (ident, wire) = (variant_ident(value), &value.wire.value);
        quote!(#wire => Self::#ident)
    })
}

/// Returns `From<String>` and no error: what is not known is kept.
fn conversion(model: &Model, choice: &EnumModel, allow: &TokenStream) -> TokenStream {
    let (name, arms) = (type_ident(&model.name), reading(&choice.values));
    let unknown = other_ident(choice);
    quote! {
        #allow
        impl ::core::convert::From<::std::string::String> for #name {
            fn from(text: ::std::string::String) -> Self {
                match text.as_str() {
                    #(#arms,)*
                    _ => Self::#unknown(text),
                }
            }
        }
    }
}

fn serde(cx: &Cx<'_>, model: &Model, choice: &EnumModel, allow: &TokenStream) -> [TokenStream; 2] {
    let runtime = cx.runtime();
    let (serde, name) = (quote!(#runtime::__private::serde), type_ident(&model.name));
    let read = if choice.keep_unknown {
        quote!(::core::result::Result::Ok(::core::convert::From::from(text)))
    } else {
        let arms = reading(&choice.values);
        let wires = choice.values.iter().map(|value| &value.wire.value);
        quote! {
            ::core::result::Result::Ok(match text.as_str() {
                #(#arms,)*
                other => {
                    return ::core::result::Result::Err(
                        #serde::de::Error::unknown_variant(other, &[#(#wires),*]),
                    );
                }
            })
        }
    };
    [
        quote! {
            impl #serde::Serialize for #name {
                fn serialize<S: #serde::Serializer>(&self, serializer: S) -> ::core::result::Result<S::Ok, S::Error> {
                    serializer.serialize_str(self.as_str())
                }
            }
        },
        quote! {
            #allow
            impl<'de> #serde::Deserialize<'de> for #name {
                fn deserialize<D: #serde::Deserializer<'de>>(deserializer: D) -> ::core::result::Result<Self, D::Error> {
                    let text: ::std::string::String = #serde::Deserialize::deserialize(deserializer)?;
                    #read
                }
            }
        },
    ]
}
