//! How is a query described: its key, its function, and how long its data is good for?

mod depending;
mod infinite;
mod merge;
mod pages;
mod query;
mod seed;
mod sharing;
mod streamed;
mod tags;
mod url;

pub use self::{depending::QueryNow, infinite::InfiniteOptions, query::QueryOptions, streamed::StreamRefetch};
pub(crate) use self::{
    pages::{Ends, FindEnds, Size},
    query::Placeholder,
    seed::ListSeed,
    sharing::{plain_kind, raw_kind},
};

/// What an entry of the cache can hold: any plain data that can be compared.
///
/// Equal data keeps its place in memory, and equal results wake nobody; that is what the comparison is for.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be cached",
    note = "cached data is `PartialEq + Send + Sync + 'static`: derive `PartialEq` and own what is borrowed"
)]
pub trait QueryData: PartialEq + Send + Sync + 'static {}

impl<T: PartialEq + Send + Sync + 'static> QueryData for T {}
