//! What is sent to change a row: `UserPatch`?

use proc_macro2::TokenStream;
use quote::quote;

use crate::{
    expand::{
        context::Cx,
        docs::{self, Doc, code},
        input::{
            patch_fields,
            setter::{accepted, plain_value, reason, setter},
        },
        ty,
        types::field::{Naming, attribute, field_doc, spaceless},
    },
    model::{FieldDef, Presence, Resource},
};

/// Returns `UserPatch` with its setters, and how it shows in a cached row.
pub(super) fn expand(cx: &Cx<'_>, resource: &Resource) -> Vec<TokenStream> {
    let fields = patch_fields(cx, resource);
    let allow = docs::allow_deprecated(
        fields.iter().any(|field| reason(field).is_some() || cx.is_deprecated(&field.ty))
            || cx.model(&resource.model).is_some_and(|row| row.deprecated.is_some()),
    );
    vec![declaration(cx, resource, &fields, &allow), methods(cx, resource, &fields, &allow)]
}

fn declaration(cx: &Cx<'_>, resource: &Resource, fields: &[&FieldDef], allow: &TokenStream) -> TokenStream {
    let (visibility, runtime, name) = (cx.visibility(), cx.runtime(), cx.patch_type(resource));
    let row = cx.model_type(resource).to_string();
    let doc = Doc::new(format!("Changes of a {}; what is not set stays as it is.", code(&row)))
        .source(cx, &format!("{}.update", resource.source))
        .tokens();
    let naming = Naming::of(cx, fields.iter().copied());
    let container = naming.container(cx);
    let fields = fields.iter().map(|field| {
        let doc = field_doc(cx, field).tokens();
        let plain = ty::value_ty(cx, &resource.model, field);
        let kind = if may_be_null(field) { quote!(NullablePatch) } else { quote!(Patch) };
        let keep = spaceless(&quote!(#runtime::#kind::is_keep));
        let serde = attribute(naming.rename(cx, field), vec![quote!(skip_serializing_if = #keep)]);
        let (ident, deprecated) = (cx.field_ident(field), docs::deprecated(reason(field)));
        quote!(#doc #serde #deprecated #visibility #ident: #runtime::#kind<#plain>)
    });
    quote! {
        #doc
        #[derive(Clone, Debug, Default, PartialEq, #runtime::__private::serde::Serialize)]
        #container
        #allow
        #visibility struct #name {
            #(#fields,)*
        }
    }
}

fn methods(cx: &Cx<'_>, resource: &Resource, fields: &[&FieldDef], allow: &TokenStream) -> TokenStream {
    let (visibility, name, row) = (cx.visibility(), cx.patch_type(resource), cx.model_type(resource));
    let new_doc = docs::line("Makes one that changes nothing.");
    let apply_doc = docs::line(format!("Makes the changes that are set in a {}.", code(&row.to_string())));
    let setters = fields.iter().map(|field| setter(cx, field, &argument(cx, resource, field), &patch_value(cx, field)));
    let kept: Vec<_> = fields.iter().filter(|field| field.write_only.is_none()).collect();
    let target = if kept.is_empty() { quote!(_row) } else { quote!(row) };
    let steps = kept.iter().map(|field| {
        let ident = cx.field_ident(field);
        match field.presence {
            Presence::Required => quote!(self.#ident.apply(&mut row.#ident);),
            Presence::Optional | Presence::Nullable => {
                quote!(self.#ident.apply_option(&mut row.#ident);)
            }
            Presence::OptionalNullable => quote!(self.#ident.apply_maybe(&mut row.#ident);),
        }
    });
    quote! {
        #allow
        impl #name {
            #new_doc
            #[must_use]
            #visibility fn new() -> Self {
                <Self as ::core::default::Default>::default()
            }

            #(#setters)*

            #apply_doc
            #visibility fn apply(&self, #target: &mut #row) {
                #(#steps)*
            }
        }
    }
}

/// Returns whether a change can take the field's value away.
fn may_be_null(field: &FieldDef) -> bool {
    matches!(field.presence, Presence::Nullable | Presence::OptionalNullable)
}

/// Returns the type that a setter of a patch takes; `None` is `null` where a field may be that.
fn argument(cx: &Cx<'_>, resource: &Resource, field: &FieldDef) -> TokenStream {
    let plain = ty::value_ty(cx, &resource.model, field);
    if may_be_null(field) {
        let runtime = cx.runtime();
        quote!(impl ::core::convert::Into<#runtime::NullablePatch<#plain>>)
    } else {
        accepted(&field.ty, &plain)
    }
}

/// Returns what a setter of a patch assigns.
fn patch_value(cx: &Cx<'_>, field: &FieldDef) -> TokenStream {
    let (ident, runtime) = (cx.field_ident(field), cx.runtime());
    if may_be_null(field) {
        return quote!(#ident.into());
    }
    let plain = plain_value(cx, field);
    quote!(#runtime::Patch::Set(#plain))
}
