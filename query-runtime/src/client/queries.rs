//! How does a program read, fetch and write single queries?

use std::{
    collections::VecDeque,
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::Poll,
};

use crate::{
    client::{QueryClient, core::Core, core::Published, statistics::Served},
    clock::Moment,
    error::QueryError,
    heart::{Direction, EntryId, EntrySpec, FetchId, FetchRequest, Heart, Snapshot},
    key::{Key, KeySegment, QueryKey},
    marker::BoxFuture,
    options::{InfiniteOptions, QueryData, QueryOptions, Settings, plain_kind},
    page::InfiniteData,
    projection::Value,
    status::{FetchStatus, QueryStatus, StaleTime},
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

/// Returns whether what is published is stale for somebody with this stale time.
pub(crate) fn is_stale(snapshot: &Snapshot, stale: StaleTime, now: Moment) -> bool {
    if snapshot.data.is_none() {
        return true;
    }
    match stale {
        StaleTime::Static => false,
        StaleTime::Forever => snapshot.is_invalidated,
        StaleTime::For(time) => snapshot.is_invalidated || snapshot.data_updated_at.is_none_or(|at| at + time <= now),
    }
}

/// Returns how somebody who asks for a query is served.
pub(crate) fn served(published: Option<&Published>, stale: StaleTime, now: Moment) -> Served {
    match published {
        Some(one) if !is_stale(&one.snapshot, stale, now) => Served::Hit,
        Some(one) if one.snapshot.fetch_status != FetchStatus::Idle => Served::Join,
        _ => Served::Miss,
    }
}

/// Where the data of a detail may come from before it is fetched.
#[derive(Clone, Debug)]
pub(crate) struct ListSeed(Option<(std::any::TypeId, KeySegment)>);

impl ListSeed {
    pub(crate) fn of<T>(options: &QueryOptions<T>) -> Self {
        Self(options.row.clone().filter(|_| options.from_list))
    }

    /// Completes what an entry without data is told by the row of a cached list.
    pub(crate) fn complete(&self, heart: &Heart, key: &QueryKey, spec: EntrySpec) -> EntrySpec {
        let Some((entity, id)) = &self.0 else { return spec };
        let has_data = heart.find(key).is_some_and(|entry| heart.base(entry).is_some());
        if has_data || spec.initial.is_some() {
            return spec;
        }
        let initial = heart.list_row(*entity, id).map(|(row, at)| (row, Some(at)));
        EntrySpec { initial, ..spec }
    }
}

/// Returns a value as what it is.
pub(crate) fn typed<T: QueryData>(value: Value) -> Result<Arc<T>, QueryError> {
    value.downcast().map_err(|_| QueryError::wrong_type(std::any::type_name::<T>(), "something else"))
}

impl QueryClient {
    /// Returns the data of a query as it is in the cache, optimistic operations included.
    pub fn get<T: QueryData>(&self, key: &Key<T>) -> Option<Arc<T>> {
        self.core().published(key.untyped())?.snapshot.data.clone()?.downcast().ok()
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
            let passed = passes(heart.base(entry).as_ref());
            if passed {
                heart.set_base(entry, data, None, now);
            }
            passed
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
            let spec = seed.complete(heart, &key, spec);
            let entry: EntryId = heart.entry(&key, &kind, &spec, now)?;
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
