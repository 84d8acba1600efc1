//! How do the parameters of a custom query or mutation become a struct and a request?

use heck::ToKebabCase;
use proc_macro2::{Ident, TokenStream};
use quote::quote;

use crate::{
    expand::{
        context::Cx,
        docs::{Doc, allow_deprecated, code},
        ty,
    },
    model::{ListStyle, ParamDef, ParamPlace, Presence, Type},
    name::value_ident,
};

/// A parameter as a field of the struct.
pub(super) struct Field<'a> {
    pub(super) param: &'a ParamDef,
    pub(super) ident: Ident,
    /// The type, presence included.
    ty: TokenStream,
    /// The value where none is given; nothing where the caller must give one.
    start: Option<TokenStream>,
    /// Whether the field can be without a value.
    pub(super) presence: Presence,
}

/// Returns the type of a parameter, presence included; one with a default always has a value.
pub(in crate::expand) fn full_ty(cx: &Cx<'_>, param: &ParamDef) -> TokenStream {
    let plain = ty::ty(cx, &param.ty);
    if param.default.is_some() { plain } else { ty::present(cx, param.presence, &plain) }
}

/// Returns a parameter's presence; one with a default always has a value.
pub(in crate::expand) fn presence_of(param: &ParamDef) -> Presence {
    if param.default.is_some() { Presence::Required } else { param.presence }
}

impl<'a> Field<'a> {
    /// Describes a parameter. One that `enabled` names may be missing: that is what it is for.
    pub(super) fn of(cx: &Cx<'_>, param: &'a ParamDef, switch: Option<&str>) -> Self {
        let is_switch = switch == Some(param.name.value.as_str());
        let presence = match presence_of(param) {
            Presence::Required if is_switch && param.default.is_none() => Presence::Optional,
            presence => presence,
        };
        let plain = ty::ty(cx, &param.ty);
        let runtime = cx.runtime();
        let start = match (&param.default, presence) {
            (Some(default), _) => Some(ty::literal(cx, &param.ty, default)),
            (None, Presence::Required) => None,
            (None, Presence::Optional | Presence::Nullable) => Some(quote!(::core::option::Option::None)),
            (None, Presence::OptionalNullable) => Some(quote!(#runtime::Maybe::Absent)),
        };
        Self { param, ident: value_ident(&param.name), ty: ty::present(cx, presence, &plain), start, presence }
    }

    /// Returns the part of a key that this parameter is.
    pub(super) fn key_call(&self) -> TokenStream {
        let (name, ident) = (&self.param.name.value, &self.ident);
        if let (Some(_), Some(default)) = (&self.param.default, &self.start) {
            quote!(.set_unless(#name, &params.#ident, &#default))
        } else {
            quote!(.set(#name, &params.#ident))
        }
    }

    fn doc(&self) -> TokenStream {
        let name = &self.param.name.value;
        let place = match self.param.place.value {
            ParamPlace::Path => format!("Fills {} in the path.", code(&format!("{{{name}}}"))),
            ParamPlace::Query => "Sent in the query string.".to_owned(),
            ParamPlace::Header => "Sent as a header.".to_owned(),
            ParamPlace::Body => "A member of the body.".to_owned(),
            ParamPlace::Multipart if matches!(self.param.ty.value, Type::Bytes) => "A file in the body.".to_owned(),
            ParamPlace::Multipart => "A field of the body.".to_owned(),
        };
        match &self.param.doc {
            Some(text) => Doc::of(Some(text), String::new()).paragraph(place).tokens(),
            None => Doc::new(place).tokens(),
        }
    }
}

/// What a struct of parameters is made for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A query: its fields become a key.
    Query,
    /// A mutation: it can be stored, and temporary ids are found in it.
    Mutation,
}

/// Returns the struct of the parameters, and its constructor or `Default`.
pub(super) fn structure(
    cx: &Cx<'_>,
    name: &Ident,
    fields: &[Field<'_>],
    doc: &Doc,
    purpose: Purpose,
) -> Vec<TokenStream> {
    let (runtime, visibility) = (cx.runtime(), cx.visibility());
    let allow = allow(cx, fields);
    let required: Vec<&Field<'_>> = fields.iter().filter(|field| field.start.is_none()).collect();
    let has_default = fields.iter().any(|field| field.param.default.is_some());
    let derives_default = (required.is_empty() && !has_default).then(|| quote!(Default,));
    let (serialize, serde) = match purpose {
        Purpose::Query => (None, None),
        Purpose::Mutation => {
            let serde = cx.serde_path();
            let derive = quote!(, #runtime::__private::serde::Serialize);
            (Some(derive), Some(quote!(#[serde(crate = #serde)])))
        }
    };
    let members = fields.iter().map(|field| {
        let (doc, ident, ty) = (field.doc(), &field.ident, &field.ty);
        quote!(#doc #visibility #ident: #ty)
    });
    let doc = doc.tokens();
    let mut items = vec![quote! {
        #doc
        #[derive(Clone, Debug, #derives_default PartialEq #serialize)]
        #serde
        #allow
        #visibility struct #name { #(#members),* }
    }];
    let values = fields.iter().map(|field| {
        let ident = &field.ident;
        if let Some(start) = &field.start { quote!(#ident: #start) } else { quote!(#ident) }
    });
    let arguments = required.iter().map(|field| {
        let (ident, ty) = (&field.ident, &field.ty);
        quote!(#ident: #ty)
    });
    if !required.is_empty() {
        let doc = Doc::new("Returns the parameters with everything but these at its default.").tokens();
        let many = (required.len() > 7).then(|| quote!(#[allow(clippy::too_many_arguments)]));
        items.push(quote! {
            #allow
            impl #name {
                #doc
                #many
                #[must_use]
                #visibility fn new(#(#arguments),*) -> Self { Self { #(#values),* } }
            }
        });
    } else if has_default {
        items.push(quote! {
            #allow
            impl ::core::default::Default for #name {
                fn default() -> Self { Self { #(#values),* } }
            }
        });
    }
    items
}

/// Returns `#[allow(deprecated)]` where a parameter's type is deprecated.
pub(super) fn allow(cx: &Cx<'_>, fields: &[Field<'_>]) -> TokenStream {
    allow_deprecated(fields.iter().any(|field| cx.is_deprecated(&field.param.ty)))
}

/// Returns the request: `start` and what the parameters add to it, where `of` holds them.
///
/// A part that must not be sent at all when it has no value cannot be a link of a chain; then the result is a block.
pub(super) fn request(
    cx: &Cx<'_>,
    start: &TokenStream,
    end: &TokenStream,
    fields: &[Field<'_>],
    of: &Ident,
) -> TokenStream {
    let mut chain = TokenStream::new();
    let mut conditional = Vec::new();
    for field in fields {
        let ident = &field.ident;
        let value = quote!(#of.#ident);
        match field.param.place.value {
            ParamPlace::Path => {
                let name = &field.param.name.value;
                chain.extend(quote!(.path(#name, &#value)));
            }
            ParamPlace::Query => chain.extend(query_call(cx, field, &value)),
            ParamPlace::Header => {
                let name = header_name(field.param);
                chain.extend(quote!(.header(#name, &#value)));
            }
            ParamPlace::Body => {
                let wire = wire(cx, field.param);
                body_call(field, &value, &wire, &mut chain, &mut conditional);
            }
            ParamPlace::Multipart => {
                let wire = wire(cx, field.param);
                // Only bytes are a file; whatever else goes along is a field of the form, which the runtime leaves out at `None`.
                if matches!(field.param.ty.value, Type::Bytes) {
                    part_call(field, &value, &wire, &mut chain, &mut conditional);
                } else {
                    chain.extend(quote!(.field(#wire, &#value)));
                }
            }
        }
    }
    let Some(last) = conditional.pop() else { return quote!(#start #chain #end) };
    quote! {{
        let request = #start #chain #end;
        #(let request = #conditional;)*
        #last
    }}
}

fn query_call(cx: &Cx<'_>, field: &Field<'_>, value: &TokenStream) -> TokenStream {
    let wire = wire(cx, field.param);
    match (field.param.style, &field.param.default, &field.start) {
        (ListStyle::Comma, Some(_), Some(default)) => {
            quote!(.query_comma_unless(#wire, &#value, &#default))
        }
        (ListStyle::Comma, ..) => quote!(.query_comma(#wire, &#value)),
        (ListStyle::Repeat, Some(_), Some(default)) => {
            quote!(.query_unless(#wire, &#value, &#default))
        }
        (ListStyle::Repeat, ..) => quote!(.query(#wire, &#value)),
    }
}

/// Adds a member of a JSON body: absent if the parameter may be absent and is.
fn body_call(
    field: &Field<'_>,
    value: &TokenStream,
    wire: &str,
    chain: &mut TokenStream,
    conditional: &mut Vec<TokenStream>,
) {
    match field.presence {
        Presence::Required | Presence::Nullable => chain.extend(quote!(.member(#wire, &#value))),
        Presence::Optional => conditional.push(quote! {
            match &#value {
                ::core::option::Option::Some(value) => request.member(#wire, value),
                ::core::option::Option::None => request,
            }
        }),
        Presence::OptionalNullable => conditional.push(quote! {
            if #value.is_absent() { request } else { request.member(#wire, &#value) }
        }),
    }
}

/// Adds a file to a multipart body, if there is one.
fn part_call(
    field: &Field<'_>,
    value: &TokenStream,
    wire: &str,
    chain: &mut TokenStream,
    conditional: &mut Vec<TokenStream>,
) {
    let given = match field.presence {
        Presence::Required => {
            chain.extend(quote!(.part(#wire, #value.clone())));
            return;
        }
        Presence::Optional | Presence::Nullable => quote!(&#value),
        Presence::OptionalNullable => quote!(#value.as_option()),
    };
    conditional.push(quote! {
        match #given {
            ::core::option::Option::Some(value) => request.part(#wire, value.clone()),
            ::core::option::Option::None => request,
        }
    });
}

fn wire(cx: &Cx<'_>, param: &ParamDef) -> String {
    cx.wire(&param.name, param.rename.as_ref())
}

/// Returns a header's name: as declared, or the parameter's with hyphens.
fn header_name(param: &ParamDef) -> String {
    param.rename.as_ref().map_or_else(|| param.name.to_kebab_case(), |name| name.value.clone())
}
