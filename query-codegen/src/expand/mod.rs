//! In which order does the output come?
//!
//! Contract · API · models · resources, each with its parameters, entity, inputs, keys, fetch, options, hooks, mutations,
//! optimistic and cache functions · custom queries · custom mutations. Inside a kind, the user's own order.

mod api;
mod cloned;
mod context;
pub(crate) mod custom;
mod docs;
mod fallback;
mod guarantee;
pub(crate) mod input;
pub(crate) mod resource;
mod settings;
mod ty;
mod types;
mod wire;

#[cfg(test)]
mod fixture;

use proc_macro2::TokenStream;

use crate::{check::Checked, expand::context::Cx, model::Schema};

pub use fallback::fallback;

/// Returns everything that a schema declares, one item each, in the order of the output.
pub fn expand(checked: &Checked) -> Vec<TokenStream> {
    in_order(checked)
}

fn in_order(schema: &Schema) -> Vec<TokenStream> {
    let cx = Cx::new(schema);
    let mut items = vec![api::contract(&cx)];
    items.extend(api::expand(&cx));
    items.extend(types::expand(&cx));
    for resource in &schema.resources {
        items.extend(resource::expand(&cx, resource));
    }
    items.extend(custom::expand(&cx));
    items
}
