//! Which queries does a call mean, and what does it do to them?

use std::{collections::BTreeSet, fmt, sync::Arc};

use crate::{
    client::states::QueryState,
    clock::Moment,
    heart::{self, CancelHow, EntryFilter, EntryId, FetchId, Heart},
    key::{Key, KeyPrefix, QueryKey, Tag},
    marker::{MaybeSend, MaybeSync},
    shell::{Core, Count, QueryClient, Settled},
    status::FetchStatus,
};

/// Which of the queries that are invalidated are fetched at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum RefetchType {
    /// Those that an enabled observer looks at.
    #[default]
    Active,
    /// Those that none looks at.
    Inactive,
    /// All.
    All,
    /// None.
    None,
}

impl From<RefetchType> for heart::RefetchType {
    fn from(refetch: RefetchType) -> Self {
        match refetch {
            RefetchType::Active => Self::Active,
            RefetchType::Inactive => Self::Inactive,
            RefetchType::All => Self::All,
            RefetchType::None => Self::None,
        }
    }
}

/// How fetches are given up. *Default*: their queries go back to what they were before, and whoever waits is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cancel {
    how: CancelHow,
}

impl Default for Cancel {
    fn default() -> Self {
        Self { how: CancelHow::REVERT }
    }
}

impl Cancel {
    /// Returns the usual way.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets whether a query goes back to what it was before. Otherwise the cancellation is its error; with
    /// [`silent`](Self::silent), it stays as it is, fetching, until its next fetch.
    #[must_use]
    pub fn revert(mut self, revert: bool) -> Self {
        self.how.revert = revert;
        self
    }

    /// Sets whether the cancellation is never the error of the query. Who waits for the fetch is told either way; where it
    /// goes back to data that was there, only a silent one lets the wait fail.
    #[must_use]
    pub fn silent(mut self, silent: bool) -> Self {
        self.how.silent = silent;
        self
    }
}

/// A test that a query passes or not.
trait Predicate: MaybeSend + MaybeSync {
    fn test(&self, query: &QueryState) -> bool;
}

impl<F: Fn(&QueryState) -> bool + MaybeSend + MaybeSync> Predicate for F {
    fn test(&self, query: &QueryState) -> bool {
        self(query)
    }
}

/// Which queries are meant. Everything that is said must hold.
///
/// A key, with or without its type, and a prefix turn into the filter of all that lies under them.
#[derive(Clone)]
pub struct QueryFilter {
    prefix: QueryKey,
    entries: EntryFilter,
    predicate: Option<Arc<dyn Predicate>>,
    refetch: Option<RefetchType>,
    joins: bool,
}

impl fmt::Debug for QueryFilter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("QueryFilter")
            .field("prefix", &self.prefix)
            .field("exact", &self.entries.exact)
            .field("active", &self.entries.active)
            .field("stale", &self.entries.stale)
            .field("fetch_status", &self.entries.fetch_status)
            .field("tags", &self.entries.tags)
            .field("has_predicate", &self.predicate.is_some())
            .finish_non_exhaustive()
    }
}

impl QueryFilter {
    /// Returns the filter of all queries.
    pub fn all() -> Self {
        Self::under(QueryKey::of_segments(Vec::new()))
    }

    /// Returns the filter of the queries whose key lies under a prefix.
    pub fn under(prefix: impl Into<KeyPrefix>) -> Self {
        let prefix = prefix.into().into_key();
        let entries = EntryFilter { prefix: prefix.segments().to_vec(), ..EntryFilter::default() };
        Self { prefix, entries, predicate: None, refetch: None, joins: false }
    }

    /// Returns the filter of the one query with this key.
    pub fn exact(key: impl Into<KeyPrefix>) -> Self {
        let mut filter = Self::under(key);
        filter.entries.exact = true;
        filter
    }

    /// Returns the filter of the queries that have one of these tags.
    pub fn tagged(tags: impl IntoIterator<Item = Tag>) -> Self {
        let mut filter = Self::all();
        filter.entries.tags = Some(tags.into_iter().collect());
        filter
    }

    /// Only those that an enabled observer looks at.
    #[must_use]
    pub fn active(mut self) -> Self {
        self.entries.active = Some(true);
        self
    }

    /// Only those that no enabled observer looks at.
    #[must_use]
    pub fn inactive(mut self) -> Self {
        self.entries.active = Some(false);
        self
    }

    /// Only those whose data is stale, or missing.
    #[must_use]
    pub fn stale(mut self) -> Self {
        self.entries.stale = Some(true);
        self
    }

    /// Only those whose data is fresh.
    #[must_use]
    pub fn fresh(mut self) -> Self {
        self.entries.stale = Some(false);
        self
    }

    /// Only those whose fetch is at this point.
    #[must_use]
    pub fn fetch_status(mut self, status: FetchStatus) -> Self {
        self.entries.fetch_status = Some(status);
        self
    }

    /// Only those that pass a test. It is called outside of every lock.
    #[must_use]
    pub fn predicate(mut self, test: impl Fn(&QueryState) -> bool + MaybeSend + MaybeSync + 'static) -> Self {
        self.predicate = Some(Arc::new(test));
        self
    }

    /// Sets which of the queries that are invalidated are fetched at once. *Default*: those that are looked at; of an
    /// [`inactive`](Self::inactive) filter, those that are not.
    #[must_use]
    pub fn refetch_type(mut self, refetch: RefetchType) -> Self {
        self.refetch = Some(refetch);
        self
    }

    /// Joins fetches that run. *Default*: where there is data, they are given up and begun anew.
    #[must_use]
    pub fn join_running(mut self) -> Self {
        self.joins = true;
        self
    }

    /// Returns what picks the entries inside of a turn of the heart.
    pub(crate) fn pick(
        self,
        core: &Arc<Core>,
    ) -> impl FnOnce(&Heart, Moment) -> Vec<EntryId> + MaybeSend + 'static + use<> {
        let passed: Option<BTreeSet<EntryId>> = self.predicate.as_ref().map(|predicate| {
            let (meant, now) = (core.published_where(self.entries.clone()), core.env.now());
            meant
                .iter()
                .filter(|one| predicate.test(&QueryState::of(&one.snapshot, now)))
                .map(|one| one.entry)
                .collect()
        });
        let Self { prefix, entries, .. } = self;
        move |heart, now| {
            let mut found = heart.matching(&entries, now);
            if let Some(passed) = passed {
                found.retain(|entry| passed.contains(entry));
            }
            if entries.exact {
                // A map in the prefix also stands for larger maps, but an exact key does not.
                let own = heart.find(&prefix);
                found.retain(|entry| Some(*entry) == own);
            }
            found
        }
    }
}

impl From<KeyPrefix> for QueryFilter {
    fn from(prefix: KeyPrefix) -> Self {
        Self::under(prefix)
    }
}

impl From<&KeyPrefix> for QueryFilter {
    fn from(prefix: &KeyPrefix) -> Self {
        Self::under(prefix.clone())
    }
}

impl From<QueryKey> for QueryFilter {
    fn from(key: QueryKey) -> Self {
        Self::under(key)
    }
}

impl From<&QueryKey> for QueryFilter {
    fn from(key: &QueryKey) -> Self {
        Self::under(key)
    }
}

impl<T> From<Key<T>> for QueryFilter {
    fn from(key: Key<T>) -> Self {
        Self::under(key)
    }
}

impl<T> From<&Key<T>> for QueryFilter {
    fn from(key: &Key<T>) -> Self {
        Self::under(key)
    }
}

impl From<Tag> for QueryFilter {
    fn from(tag: Tag) -> Self {
        Self::tagged([tag])
    }
}

impl<const N: usize> From<[Tag; N]> for QueryFilter {
    fn from(tags: [Tag; N]) -> Self {
        Self::tagged(tags)
    }
}

impl From<Vec<Tag>> for QueryFilter {
    fn from(tags: Vec<Tag>) -> Self {
        Self::tagged(tags)
    }
}

impl QueryClient {
    /// Marks queries as stale, and fetches those that are looked at.
    ///
    /// A fetch that runs already cannot end the staleness: it began too early, and another follows.
    pub fn invalidate(&self, filter: impl Into<QueryFilter>) -> Settled {
        let filter = filter.into();
        let replace = !filter.joins;
        let refetch = filter.refetch.unwrap_or(match filter.entries.active {
            Some(false) => RefetchType::Inactive,
            _ => RefetchType::Active,
        });
        // Which are fetched is decided anew when they are marked: none of those is fresh any more (T74).
        let mut fetched = filter.clone();
        let refetch: heart::RefetchType = refetch.into();
        fetched.entries.active = refetch.active();
        let pick = fetched.pick(self.core());
        self.act(filter, move |heart, entries, now| {
            heart.mark_all_invalid(entries, now);
            if refetch == heart::RefetchType::None {
                return Vec::new();
            }
            let chosen = pick(heart, now);
            heart.refetch(&chosen, replace, now)
        })
    }

    /// Fetches queries again, stale or not. Those whose observers are all disabled are left alone.
    pub fn refetch(&self, filter: impl Into<QueryFilter>) -> Settled {
        let filter = filter.into();
        let replace = !filter.joins;
        self.act(filter, move |heart, entries, now| heart.refetch(entries, replace, now))
    }

    /// Gives up the fetches of queries; each goes back to what it was before.
    ///
    /// A fetch function that has sent a request through its context, or taken its signal, is dropped where it waits. Nobody
    /// knows of another what that would interrupt: it runs to its end, unheeded, at most as long as the client lives.
    pub fn cancel(&self, filter: impl Into<QueryFilter>) -> Settled {
        self.cancel_with(filter, Cancel::new())
    }

    /// As [`cancel`](Self::cancel), and says how.
    pub fn cancel_with(&self, filter: impl Into<QueryFilter>, cancel: Cancel) -> Settled {
        self.act(filter.into(), move |heart, entries, now| {
            heart.cancel(entries, cancel.how, now);
            Vec::new()
        })
    }

    /// Takes queries back to their beginning, initial data included, and fetches those that are looked at.
    ///
    /// The gc time of a query that nobody looks at ends with it: it begins anew after the next fetch and when the last
    /// observer has left. A limit such as [`max_entries`](crate::QueryClientBuilder::max_entries) can still take it before.
    pub fn reset(&self, filter: impl Into<QueryFilter>) -> Settled {
        self.act(filter.into(), Heart::reset)
    }

    /// Removes queries. Observers of one stay attached: they see that it is gone, and whatever comes later.
    pub fn remove(&self, filter: impl Into<QueryFilter>) {
        let pick = filter.into().pick(self.core());
        let counters = self.core().shared.counters.clone();
        self.core().run(move |heart, now| {
            for entry in pick(heart, now) {
                heart.remove(entry, now);
                if !heart.is_kept(entry) {
                    counters.add(Count::RemovedByHand);
                }
            }
        });
    }

    /// Removes all queries and all mutations; observers see it.
    pub fn clear(&self) {
        let counters = self.core().shared.counters.clone();
        self.core().run(move |heart, now| {
            let all = heart.matching(&EntryFilter::default(), now);
            heart.clear(now);
            for entry in all {
                if !heart.is_kept(entry) {
                    counters.add(Count::RemovedByHand);
                }
            }
        });
    }

    /// Returns the keys of queries, in the order in which they came into the cache.
    pub fn keys(&self, filter: impl Into<QueryFilter>) -> Vec<QueryKey> {
        let pick = filter.into().pick(self.core());
        let keys = self.core().run(move |heart, now| {
            let entries = pick(heart, now);
            entries.into_iter().filter_map(|entry| heart.key(entry)).collect()
        });
        keys.unwrap_or_default()
    }

    /// Counts the queries that fetch now; paused ones do not.
    pub fn is_fetching(&self, filter: impl Into<QueryFilter>) -> usize {
        let filter = filter.into().fetch_status(FetchStatus::Fetching);
        let pick = filter.pick(self.core());
        self.core().run(move |heart, now| pick(heart, now).len()).unwrap_or_default()
    }

    /// Does something to the queries that are meant, and returns what waits for the fetches that it started.
    fn act(
        &self,
        filter: QueryFilter,
        action: impl FnOnce(&mut Heart, &[EntryId], Moment) -> Vec<(EntryId, Option<FetchId>)> + MaybeSend + 'static,
    ) -> Settled {
        let pick = filter.pick(self.core());
        let done = self.core().run_and_wait(move |heart, now| {
            let entries = pick(heart, now);
            let started = action(heart, &entries, now);
            // A paused fetch may wait for a long time: nobody waits with it (T76).
            let fetches = started.into_iter().filter(|(entry, _)| !heart.is_paused(*entry));
            ((), fetches.filter_map(|(_, fetch)| fetch).collect())
        });
        Settled::of(done.map(|((), waiters)| waiters).unwrap_or_default())
    }
}
