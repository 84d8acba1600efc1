//! How big is the cache, and how well does it work?
//!
//! What happens is counted while it happens; what there is, is looked at in one pass over what is published.

use crate::{
    heart::EntryFilter,
    shell::QueryClient,
    status::{FetchStatus, QueryStatus},
};

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
    /// About how many bytes the data takes: what the server sent for it, or its own size where it was set by hand.
    pub approximate_bytes: u64,
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
        let happened = self.core().shared.counters.read();
        let mut statistics = Statistics {
            stale,
            pending_mutations,
            hits: happened.hits,
            misses: happened.misses,
            joins: happened.joins,
            fetches: happened.fetches,
            errors: happened.errors,
            evictions: happened.evictions,
            ..Statistics::default()
        };
        for one in self.core().all_published() {
            let snapshot = one.snapshot;
            statistics.queries += 1;
            statistics.observers += snapshot.observers;
            statistics.approximate_bytes += snapshot.bytes;
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
