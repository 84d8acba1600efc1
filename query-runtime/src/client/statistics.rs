//! How big is the cache, and how well does it work?
//!
//! What happens is counted while it happens; what there is, is looked at in one pass over what is published.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::{
    client::QueryClient,
    heart::{Action, EntryFilter, Event},
    status::{FetchStatus, QueryStatus},
};

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

fn read(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

impl Counters {
    /// Counts something that happened in the cache.
    pub(crate) fn note(&self, event: &Event) {
        match event {
            Event::Updated(_, Action::Fetch) => add(&self.fetches),
            Event::Updated(_, Action::Error) => add(&self.errors),
            Event::Removed(_) => add(&self.removed),
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

/// How big the cache is, and how well it works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Statistics {
    /// The entries.
    pub queries: usize,
    /// Those without data whose last fetch did not fail.
    pub pending: usize,
    /// Those with data whose last fetch did not fail.
    pub success: usize,
    /// Those whose last fetch failed.
    pub error: usize,
    /// Those that an enabled observer looks at.
    pub active: usize,
    /// Those that none looks at.
    pub inactive: usize,
    /// Those whose data is stale, or missing: for an observer, or else by the entry's own stale time.
    pub stale: usize,
    /// Those whose fetch runs.
    pub fetching: usize,
    /// Those whose fetch waits for the connection or for focus.
    pub paused: usize,
    /// The observers of all entries.
    pub observers: usize,
    /// The mutations that are not over.
    pub pending_mutations: usize,
    /// How often data that was asked for was there and fresh.
    pub hits: u64,
    /// How often it was not.
    pub misses: u64,
    /// How often a fetch that ran already served somebody else.
    pub joins: u64,
    /// How often a fetch began.
    pub fetches: u64,
    /// How often one failed for good.
    pub errors: u64,
    /// How many entries were collected because nobody looked at them for too long.
    pub evictions: u64,
}

impl QueryClient {
    /// Returns how big the cache is, and how well it works.
    pub fn statistics(&self) -> Statistics {
        let stale = EntryFilter { stale: Some(true), ..EntryFilter::default() };
        let (stale, pending_mutations) = self
            .core()
            .run(move |heart, now| (heart.matching(&stale, now).len(), heart.mutating()))
            .unwrap_or_default();
        let counters = &self.core().shared.counters;
        let mut statistics = Statistics {
            stale,
            pending_mutations,
            hits: read(&counters.hits),
            misses: read(&counters.misses),
            joins: read(&counters.joins),
            fetches: read(&counters.fetches),
            errors: read(&counters.errors),
            evictions: read(&counters.removed).saturating_sub(read(&counters.removed_by_hand)),
            ..Statistics::default()
        };
        for one in self.core().all_published() {
            let snapshot = one.snapshot;
            statistics.queries += 1;
            statistics.observers += snapshot.observers;
            *match snapshot.status {
                QueryStatus::Pending => &mut statistics.pending,
                QueryStatus::Success => &mut statistics.success,
                QueryStatus::Error => &mut statistics.error,
            } += 1;
            *if snapshot.active > 0 { &mut statistics.active } else { &mut statistics.inactive } += 1;
            match snapshot.fetch_status {
                FetchStatus::Idle => {}
                FetchStatus::Fetching => statistics.fetching += 1,
                FetchStatus::Paused => statistics.paused += 1,
            }
        }
        statistics
    }
}
