//! Which Rust types do the models of a schema become?

mod choice;
pub(crate) mod field;
mod newtype;
mod object;
#[cfg(test)]
mod tests;
mod union;

use proc_macro2::TokenStream;
use quote::quote;

use crate::{
    expand::{context::Cx, docs},
    model::{Model, ModelKind},
    name::speakable,
};

/// Returns the items of all models, in declaration order. A derive has none: its struct is the user's.
pub(crate) fn expand(cx: &Cx<'_>) -> Vec<TokenStream> {
    if cx.is_derive() {
        return Vec::new();
    }
    cx.schema.models.iter().flat_map(|model| items(cx, model)).collect()
}

/// Returns the items of one model: its type first, then what is implemented for it.
pub(crate) fn items(cx: &Cx<'_>, model: &Model) -> Vec<TokenStream> {
    match &model.kind {
        ModelKind::Object(object) => vec![object::expand(cx, model, object)],
        ModelKind::Enum(choice) => choice::expand(cx, model, choice),
        ModelKind::Newtype(inner) => newtype::expand(cx, model, inner),
        ModelKind::Union(union) => vec![union::expand(cx, model, union)],
    }
}

/// Returns the documentation of a model, its *Source* line included.
fn doc(cx: &Cx<'_>, model: &Model, otherwise: &str) -> TokenStream {
    docs::Doc::of(model.doc.as_deref(), otherwise).source(cx, &model.source).tokens()
}

/// Returns `#[derive(…)]` with the usual traits, those that the schema asks for, and `last`.
fn derives(model: &Model, usual: &[&str], last: &[TokenStream]) -> TokenStream {
    let mut names: Vec<&str> = usual.to_vec();
    for asked in &model.derive {
        if !names.contains(&asked.value.as_str()) {
            names.push(&asked.value);
        }
    }
    let paths = names.iter().map(|name| path(name));
    quote!(#[derive(#(#paths,)* #(#last),*)])
}

/// Returns the path of a trait; its segments are identifiers whatever the text is.
fn path(text: &str) -> TokenStream {
    let absolute = text.starts_with("::").then(|| quote!(::));
    let segments = text.split("::").filter(|segment| !segment.is_empty()).map(speakable);
    quote!(#absolute #(#segments)::*)
}
