//! Does the crate behave as it says, seen from outside?
#![expect(clippy::unwrap_used, reason = "a test that cannot go on may stop at once")]

mod cancelling;
mod collection;
mod convergence;
mod dedupe;
mod freshness;
#[cfg(feature = "http")]
mod http;
mod infinite;
mod invalidation;
mod observing;
mod queries;
mod retrying;
mod rows;
mod stage;
mod statistics;
mod testing;
mod threads;
mod waking;
