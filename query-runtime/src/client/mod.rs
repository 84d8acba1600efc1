//! What can a program ask of its cache?

mod builder;
mod cached;
mod filters;
mod mutations;
mod principals;
mod pushing;
mod queries;
mod states;
mod statistics;
mod watching;
mod write;

use std::sync::{Arc, PoisonError, Weak};

pub use self::{
    builder::QueryClientBuilder,
    cached::CachedEntry,
    filters::{Cancel, QueryFilter, RefetchType},
    pushing::Push,
    states::QueryState,
    statistics::Statistics,
    write::Write,
};
use crate::{
    event::CacheEvent,
    key::KeyPrefix,
    marker::{MaybeSend, MaybeSync},
    observer::{InfiniteObserver, LazyQuery, QueriesObserver, QueryObserver},
    options::{InfiniteOptions, QueryData, QueryOptions},
    shell::{Core, QueryClient, QueryDefaults},
    signal::{Forget, Subscription},
};

impl QueryClient {
    /// Starts to build a client.
    pub fn builder() -> QueryClientBuilder {
        QueryClientBuilder::default()
    }

    /// Observes a query: shows its data, keeps it in the cache, and fetches what is missing or stale.
    pub fn observe<T: QueryData>(&self, options: QueryOptions<T>) -> QueryObserver<T> {
        QueryObserver::new(self.core().clone(), options)
    }

    /// Observes many queries at once, whose number may change.
    ///
    /// Queries with data of different types are not observed together but one by one; [`watch`](Self::watch) makes one value
    /// of what the cache holds for all of them.
    pub fn observe_all<T: QueryData>(&self, queries: Vec<QueryOptions<T>>) -> QueriesObserver<T> {
        QueriesObserver::new(self.core().clone(), queries)
    }

    /// Observes an infinite query.
    pub fn observe_infinite<T: QueryData, P: QueryData + Clone>(
        &self,
        options: InfiniteOptions<T, P>,
    ) -> InfiniteObserver<T, P> {
        InfiniteObserver::new(self.core().clone(), options)
    }

    /// Returns a query that is fetched only when it is called, with the arguments that it is called with.
    pub fn lazy<A, T>(
        &self,
        options: impl Fn(A) -> QueryOptions<T> + MaybeSend + MaybeSync + 'static,
    ) -> LazyQuery<A, T>
    where
        A: Clone + Send + 'static,
        T: QueryData,
    {
        LazyQuery::new(self.core().clone(), options)
    }

    /// Sets the defaults of queries whose key lies under a prefix; they win over those of the client.
    ///
    /// Where several prefixes match, the one that was given last wins. It counts for who observes or fetches from now on.
    pub fn set_defaults(&self, prefix: impl Into<KeyPrefix>, defaults: QueryDefaults) {
        let mut all = self.core().shared.defaults.write().unwrap_or_else(PoisonError::into_inner);
        all.set(prefix.into(), defaults);
    }

    /// Tells whether there is a connection. When it comes back, paused mutations go first, then stale queries are fetched.
    pub fn set_online(&self, online: bool) {
        self.core().run(move |heart, now| heart.set_online(online, now));
    }

    /// Tells whether the user looks. When the focus comes back, stale queries are fetched; without it, retries wait.
    pub fn set_focused(&self, focused: bool) {
        self.core().run(move |heart, now| heart.set_focused(focused, now));
    }

    /// Calls a function with everything that happens in the cache, until the subscription is dropped.
    ///
    /// It is called outside of every lock and may do anything.
    pub fn subscribe(&self, callback: impl Fn(&CacheEvent) + MaybeSend + MaybeSync + 'static) -> Subscription {
        let slot = self.core().listen(Arc::new(callback));
        let from: Weak<Core> = Arc::downgrade(self.core());
        Subscription::new(from, slot)
    }
}

impl Forget for Core {
    fn forget(&self, slot: u64) {
        self.unlisten(slot);
    }
}
