//! Which names may generated code use that users may not?
//!
//! Third-party crates under one path, so that a user's crate needs no dependency besides this one, and the number by which the
//! generator and the runtime recognise each other.

pub use serde;
pub use serde_json;

/// The version of the agreement between generated code and this crate; generated code asserts it.
pub const CONTRACT: u32 = 1;
