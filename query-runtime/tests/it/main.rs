//! Does the crate behave as it says, seen from outside?
#![expect(clippy::unwrap_used, reason = "a test that cannot go on may stop at once")]

#[cfg(feature = "http")]
mod http;
mod testing;
