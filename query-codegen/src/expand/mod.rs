//! In which order does the output come?

mod context;
mod docs;
mod fallback;
pub(crate) mod input;
mod ty;
mod types;
mod wire;

pub use fallback::fallback;
