//! How big is the cache, and how well does it work?
//!
//! What happens is counted while it happens; what there is, is looked at in one pass over what is published.

use crate::{
    heart::EntryFilter,
    shell::{Count, QueryClient},
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
    /// The requests that are on their way.
    pub requests: usize,
    /// The requests that wait for [their turn](crate::QueryClientBuilder::max_requests).
    pub waiting_requests: usize,
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
    /// How often one was given up.
    pub cancelled: u64,
    /// How often a result was refused because it could lack what a mutation did, and was fetched again.
    pub refused: u64,
    /// How often a result waited until a mutation was over.
    pub parked: u64,
    /// How often a result was left out: nobody waited for it any more, or the query knew better by then.
    pub dropped: u64,
    /// How often code of the program panicked while the cache compared or changed data, or told it what happened.
    pub panics: u64,
    /// How many entries left because nobody looked at them for too long.
    pub collected: u64,
    /// How many entries left because there was [too much](crate::QueryClientBuilder::max_entries).
    pub evicted: u64,
    /// How many entries had data from elsewhere (hydrated, restored, broadcast) that was not of the type their options said.
    pub unreadable: u64,
}

impl QueryClient {
    /// Returns how big the cache is, and how well it works.
    pub fn statistics(&self) -> Statistics {
        let stale = EntryFilter { stale: Some(true), ..EntryFilter::default() };
        let (stale, pending_mutations) = self
            .core()
            .run(move |heart, now| (heart.matching(&stale, now).len(), heart.mutating()))
            .unwrap_or_default();
        let happened = |what| self.core().shared.counters.of(what);
        let left_by_themselves = happened(Count::Removed).saturating_sub(happened(Count::RemovedByHand));
        let evicted = happened(Count::Evicted);
        let (requests, waiting_requests) = self.core().shared.lanes.count();
        let mut statistics = Statistics {
            requests,
            waiting_requests,
            stale,
            pending_mutations,
            hits: happened(Count::Hits),
            misses: happened(Count::Misses),
            joins: happened(Count::Joins),
            fetches: happened(Count::Fetches),
            errors: happened(Count::Errors),
            cancelled: happened(Count::Cancelled),
            refused: happened(Count::Refused),
            parked: happened(Count::Parked),
            dropped: happened(Count::Dropped),
            panics: happened(Count::Panics),
            collected: left_by_themselves.saturating_sub(evicted),
            evicted,
            unreadable: happened(Count::Unreadable),
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
