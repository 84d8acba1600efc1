//! What is sent to create a row: `NewUser`?

use proc_macro2::TokenStream;

use crate::{
    expand::{
        context::Cx,
        docs::{Doc, code},
        input::{new_fields, setter::Whole},
    },
    model::Resource,
};

/// Returns `NewUser` with its constructor and setters.
pub(super) fn expand(cx: &Cx<'_>, resource: &Resource) -> Vec<TokenStream> {
    let row = cx.model_type(resource).to_string();
    let doc = Doc::new(format!("What is sent to create a {}.", code(&row)))
        .source(cx, &format!("{}.create", resource.source));
    let input =
        Whole { cx, model: &resource.model, name: cx.new_type(resource), doc, fields: new_fields(cx, resource) };
    input.expand()
}
