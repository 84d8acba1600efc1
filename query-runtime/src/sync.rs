//! Which locks, atomics and threads does the crate stand on?
//!
//! The standard library's. Built with `--cfg shuttle` or `--cfg loom` they are those of a checker, which decides at each of them
//! who goes on, and so tries one interleaving after the other (`tests/interleavings`). `Arc`, `Weak` and `OnceLock` are
//! always the standard library's: they only count or are set once, `dyn` needs them, and an upgrade that comes too late looks
//! like one that was not tried. So are the counters in statics (`key/serialize.rs`, `temp_id.rs`), which only make names
//! and outlive an execution.

#[cfg(loom)]
pub(crate) use loom::{
    sync::{Condvar, Mutex, MutexGuard, RwLock, atomic},
    thread,
};
#[cfg(shuttle)]
pub(crate) use shuttle::{
    sync::{Condvar, Mutex, MutexGuard, RwLock, atomic},
    thread,
};
#[cfg(not(any(loom, shuttle)))]
pub(crate) use std::{
    sync::{Condvar, Mutex, MutexGuard, RwLock, atomic},
    thread,
};
