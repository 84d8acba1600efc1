//! In which order does the output come?

mod context;
mod docs;
pub(crate) mod input;
mod ty;
mod types;
mod wire;
