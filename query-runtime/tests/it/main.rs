//! Does the crate behave as it says, seen from outside?

#[cfg(feature = "http")]
mod http;
mod testing;
