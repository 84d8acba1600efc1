//! How does a program read, fetch and write single queries?

use std::{
    collections::VecDeque,
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::Poll,
};

use crate::{
    clock::Moment,
    error::QueryError,
    heart::{Direction, FetchId, FetchRequest, Snapshot},
    key::{Key, KeyPrefix, QueryKey},
    marker::BoxFuture,
    options::{InfiniteOptions, ListSeed, QueryData, QueryOptions, plain_kind},
    page::InfiniteData,
    projection::Value,
    shell::{Core, QueryClient, Served, Settings, served, typed},
    status::{FetchStatus, QueryStatus},
};

/// The state of a query, without its data.
#[derive(Clone, Debug)]
pub struct QueryState {
    /// The key.
    pub key: QueryKey,
    /// Whether there is data.
    pub status: QueryStatus,
    /// Whether a fetch runs.
    pub fetch_status: FetchStatus,
    /// Whether there is data, also after a failure.
    pub has_data: bool,
    /// Whether an optimistic operation shows in the data.
    pub is_optimistic: bool,
    /// Whether the data is marked stale.
    pub is_invalidated: bool,
    /// When the data arrived.
    pub data_updated_at: Option<Moment>,
    /// How often data arrived.
    pub data_update_count: u64,
    /// The last failure.
    pub error: Option<QueryError>,
    /// When it happened.
    pub error_updated_at: Option<Moment>,
    /// How often a fetch failed for good.
    pub error_update_count: u64,
    /// How often the current or last fetch failed.
    pub failure_count: u32,
    /// Its last failure.
    pub failure_reason: Option<QueryError>,
    /// How many observers it has.
    pub observers: usize,
    /// How many of them are enabled.
    pub active: usize,
}

impl QueryState {
    pub(crate) fn of(snapshot: &Snapshot) -> Self {
        Self {
            key: snapshot.key.clone(),
            status: snapshot.status,
            fetch_status: snapshot.fetch_status,
            has_data: snapshot.data.is_some(),
            is_optimistic: snapshot.is_optimistic,
            is_invalidated: snapshot.is_invalidated,
            data_updated_at: snapshot.data_updated_at,
            data_update_count: snapshot.data_update_count,
            error: snapshot.error.clone(),
            error_updated_at: snapshot.error_updated_at,
            error_update_count: snapshot.error_update_count,
            failure_count: snapshot.failure_count,
            failure_reason: snapshot.failure_reason.clone(),
            observers: snapshot.observers,
            active: snapshot.active,
        }
    }
}

impl QueryClient {
    /// Returns the data of a query as it is in the cache, optimistic operations included.
    pub fn get<T: QueryData>(&self, key: &Key<T>) -> Option<Arc<T>> {
        self.core().published(key.untyped())?.snapshot.data.clone()?.downcast().ok()
    }

    /// Returns the data of two queries as it was at one and the same time: what a mutation changes in both is seen in
    /// both or in neither.
    pub fn get_both<A: QueryData, B: QueryData>(&self, a: &Key<A>, b: &Key<B>) -> (Option<Arc<A>>, Option<Arc<B>>) {
        let keys = [a.untyped().clone(), b.untyped().clone()];
        let mut both = self.core().published_together(&keys).into_iter();
        let mut next = || both.next().flatten().and_then(|one| one.snapshot.data.clone());
        let (a, b) = (next(), next());
        (a.and_then(|data| data.downcast().ok()), b.and_then(|data| data.downcast().ok()))
    }

    /// Returns the keys and the data of all queries under a prefix that hold a `T`, as it was at one and the same time,
    /// in the order in which they came into the cache.
    pub fn get_all<T: QueryData>(&self, prefix: impl Into<KeyPrefix>) -> Vec<(Key<T>, Arc<T>)> {
        let prefix = prefix.into();
        let all = self.core().all_published().into_iter().filter(|one| prefix.matches(&one.snapshot.key));
        all.filter_map(|one| {
            let data = one.snapshot.data.clone()?.downcast().ok()?;
            Some((Key::typed(one.snapshot.key.clone()), data))
        })
        .collect()
    }

    /// Returns the state of a query.
    pub fn state(&self, key: &QueryKey) -> Option<QueryState> {
        self.core().published(key).map(|one| QueryState::of(&one.snapshot))
    }

    /// Sets what the server's data of a query is, fetched just now. Optimistic operations still show above it.
    ///
    /// Returns the data as it is shown then; `None` if the key holds data of another type.
    pub fn set<T: QueryData>(&self, key: &Key<T>, data: T) -> Option<Arc<T>> {
        self.write(key, Arc::new(data), |_| true);
        self.get(key)
    }

    /// Changes the server's data of a query, optimistic operations left out. Where there is none, or the function returns
    /// `None`, nothing happens.
    ///
    /// The function is called outside of every lock, and again if the data has changed meanwhile.
    pub fn update<T: QueryData>(&self, key: &Key<T>, mut change: impl FnMut(&T) -> Option<T>) -> Option<Arc<T>> {
        loop {
            let own = key.untyped().clone();
            let base = self.core().run(move |heart, _| heart.base(heart.find(&own)?))??;
            let data = Arc::new(change(base.downcast_ref::<T>()?)?);
            let unchanged =
                move |now: Option<&Value>| now.is_some_and(|now| Arc::as_ptr(now).addr() == Arc::as_ptr(&base).addr());
            if self.write(key, data, unchanged) {
                return self.get(key);
            }
        }
    }

    /// Replaces the base of a query if its present one passes; returns whether it did, or the write will never be possible.
    fn write<T: QueryData>(
        &self,
        key: &Key<T>,
        data: Arc<T>,
        passes: impl FnOnce(Option<&Value>) -> bool + Send + 'static,
    ) -> bool {
        let key = key.untyped().clone();
        let settings = self.core().shared.settings(&key, Settings::default());
        let mut spec = settings.entry_spec();
        if let Some(known) = self.core().published(&key) {
            spec.stale = known.snapshot.stale;
        }
        let written = self.core().run(move |heart, now| {
            let Ok(entry) = heart.entry(&key, &plain_kind::<T>(), &spec, now) else { return true };
            let may = passes(heart.base(entry).as_ref());
            if may {
                heart.set_base(entry, data, None, now);
            }
            may
        });
        written.unwrap_or(true)
    }

    /// Returns the data of a query: what is cached if it is fresh, or else what a fetch brings.
    ///
    /// # Errors
    ///
    /// The fetch failed. It is not retried unless the options or defaults say so.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives up waiting; the fetch runs on.
    pub async fn fetch<T: QueryData>(&self, options: QueryOptions<T>) -> Result<Arc<T>, QueryError> {
        let settings = self.core().shared.settings(options.key.untyped(), options.settings.clone());
        let published = self.core().published(options.key.untyped());
        let served = served(published.as_ref(), settings.stale.unwrap_or_default(), self.core().env.now());
        self.core().shared.counters.served(served);
        if let (Served::Hit, Some(data)) = (served, published.and_then(|one| one.snapshot.data.clone())) {
            return typed(data);
        }
        typed(start(self.core(), options, &settings)?.await?)
    }

    /// Fetches a query that is not fresh, for later.
    ///
    /// # Errors
    ///
    /// The fetch failed.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives up waiting; the fetch runs on.
    pub async fn prefetch<T: QueryData>(&self, options: QueryOptions<T>) -> Result<(), QueryError> {
        self.fetch(options).await.map(drop)
    }

    /// Returns the data of a query: what is cached however old it is, or else what a fetch brings.
    ///
    /// # Errors
    ///
    /// There was no data, and the fetch failed.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives up waiting; the fetch runs on.
    pub async fn ensure<T: QueryData>(&self, options: QueryOptions<T>) -> Result<Arc<T>, QueryError> {
        match self.get(&options.key) {
            Some(data) => {
                self.core().shared.counters.served(Served::Hit);
                Ok(data)
            }
            None => self.fetch(options).await,
        }
    }

    /// As [`fetch`](Self::fetch), for an infinite query.
    ///
    /// # Errors
    ///
    /// The fetch failed.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives up waiting; the fetch runs on.
    pub async fn fetch_infinite<T: QueryData, P: QueryData + Clone>(
        &self,
        options: InfiniteOptions<T, P>,
    ) -> Result<Arc<InfiniteData<T, P>>, QueryError> {
        self.fetch(options.into_query().0).await
    }

    /// As [`prefetch`](Self::prefetch), for an infinite query.
    ///
    /// # Errors
    ///
    /// The fetch failed.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives up waiting; the fetch runs on.
    pub async fn prefetch_infinite<T: QueryData, P: QueryData + Clone>(
        &self,
        options: InfiniteOptions<T, P>,
    ) -> Result<(), QueryError> {
        self.fetch_infinite(options).await.map(drop)
    }

    /// Prefetches many queries, at most so many at once (at least one), and returns how each went, in their order.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future starts no more; what has started runs on.
    pub async fn warm_up<T: QueryData>(
        &self,
        queries: Vec<QueryOptions<T>>,
        at_once: usize,
    ) -> Vec<Result<(), QueryError>> {
        let mut results: Vec<Option<Result<(), QueryError>>> = queries.iter().map(|_| None).collect();
        let mut waiting: VecDeque<_> = queries.into_iter().enumerate().collect();
        let mut running: Vec<(usize, BoxFuture<'static, Result<(), QueryError>>)> = Vec::new();
        poll_fn(|context| {
            loop {
                while running.len() < at_once.max(1)
                    && let Some((place, options)) = waiting.pop_front()
                {
                    let client = self.clone();
                    running.push((place, Box::pin(async move { client.prefetch(options).await })));
                }
                let before = running.len();
                running.retain_mut(|(place, future)| match Pin::new(future).poll(context) {
                    Poll::Ready(result) => {
                        results[*place] = Some(result);
                        false
                    }
                    Poll::Pending => true,
                });
                if running.is_empty() && waiting.is_empty() {
                    return Poll::Ready(());
                }
                // A place that became free is taken at once; the new future has not been polled yet.
                if running.len() == before || waiting.is_empty() {
                    return Poll::Pending;
                }
            }
        })
        .await;
        results.into_iter().map(|result| result.unwrap_or_else(|| Err(QueryError::cancelled()))).collect()
    }
}

/// Starts or joins the fetch of a query.
fn start<T: QueryData>(
    core: &Arc<Core>,
    options: QueryOptions<T>,
    settings: &Settings,
) -> Result<impl Future<Output = Result<Value, QueryError>> + use<T>, QueryError> {
    let (key, kind, seed) = (options.key.untyped().clone(), options.kind.clone(), ListSeed::of(&options));
    let spec = options.entry_spec(settings);
    let fetch_spec = settings.fetch_spec();
    let (fetch, owner) = (options.fetch, core.clone());
    let started = core.run_and_wait(move |heart, now| {
        let begin = || -> Result<Option<FetchId>, QueryError> {
            let entry = seed.entry(heart, &key, &kind, spec, now)?;
            if let Some(fetch) = fetch {
                owner.set_fetch(entry, fetch);
            }
            let request =
                FetchRequest { observer: None, direction: Direction::Whole, replace: false, spec: fetch_spec };
            Ok(heart.fetch(entry, request, now))
        };
        match begin() {
            Ok(fetch) => (Ok(()), fetch.into_iter().collect()),
            Err(error) => (Err(error), Vec::new()),
        }
    });
    let (outcome, waiters) =
        started.ok_or_else(|| QueryError::message("a query was fetched while the cache compares"))?;
    outcome?;
    waiters.into_iter().next().ok_or_else(QueryError::cancelled)
}
