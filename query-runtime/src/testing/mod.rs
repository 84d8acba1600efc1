//! How does a test own the time, the background and the network?
//!
//! *Entry points*: [`TestRuntime`] runs everything on the test's own thread and only when told; its [`ManualClock`] stands still
//! until it is moved; [`ScriptedTransport`] holds every request until the test answers it; [`MemoryStorage`] is full or fails when it is told to; [`EventLog`] says what happened, in
//! order; a [`Rule`] is switched off to see that its absence is noticed. Nothing here sleeps, and nothing happens by chance.

mod clock;
mod log;
mod runtime;
mod storage;
mod transport;

pub use clock::ManualClock;
pub use log::EventLog;
pub use runtime::{Stalled, TestRuntime};
pub use storage::MemoryStorage;
pub use transport::{ScriptedRequest, ScriptedTransport};

pub use crate::heart::Rule;
