//! What names a cache entry, and when does a name lie under another?
//!
//! A key is a list of segments, from the general to the particular: `["users", "detail", "u1"]`. It is hashed once, when it is
//! made; looking it up costs that stored number and, on a hit, one comparison.

mod build;
mod hash;
mod json;
mod query_key;
mod segment;
mod serialize;
mod tag;
mod typed;
mod url;

pub use build::{KeyBuilder, ParamsSegment};
pub(crate) use hash::hash_one;
pub use query_key::QueryKey;
pub use segment::{KeyFloat, KeySegment};
pub use tag::Tag;
pub use typed::{Key, KeyPrefix};
pub(crate) use url::UrlParts;
