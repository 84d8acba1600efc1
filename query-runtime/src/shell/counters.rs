//! What has happened in the cache so far, in numbers?

use crate::{
    event::{CacheAction, CacheEvent},
    sync::atomic::{AtomicU64, Ordering},
};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Count {
    /// Data that was asked for was there.
    Hits,
    /// Data that was asked for was not there.
    Misses,
    /// A fetch that ran already served somebody else.
    Joins,
    /// A fetch began.
    Fetches,
    /// A fetch failed for good.
    Errors,
    /// A fetch was given up.
    Cancelled,
    /// A result was refused, and fetched again.
    Refused,
    /// A result waited for a mutation.
    Parked,
    /// A result was left out.
    Dropped,
    /// Code of the program panicked.
    Panics,
    /// An entry left.
    Removed,
    /// An entry left because the program removed it.
    RemovedByHand,
    /// An entry left because there was too much.
    Evicted,
    /// Data from elsewhere was not of the type that its options said.
    Unreadable,
}

impl Count {
    /// How many there are.
    const ALL: usize = Self::Unreadable as usize + 1;
}

/// Counts what happens.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    counts: [AtomicU64; Count::ALL],
}

impl Counters {
    /// Adds one.
    pub(crate) fn add(&self, what: Count) {
        self.counts[what as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Returns how often it happened.
    pub(crate) fn of(&self, what: Count) -> u64 {
        self.counts[what as usize].load(Ordering::Relaxed)
    }

    /// Counts something that happened in the cache.
    pub(crate) fn note(&self, event: &CacheEvent) {
        let what = match event {
            CacheEvent::Updated(_, CacheAction::Fetch) => Count::Fetches,
            CacheEvent::Updated(_, CacheAction::Error) => Count::Errors,
            CacheEvent::Updated(_, CacheAction::Cancel) => Count::Cancelled,
            CacheEvent::Updated(_, CacheAction::Refuse) => Count::Refused,
            CacheEvent::Updated(_, CacheAction::Park) => Count::Parked,
            CacheEvent::Dropped(_) => Count::Dropped,
            CacheEvent::Panicked(_) => Count::Panics,
            CacheEvent::Removed(_) => Count::Removed,
            CacheEvent::Evicted(_) => Count::Evicted,
            CacheEvent::Unreadable(_) => Count::Unreadable,
            _ => return,
        };
        self.add(what);
    }
}
