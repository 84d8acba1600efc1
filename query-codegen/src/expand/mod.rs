//! In which order does the output come?

mod context;
mod docs;
mod ty;
mod wire;
