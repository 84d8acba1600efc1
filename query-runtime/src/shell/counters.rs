//! What has happened in the cache so far, in numbers?

use std::sync::atomic::{AtomicU64, Ordering};

use crate::event::{CacheAction, CacheEvent};

/// Counts what happens.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    hits: AtomicU64,
    misses: AtomicU64,
    joins: AtomicU64,
    fetches: AtomicU64,
    errors: AtomicU64,
    removed: AtomicU64,
    removed_by_hand: AtomicU64,
}

/// How a query that was asked for was served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Served {
    /// By data that was there.
    Hit,
    /// By a fetch that ran already.
    Join,
    /// Not yet.
    Miss,
}

fn add(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

fn count(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

/// What was counted so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counted {
    pub(crate) hits: u64,
    pub(crate) misses: u64,
    pub(crate) joins: u64,
    pub(crate) fetches: u64,
    pub(crate) errors: u64,
    /// Entries that left without being removed by hand.
    pub(crate) evictions: u64,
}

impl Counters {
    /// Returns what was counted so far.
    pub(crate) fn read(&self) -> Counted {
        Counted {
            hits: count(&self.hits),
            misses: count(&self.misses),
            joins: count(&self.joins),
            fetches: count(&self.fetches),
            errors: count(&self.errors),
            evictions: count(&self.removed).saturating_sub(count(&self.removed_by_hand)),
        }
    }

    /// Counts something that happened in the cache.
    pub(crate) fn note(&self, event: &CacheEvent) {
        match event {
            CacheEvent::Updated(_, CacheAction::Fetch) => add(&self.fetches),
            CacheEvent::Updated(_, CacheAction::Error) => add(&self.errors),
            CacheEvent::Removed(_) => add(&self.removed),
            _ => {}
        }
    }

    /// Counts how a query was served.
    pub(crate) fn served(&self, served: Served) {
        match served {
            Served::Hit => add(&self.hits),
            Served::Join => add(&self.joins),
            Served::Miss => add(&self.misses),
        }
    }

    /// Counts an entry that the program removed, if it did.
    pub(crate) fn removed_by_hand(&self, removed: bool) {
        if removed {
            add(&self.removed_by_hand);
        }
    }
}
