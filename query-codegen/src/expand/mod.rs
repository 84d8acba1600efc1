//! In which order does the output come?

mod context;
pub(crate) mod custom;
mod docs;
pub(crate) mod input;
pub(crate) mod resource;
mod settings;
mod ty;
mod types;
mod wire;
