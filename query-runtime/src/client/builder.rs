//! How is a client put together?

use std::{
    fmt,
    sync::{Arc, PoisonError},
};

#[cfg(feature = "test-util")]
use crate::heart::Rule;
use crate::{
    env::Env,
    error::QueryError,
    heart::Limits,
    key::{KeyPrefix, QueryKey},
    mutation::{MutationCallbacks, MutationDefaults},
    shell::{Core, DefaultsByPrefix, QueryClient, QueryDefaults},
    transport::Transport,
};

/// Puts a [`QueryClient`] together.
#[derive(Default)]
pub struct QueryClientBuilder {
    transport: Option<Arc<dyn Transport>>,
    env: Option<Env>,
    seed: Option<u64>,
    principal: Option<String>,
    limits: Limits,
    max_requests: Option<usize>,
    #[cfg(feature = "test-util")]
    without: Vec<Rule>,
    defaults: DefaultsByPrefix,
    mutation_defaults: MutationDefaults,
    mutation_callbacks: Option<MutationCallbacks>,
}

impl fmt::Debug for QueryClientBuilder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("QueryClientBuilder")
            .field("has_transport", &self.transport.is_some())
            .field("defaults", &self.defaults)
            .finish_non_exhaustive()
    }
}

impl QueryClientBuilder {
    /// Sets what sends the requests. Without one, only functions that send nothing through the client work.
    #[must_use]
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Sets clock, waiting and background. *Default*: what the target offers, see [`Env::detect`].
    #[must_use]
    pub fn env(mut self, env: Env) -> Self {
        self.env = Some(env);
        self
    }

    /// Sets the settings of queries that do not say them.
    #[must_use]
    pub fn defaults(mut self, defaults: QueryDefaults) -> Self {
        self.defaults.all = defaults;
        self
    }

    /// Sets the settings of queries under a prefix; see [`QueryClient::set_defaults`].
    #[must_use]
    pub fn defaults_under(mut self, prefix: impl Into<KeyPrefix>, defaults: QueryDefaults) -> Self {
        self.defaults.set(prefix.into(), defaults);
        self
    }

    /// Sets what mutations have that do not say it; see also [`QueryClient::set_mutation_defaults`].
    #[must_use]
    pub fn mutation_defaults(mut self, defaults: impl Into<MutationDefaults>) -> Self {
        self.mutation_defaults = defaults.into();
        self
    }

    /// Sets what hears of all mutations, before their own callbacks do.
    #[must_use]
    pub fn mutation_callbacks(mut self, callbacks: MutationCallbacks) -> Self {
        self.mutation_callbacks = Some(callbacks);
        self
    }

    /// Sets what the random parts of delays grow from, so that a run can be repeated. *Default*: random.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Sets who uses the cache; see [`QueryClient::set_principal`]. *Default*: nobody in particular.
    #[must_use]
    pub fn principal(mut self, principal: impl Into<String>) -> Self {
        self.principal = Some(principal.into());
        self
    }

    /// Sets how many entries the cache may hold. *Default*: any number.
    ///
    /// When there are more, those leave that were observed, fetched or written longest ago, whatever their gc time; reading
    /// does not count. What an observer looks at, what is being fetched and what shows an undecided mutation stays, even if
    /// that is more. Each that leaves is told by [`CacheEvent::Evicted`](crate::CacheEvent::Evicted).
    ///
    /// # Examples
    ///
    /// ```
    /// # use query_runtime::{Key, QueryClient, QueryKey};
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// let client = QueryClient::builder().max_entries(1).build();
    /// let key = |name| Key::<u32>::typed(QueryKey::new([name]));
    /// client.set(&key("one"), 1);
    /// client.set(&key("two"), 2);
    /// assert!(client.get(&key("one")).is_none() && client.get(&key("two")).is_some());
    /// # });
    /// ```
    #[must_use]
    pub fn max_entries(mut self, entries: usize) -> Self {
        self.limits.entries = Some(entries);
        self
    }

    /// Sets how many bytes the data in the cache may have, as [`Statistics::approximate_bytes`](crate::Statistics) counts
    /// them. *Default*: any number. What leaves is decided as by [`max_entries`](Self::max_entries).
    #[must_use]
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.limits.bytes = Some(bytes);
        self
    }

    /// Sets how many requests may be on their way at once, at least one. *Default*: any number.
    ///
    /// Those of mutations go before those of fetches; otherwise, what was sent first goes first. A request that is given up
    /// while it waits is never sent. A request waits only for its turn: its [timeout](crate::Request::timeout) begins then.
    #[must_use]
    pub fn max_requests(mut self, requests: usize) -> Self {
        self.max_requests = Some(requests);
        self
    }

    /// Breaks a rule, so that a test can show that it would notice: the client shows and sends wrong things.
    #[cfg(feature = "test-util")]
    #[must_use]
    pub fn without_rule(mut self, rule: Rule) -> Self {
        self.without.push(rule);
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    ///
    /// Natively, no [`env`](Self::env) was given and the caller is not inside a tokio runtime.
    pub fn try_build(self) -> Result<QueryClient, QueryError> {
        let env = self.env.map_or_else(Env::detect, Ok)?;
        let core = Core::new(env, self.transport, self.seed.unwrap_or_else(|| fastrand::u64(..)));
        *core.shared.defaults.write().unwrap_or_else(PoisonError::into_inner) = self.defaults;
        let client = QueryClient::from_core(core.clone());
        client.set_mutation_defaults(QueryKey::of_segments(Vec::new()), self.mutation_defaults);
        if let Some(callbacks) = self.mutation_callbacks {
            core.shared.set_mutation_callbacks(callbacks);
        }
        let counters = core.shared.counters.clone();
        core.listen(Arc::new(move |event| counters.note(event)));
        if let Some(requests) = self.max_requests {
            core.shared.lanes.limit(requests);
        }
        #[cfg(feature = "test-util")]
        core.run(move |heart, _| self.without.into_iter().for_each(|rule| heart.switch_off(rule)));
        client.set_principal(self.principal.as_deref());
        let limits = self.limits;
        core.run(move |heart, _| heart.set_limits(limits));
        Ok(client)
    }

    /// Builds the client.
    ///
    /// # Panics
    ///
    /// Panics where [`try_build`](Self::try_build) fails, as `tokio::spawn` does: natively, without an
    /// [`env`](Self::env), outside of a tokio runtime.
    #[track_caller]
    pub fn build(self) -> QueryClient {
        match self.try_build() {
            Ok(client) => client,
            Err(error) => panic!("{error}"),
        }
    }
}
