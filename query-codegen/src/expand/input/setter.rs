//! How is a field of an input set, by a constructor's argument or by a setter of its own?

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use crate::{
    expand::{
        context::Cx,
        docs::{self, Doc},
        ty,
        types::field::{Naming, attribute, field_doc, flatten, spaceless},
    },
    model::{FieldDef, Presence, Type},
};

/// The most arguments that clippy takes without a word.
const FEW: usize = 7;

/// An input that holds whole values, as `NewUser` and `UserReplace` do.
pub(super) struct Whole<'a> {
    pub(super) cx: &'a Cx<'a>,
    /// The model's name in the schema.
    pub(super) model: &'a str,
    pub(super) name: Ident,
    pub(super) doc: Doc,
    pub(super) fields: Vec<&'a FieldDef>,
}

impl Whole<'_> {
    /// Returns the struct, its constructor and setters, and `Default` where nothing is required.
    pub(super) fn expand(&self) -> Vec<TokenStream> {
        let mut items = vec![self.declaration(), self.methods()];
        if self.required().next().is_none() {
            let name = &self.name;
            items.push(quote! {
                impl ::core::default::Default for #name {
                    fn default() -> Self {
                        Self::new()
                    }
                }
            });
        }
        items
    }

    fn required(&self) -> impl Iterator<Item = &FieldDef> {
        self.fields.iter().copied().filter(|field| is_required(field))
    }

    fn declaration(&self) -> TokenStream {
        let cx = self.cx;
        let (visibility, name, doc) = (cx.visibility(), &self.name, self.doc.tokens());
        let naming = Naming::of(cx, self.fields.iter().copied());
        let (container, runtime) = (naming.container(cx), cx.runtime());
        let allow = docs::allow_deprecated(self.uses_deprecated());
        let fields = self.fields.iter().map(|field| {
            let doc = field_doc(cx, field).maybe(default_note(cx, field)).tokens();
            let mut serde = Vec::from_iter(flatten(field));
            if field.presence == Presence::Optional {
                serde.push(quote!(skip_serializing_if = "::core::option::Option::is_none"));
            } else if field.presence == Presence::OptionalNullable {
                let absent = spaceless(&quote!(#runtime::Maybe::is_absent));
                serde.push(quote!(skip_serializing_if = #absent));
            }
            let serde = attribute(naming.rename(cx, field), serde);
            let (ident, ty) = (cx.field_ident(field), ty::field_ty(cx, self.model, field));
            let deprecated = docs::deprecated(reason(field));
            quote!(#doc #serde #deprecated #visibility #ident: #ty)
        });
        quote! {
            #doc
            #[derive(Clone, Debug, PartialEq, #runtime::__private::serde::Serialize)]
            #container
            #allow
            #visibility struct #name {
                #(#fields,)*
            }
        }
    }

    fn methods(&self) -> TokenStream {
        let cx = self.cx;
        let (visibility, name) = (cx.visibility(), &self.name);
        let arguments = self.required().map(|field| {
            let (ident, ty) = (cx.field_ident(field), ty::value_ty(cx, self.model, field));
            let accepted = accepted(&field.ty, &ty);
            quote!(#ident: #accepted)
        });
        let values = self.fields.iter().map(|field| {
            let ident = cx.field_ident(field);
            let value = match &field.default {
                Some(default) => ty::field_literal(cx, self.model, field, default),
                None if field.presence != Presence::Required => ty::missing(cx, field.presence),
                None if is_converted(&field.ty) => quote!(#ident.into()),
                None => return quote!(#ident),
            };
            quote!(#ident: #value)
        });
        let allow = docs::allow_deprecated(self.uses_deprecated());
        let many = (self.required().count() > FEW).then(|| quote!(#[allow(clippy::too_many_arguments)]));
        let doc = docs::line(match self.required().next() {
            Some(_) => "Makes one from what it cannot do without; the other fields have setters.",
            None => "Makes one with the defaults; the fields have setters.",
        });
        let setters = self.fields.iter().filter(|field| !is_required(field));
        let setters = setters.map(|field| {
            let argument = match field.presence {
                Presence::Required | Presence::Optional => accepted(&field.ty, &ty::value_ty(cx, self.model, field)),
                Presence::Nullable | Presence::OptionalNullable => {
                    let whole = ty::field_ty(cx, self.model, field);
                    quote!(impl ::core::convert::Into<#whole>)
                }
            };
            setter(cx, field, &argument, &whole_value(cx, field))
        });
        quote! {
            #allow
            impl #name {
                #doc
                #many
                #[must_use]
                #visibility fn new(#(#arguments),*) -> Self {
                    Self { #(#values),* }
                }

                #(#setters)*
            }
        }
    }

    fn uses_deprecated(&self) -> bool {
        self.fields.iter().any(|field| reason(field).is_some() || self.cx.is_deprecated(&field.ty))
    }
}

/// Returns whether the constructor has to be given a value of this field.
fn is_required(field: &FieldDef) -> bool {
    field.presence == Presence::Required && field.default.is_none()
}

/// Returns why a field should not be used any more.
pub(super) fn reason(field: &FieldDef) -> Option<&str> {
    field.deprecated.as_ref().map(|reason| reason.value.as_str())
}

/// Returns a setter that takes the input and gives it back.
pub(super) fn setter(cx: &Cx<'_>, field: &FieldDef, argument: &TokenStream, value: &TokenStream) -> TokenStream {
    let (visibility, ident) = (cx.visibility(), cx.field_ident(field));
    let method = method_ident(&ident);
    let wire = docs::code(&cx.field_wire(field));
    let doc = match field.presence {
        Presence::Nullable | Presence::OptionalNullable => docs::line(format!("Sets {wire}; `None` is `null`.")),
        Presence::Required | Presence::Optional => docs::line(format!("Sets {wire}.")),
    };
    let deprecated = docs::deprecated(reason(field));
    quote! {
        #doc
        #deprecated
        #[must_use]
        #visibility fn #method(mut self, #ident: #argument) -> Self {
            self.#ident = #value;
            self
        }
    }
}

/// Returns what a setter of a whole value assigns.
fn whole_value(cx: &Cx<'_>, field: &FieldDef) -> TokenStream {
    let (ident, plain) = (cx.field_ident(field), plain_value(cx, field));
    match field.presence {
        Presence::Required => plain,
        Presence::Optional => quote!(::core::option::Option::Some(#plain)),
        Presence::Nullable | Presence::OptionalNullable => quote!(#ident.into()),
    }
}

/// Returns a setter's argument as a value of the field's type.
pub(super) fn plain_value(cx: &Cx<'_>, field: &FieldDef) -> TokenStream {
    let ident = cx.field_ident(field);
    if is_converted(&field.ty) { quote!(#ident.into()) } else { quote!(#ident) }
}

/// Returns the type of an argument: what converts into the field's type, where that helps.
pub(super) fn accepted(ty: &Type, plain: &TokenStream) -> TokenStream {
    if is_converted(ty) { quote!(impl ::core::convert::Into<#plain>) } else { plain.clone() }
}

/// Returns whether an argument is converted. Numbers are not: a literal's width would be unknown.
///
/// Models and a derive's own types are both, so that the two front ends give the same text.
fn is_converted(ty: &Type) -> bool {
    matches!(ty, Type::String(_) | Type::Model(..) | Type::Rust(_) | Type::List(_) | Type::Json)
}

/// Returns the setter's name: the field's, unless an input has a method of that name.
pub(super) fn method_ident(field: &Ident) -> Ident {
    if ["new", "apply", "default", "clone"].iter().any(|name| field == name) {
        format_ident!("{field}_")
    } else {
        field.clone()
    }
}

/// Says which value a field has where none is given.
fn default_note(cx: &Cx<'_>, field: &FieldDef) -> Option<String> {
    use crate::model::Literal;
    let text = match &field.default.as_ref()?.value {
        Literal::Null => "null".to_owned(),
        Literal::Bool(value) => value.to_string(),
        Literal::Integer(value) => value.to_string(),
        Literal::Float(text) => text.clone(),
        Literal::String(text) => match &field.ty.value {
            Type::Model(name, _) => {
                ty::variant_of(cx, name, text).map_or_else(|| format!("{text:?}"), |one| one.to_string())
            }
            _ => format!("{text:?}"),
        },
        Literal::List(values) if values.is_empty() => "[]".to_owned(),
        Literal::EmptyMap => "{}".to_owned(),
        Literal::List(_) | Literal::TypeDefault => return Some("Has a default.".to_owned()),
    };
    Some(format!("Default: {}.", docs::code(&text)))
}
