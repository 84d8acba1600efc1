//! What is sent to replace a row: `UserReplace`?

use proc_macro2::TokenStream;
use quote::quote;

use crate::{
    expand::{
        context::Cx,
        docs::{self, Doc, code},
        input::{
            replace_fields,
            setter::{Whole, reason},
        },
        ty,
    },
    model::{FieldDef, Presence, Resource},
};

/// Returns `UserReplace` with its constructor and setters, how it shows in a cached row, and how a row becomes one.
pub(super) fn expand(cx: &Cx<'_>, resource: &Resource) -> Vec<TokenStream> {
    let (row, name) = (cx.model_type(resource), cx.replace_type(resource));
    let shown = code(&row.to_string());
    let doc = Doc::new(format!("The whole of a {shown} that a client may write."))
        .source(cx, &format!("{}.update", resource.source));
    let fields = replace_fields(cx, resource);
    let allow = docs::allow_deprecated(
        fields.iter().any(|field| reason(field).is_some() || cx.is_deprecated(&field.ty))
            || cx.model(&resource.model).is_some_and(|row| row.deprecated.is_some()),
    );
    let kept: Vec<&FieldDef> = fields.iter().copied().filter(|field| field.write_only.is_none()).collect();
    let input = Whole { cx, model: &resource.model, name: name.clone(), doc, fields };
    let mut items = input.expand();
    let idents: Vec<_> = kept.iter().map(|field| cx.field_ident(field)).collect();
    let visibility = cx.visibility();
    let doc = docs::line(format!("Gives a {shown} these values."));
    let argument = if idents.is_empty() { quote!(_row) } else { quote!(row) };
    items.push(quote! {
        #allow
        impl #name {
            #doc
            #visibility fn apply(&self, #argument: &mut #row) {
                #(row.#idents.clone_from(&self.#idents);)*
            }
        }
    });
    items.extend(conversion(&input, &row, &allow));
    items
}

/// Returns `From<&User>`, unless something must be sent that a row does not have.
fn conversion(input: &Whole<'_>, row: &proc_macro2::Ident, allow: &TokenStream) -> Option<TokenStream> {
    let only_sent = |field: &&&FieldDef| field.write_only.is_some();
    let sent: Vec<&FieldDef> = input.fields.iter().filter(only_sent).copied().collect();
    if input.fields.is_empty() || sent.len() == input.fields.len() {
        return None;
    }
    if sent.iter().any(|field| field.presence == Presence::Required && field.default.is_none()) {
        return None;
    }
    let name = &input.name;
    let values = input.fields.iter().map(|field| {
        let ident = input.cx.field_ident(field);
        match (&field.write_only, &field.default) {
            (None, _) => quote!(#ident: ::core::clone::Clone::clone(&row.#ident)),
            (Some(_), Some(default)) => {
                let value = ty::field_literal(input.cx, input.model, field, default);
                quote!(#ident: #value)
            }
            (Some(_), None) => {
                let value = ty::missing(input.cx, field.presence);
                quote!(#ident: #value)
            }
        }
    });
    Some(quote! {
        #allow
        impl ::core::convert::From<&#row> for #name {
            fn from(row: &#row) -> Self {
                Self { #(#values),* }
            }
        }
    })
}
