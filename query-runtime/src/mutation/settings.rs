//! Which settings can a mutation have, and where do those come from that it does not say itself?

use std::{any::Any, fmt, sync::Arc};

use crate::{
    backoff::RetryPolicy,
    heart::{FetchSpec, Meta, MutationId, NamedScope},
    key::QueryKey,
    marker::{MaybeSend, MaybeSync},
    mutation::{MutationOptions, saved::SavedMutation},
    shell::{Core, Rule},
    status::{GcTime, NetworkMode},
};

/// Settings of a mutation; what is `None` was not said.
#[derive(Clone, Default)]
pub(crate) struct MutationSettings {
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) network: Option<NetworkMode>,
    pub(crate) gc: Option<GcTime>,
    pub(crate) idempotent: Option<bool>,
    pub(crate) keyed: Option<bool>,
    pub(crate) asks: Option<bool>,
    pub(crate) scope: Option<MutationScope>,
    pub(crate) meta: Option<Meta>,
}

impl MutationSettings {
    /// Returns these settings, and for those that were not said the others'.
    pub(crate) fn over(self, lower: &Self) -> Self {
        Self {
            retry: self.retry.or_else(|| lower.retry.clone()),
            network: self.network.or(lower.network),
            gc: self.gc.or(lower.gc),
            idempotent: self.idempotent.or(lower.idempotent),
            keyed: self.keyed.or(lower.keyed),
            asks: self.asks.or(lower.asks),
            scope: self.scope.or_else(|| lower.scope.clone()),
            meta: self.meta.or_else(|| lower.meta.clone()),
        }
    }

    /// Returns how its attempts run: a mutation is not retried unless that was said.
    pub(crate) fn fetch_spec(&self) -> FetchSpec {
        FetchSpec {
            retry: self.retry.clone().unwrap_or_else(RetryPolicy::never),
            network: self.network.unwrap_or_default(),
        }
    }
}

/// Writes the setters of a type that has [`MutationSettings`] in the field `settings`.
macro_rules! setters {
    () => {
        /// Sets how failures are retried. *Default*: they are not.
        #[must_use]
        pub fn retry(mut self, retry: $crate::backoff::RetryPolicy) -> Self {
            self.settings.retry = Some(retry);
            self
        }

        /// Sets when the network may be used. *Default*: with a connection.
        #[must_use]
        pub fn network(mut self, network: $crate::status::NetworkMode) -> Self {
            self.settings.network = Some(network);
            self
        }

        /// Sets how long a mutation is kept while nobody looks at it; one that is not over is never dropped.
        /// *Default*: five minutes.
        #[must_use]
        pub fn gc_time(mut self, time: impl Into<$crate::status::GcTime>) -> Self {
            self.settings.gc = Some(time.into());
            self
        }

        /// Says whether sending it twice does no more than sending it once, so that it may be retried after bytes have left.
        /// *Default*: what the verbs of the requests say that it has sent by its context.
        #[must_use]
        pub fn idempotent(mut self, idempotent: bool) -> Self {
            self.settings.idempotent = Some(idempotent);
            self
        }

        /// Says whether the server takes requests with the same `Idempotency-Key` for one and the same, so that any of them may be
        /// retried after bytes have left. *Default*: what the level of the entity says whose rows it changes.
        #[must_use]
        pub fn keyed(mut self, keyed: bool) -> Self {
            self.settings.keyed = Some(keyed);
            self
        }

        /// Lets the program [decide](crate::MutationHandle::decide) what becomes of it when no attempt is left and nobody knows
        /// whether the server has carried it out: until then it is pending and paused, and
        /// [`needs_decision`](crate::MutationState::needs_decision). *Default*: it fails, and what it showed stays until a
        /// fetch has shown the truth.
        #[must_use]
        pub fn ask_if_uncertain(mut self, asks: bool) -> Self {
            self.settings.asks = Some(asks);
            self
        }

        /// Adds a value that goes with the mutation: its function finds it in the
        /// [`MutationContext`](crate::MutationContext::meta), callbacks in their event, everybody else in the
        /// [`MutationState`](crate::MutationState::meta).
        #[must_use]
        pub fn meta<M: Send + Sync + 'static>(mut self, meta: M) -> Self {
            self.settings.meta = Some(::std::sync::Arc::new(meta));
            self
        }
    };
}

pub(crate) use setters;

/// Which mutations are sent one after the other, each after the callbacks of the one before.
///
/// A text turns into the scope of that name. By default mutations that change the same row are sent in order, all others in
/// parallel.
///
/// # Examples
///
/// ```
/// use query_runtime::MutationScope;
///
/// let one_after_the_other = MutationScope::named("cart");
/// let all_or_the_first_ones = MutationScope::named("checkout").stop_on_failure();
/// let only_the_newest_text = MutationScope::named("draft").newest_only();
/// # let _ = (one_after_the_other, all_or_the_first_ones, only_the_newest_text);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MutationScope {
    pub(crate) named: Option<NamedScope>,
}

impl MutationScope {
    /// Returns the scope of this name.
    pub fn named(name: impl Into<Arc<str>>) -> Self {
        Self { named: Some(NamedScope { name: name.into(), stops: false, newest: false }) }
    }

    /// Returns the scope of what waits for nothing, also where the same row is changed.
    pub fn parallel() -> Self {
        Self { named: None }
    }

    /// Rejects the mutation unsent when one before it in the scope fails or is cancelled. *Default*: it is sent anyway.
    #[must_use]
    pub fn stop_on_failure(mut self) -> Self {
        if let Some(named) = &mut self.named {
            named.stops = true;
        }
        self
    }

    /// Lets the mutation take the place of those that wait before it in the scope: they are rejected unsent.
    ///
    /// For updates that make earlier ones pointless, such as saving a text while it is typed: one is on its way, at most one
    /// waits, and that is the newest.
    #[must_use]
    pub fn newest_only(mut self) -> Self {
        if let Some(named) = &mut self.named {
            named.newest = true;
        }
        self
    }
}

impl From<&str> for MutationScope {
    fn from(name: &str) -> Self {
        Self::named(name)
    }
}

impl From<String> for MutationScope {
    fn from(name: String) -> Self {
        Self::named(name)
    }
}

/// Options of a mutation without their types.
pub(crate) trait ErasedOptions: MaybeSend + MaybeSync {
    /// Returns them as their own type.
    fn as_any(&self) -> &dyn Any;

    /// Puts a saved mutation into a cache; `None`: these options cannot read its variables.
    fn revive(&self, core: &Arc<Core>, key: QueryKey, saved: &SavedMutation) -> Option<MutationId>;
}

/// What mutations have that do not say it themselves: settings, and from [`MutationOptions`] also function and callbacks.
///
/// Function and callbacks are used by mutations with the same types of variables and result, settings by all.
#[derive(Clone, Default)]
pub struct MutationDefaults {
    pub(crate) settings: MutationSettings,
    pub(crate) options: Option<Arc<dyn ErasedOptions>>,
}

impl fmt::Debug for MutationDefaults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("MutationDefaults")
            .field("retry", &self.settings.retry)
            .field("network", &self.settings.network)
            .field("gc", &self.settings.gc)
            .field("scope", &self.settings.scope)
            .field("has_options", &self.options.is_some())
            .finish_non_exhaustive()
    }
}

impl MutationDefaults {
    /// Returns defaults that say nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    setters!();

    /// Sets the scope. *Default*: by row.
    #[must_use]
    pub fn scope(mut self, scope: impl Into<MutationScope>) -> Self {
        self.settings.scope = Some(scope.into());
        self
    }
}

impl Rule for MutationDefaults {
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl<V, T> From<MutationOptions<V, T>> for MutationDefaults
where
    V: Clone + Send + Sync + 'static,
    T: Send + Sync + 'static,
{
    #[cfg_attr(
        all(target_family = "wasm", target_os = "unknown"),
        expect(clippy::arc_with_non_send_sync, reason = "in the browser, futures and callbacks stay on one thread")
    )]
    fn from(options: MutationOptions<V, T>) -> Self {
        Self { settings: options.settings.clone(), options: Some(Arc::new(options)) }
    }
}
