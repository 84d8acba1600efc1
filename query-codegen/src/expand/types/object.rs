//! How does a model with fields look?

use proc_macro2::TokenStream;
use quote::quote;

use crate::{
    expand::{
        context::Cx,
        docs, ty,
        types::{
            derives, doc,
            field::{Naming, model_field},
        },
    },
    model::{FieldDef, Model, ObjectModel},
    name::type_ident,
};

/// Returns the struct. Fields that are only sent are not in it: no answer ever holds them.
pub(super) fn expand(cx: &Cx<'_>, model: &Model, object: &ObjectModel) -> TokenStream {
    let serde = serde_derives(cx);
    let doc = doc(cx, model, &format!("{} of the API.", docs::code(&model.name)));
    let derives = derives(model, &["Clone", "Debug", "PartialEq"], &serde);
    let deprecated = docs::deprecated(model.deprecated.as_deref());
    let (visibility, name) = (cx.visibility(), type_ident(&model.name));
    let received: Vec<&FieldDef> = object.fields.iter().filter(|field| field.write_only.is_none()).collect();
    let naming = Naming::of(cx, received.iter().copied());
    let container = naming.container(cx);
    let fields = received.iter().map(|field| model_field(cx, &model.name, field, naming, &visibility));
    let own = ty::allow_own_name(&model.name, received.iter().copied());
    quote! {
        #doc
        #derives
        #container
        #deprecated
        #own
        #visibility struct #name {
            #(#fields,)*
        }
    }
}

/// Returns the paths of serde's two derives.
pub(super) fn serde_derives(cx: &Cx<'_>) -> [TokenStream; 2] {
    let runtime = cx.runtime();
    [quote!(#runtime::__private::serde::Serialize), quote!(#runtime::__private::serde::Deserialize)]
}
