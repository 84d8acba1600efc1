//! How does a model look that is one of several objects, told apart by a field?

use proc_macro2::TokenStream;
use quote::quote;

use crate::{
    expand::{
        context::Cx,
        docs::{self, Doc},
        ty,
        types::{
            derives, doc,
            field::{Naming, attribute, model_field},
            object::serde_derives,
        },
        wire::SerdeRule,
    },
    model::{FieldDef, Model, UnionModel, UnionVariant, VariantBody},
    name::type_ident,
};

/// Returns the enum, tagged inside as serde calls it.
pub(super) fn expand(cx: &Cx<'_>, model: &Model, union: &UnionModel) -> TokenStream {
    let otherwise = format!("One of several objects, told apart by {}.", docs::code(&union.tag));
    let doc = doc(cx, model, &otherwise);
    let derives = derives(model, &["Clone", "Debug", "PartialEq"], &serde_derives(cx));
    let deprecated = docs::deprecated(model.deprecated.as_deref());
    let (visibility, name) = (cx.visibility(), type_ident(&model.name));
    let names: Vec<(String, String)> = union
        .variants
        .iter()
        .map(|variant| (type_ident(&variant.wire).to_string(), variant.wire.value.clone()))
        .collect();
    let rule = SerdeRule::for_variants(&names);
    let naming = Naming::of(cx, union.variants.iter().flat_map(fields));
    let variants = union.variants.iter().map(|one| variant(cx, model, one, rule, naming));
    let (path, tag) = (cx.serde_path(), &union.tag.value);
    let rename_all = rule.map(SerdeRule::text).map(|rule| quote!(, rename_all = #rule));
    let rename_fields = naming.rule().map(|rule| quote!(, rename_all_fields = #rule));
    let own = ty::allow_own_name(&model.name, union.variants.iter().flat_map(fields));
    quote! {
        #doc
        #derives
        #[serde(crate = #path, tag = #tag #rename_all #rename_fields)]
        #deprecated
        #own
        #visibility enum #name {
            #(#variants,)*
        }
    }
}

/// Returns the fields of a variant's own that an answer can hold.
fn fields(variant: &UnionVariant) -> impl Iterator<Item = &FieldDef> {
    let own: &[FieldDef] = match &variant.body {
        VariantBody::Fields(own) => own,
        VariantBody::Model(_) => &[],
    };
    own.iter().filter(|field| field.write_only.is_none())
}

fn variant(cx: &Cx<'_>, model: &Model, variant: &UnionVariant, rule: Option<SerdeRule>, naming: Naming) -> TokenStream {
    let ident = type_ident(&variant.wire);
    let wire = &variant.wire.value;
    let doc = Doc::of(variant.doc.as_deref(), format!("{} on the wire.", docs::code(wire))).tokens();
    let given = rule.map_or_else(|| ident.to_string(), |rule| rule.of_variant(&ident.to_string()));
    let serde = attribute((given != *wire).then(|| wire.clone()), Vec::new());
    match &variant.body {
        VariantBody::Model(body) => {
            let target = type_ident(body);
            let allow = docs::allow_deprecated(cx.model(body).is_some_and(|body| body.deprecated.is_some()));
            let content =
                if ty::contains(cx, body, &model.name) { quote!(::std::boxed::Box<#target>) } else { quote!(#target) };
            quote!(#doc #serde #ident(#allow #content))
        }
        VariantBody::Fields(_) => {
            let nothing = TokenStream::new();
            let fields = fields(variant).map(|field| model_field(cx, &model.name, field, naming, &nothing));
            quote!(#doc #serde #ident { #(#fields,)* })
        }
    }
}
