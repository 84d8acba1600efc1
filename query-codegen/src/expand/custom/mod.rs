//! What is generated for queries and mutations that belong to no resource?

mod mutations;
pub(super) mod params;
mod queries;
mod view;

use proc_macro2::TokenStream;

use crate::expand::context::Cx;

/// Returns the items of all custom queries, then of all custom mutations, in declaration order.
pub(crate) fn expand(cx: &Cx<'_>) -> Vec<TokenStream> {
    let queries = cx.schema.queries.iter().flat_map(|query| queries::expand(cx, query));
    let mutations = cx.schema.mutations.iter().flat_map(|mutation| mutations::expand(cx, mutation));
    queries.chain(mutations).collect()
}
