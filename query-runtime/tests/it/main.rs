//! Does the crate behave as it says, seen from outside?
#![expect(clippy::unwrap_used, reason = "a test that cannot go on may stop at once")]

mod batching;
mod behaviours;
mod board;
mod budget;
mod cached;
mod cancelling;
mod collection;
mod conformance;
mod convergence;
mod dedupe;
mod dropping;
mod freshness;
mod functions;
mod gathering;
#[cfg(feature = "http")]
mod http;
mod hydrating;
mod infinite;
mod invalidation;
mod lazy;
mod merging;
mod mutating;
mod naming;
mod observing;
mod optimism;
mod panicking;
mod queries;
mod requests;
mod retrying;
mod revalidating;
mod rows;
mod scale;
mod selecting;
mod sending;
mod stage;
mod statistics;
mod tags;
mod testing;
mod threads;
mod undoing;
mod urls;
mod waking;
mod watching;
mod wrapping;
mod writing;
