//! How does a program read and fetch single queries?

use std::{
    collections::VecDeque,
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::Poll,
};

use crate::{
    error::QueryError,
    heart::{FetchId, FetchRequest, Heart},
    key::{Key, KeyPrefix},
    marker::BoxFuture,
    options::{InfiniteOptions, ListSeed, QueryData, QueryOptions},
    page::InfiniteData,
    projection::Value,
    shell::{Count, QueryClient, is_stale, served, typed},
};

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
        let prefix: KeyPrefix = prefix.into();
        let all = self.core().published_under(prefix.as_key()).into_iter();
        all.filter_map(|one| {
            let data = one.snapshot.data.clone()?.downcast().ok()?;
            Some((Key::typed(one.snapshot.key.clone()), data))
        })
        .collect()
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
        typed(self.ask(&options, Wanted::Fresh)?.await?)
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
        typed(self.ask(&options, Wanted::Any)?.await?)
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
        self.fetch(options.into_fetched()).await
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

    /// As [`ensure`](Self::ensure), for an infinite query.
    ///
    /// # Errors
    ///
    /// There was no data, and the fetch failed.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives up waiting; the fetch runs on.
    pub async fn ensure_infinite<T: QueryData, P: QueryData + Clone>(
        &self,
        options: InfiniteOptions<T, P>,
    ) -> Result<Arc<InfiniteData<T, P>>, QueryError> {
        self.ensure(options.into_fetched()).await
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

    /// Looks for the data of a query, and starts or joins its fetch where that does not do.
    fn ask<T: QueryData>(
        &self,
        options: &QueryOptions<T>,
        wanted: Wanted,
    ) -> Result<impl Future<Output = Result<Value, QueryError>> + use<T>, QueryError> {
        let core = self.core();
        let (key, kind, seed) = (options.key.untyped().clone(), options.kind.clone(), ListSeed::of(options));
        let settings = core.shared.settings(&key, options.settings.clone());
        let stale = settings.stale.unwrap_or_default();
        let (mut spec, function) = options.entry_spec(&settings);
        spec.fetch.retry = settings.awaited_retry();
        let (revalidates, owner) = (options.revalidate_if_stale, core.clone());
        let asked = core.run_and_wait(move |heart, now| {
            let mut ask = || -> Result<(Option<Value>, Option<FetchId>), QueryError> {
                let known = heart.known(&key, &kind)?;
                let adopt = |heart: &mut Heart| {
                    let entry = seed.entry(heart, &key, &kind, spec.clone(), now)?;
                    owner.set_function(entry, function.clone());
                    Ok(entry)
                };
                let entry = match known {
                    Some(entry) => entry,
                    None => adopt(heart)?,
                };
                let shown = heart.snapshot(entry);
                let is_stale = shown.as_ref().is_none_or(|shown| is_stale(shown, stale, now));
                let served = served(shown.as_ref(), stale, now);
                let data = shown.and_then(|shown| shown.data);
                let is_enough = data.is_some() && (wanted == Wanted::Any || !is_stale);
                owner.shared.counters.add(if is_enough { Count::Hits } else { served });
                if is_enough && !(revalidates && is_stale) {
                    return Ok((data, None));
                }
                // Who joins a fetch leaves the settings of the entry as they are.
                if known.is_some() && !heart.is_flying(entry) {
                    adopt(heart)?;
                }
                Ok((data.filter(|_| is_enough), heart.fetch(entry, FetchRequest::whole(), now)))
            };
            match ask() {
                Ok((data, fetch)) => (Ok(data), fetch.into_iter().collect()),
                Err(error) => (Err(error), Vec::new()),
            }
        });
        let (data, waiters) =
            asked.ok_or_else(|| QueryError::message("a query was fetched while the cache compares"))?;
        let data = data?;
        let waiter = waiters.into_iter().next();
        Ok(async move {
            match (data, waiter) {
                (Some(data), _) => Ok(data),
                (None, Some(waiter)) => waiter.await,
                (None, None) => Err(QueryError::cancelled()),
            }
        })
    }
}

/// Which data does for somebody who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    /// What is fresh.
    Fresh,
    /// Any, however old.
    Any,
}
