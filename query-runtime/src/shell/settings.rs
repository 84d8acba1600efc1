//! Which settings can a query, and the defaults of queries, have?

use std::{any::TypeId, fmt, time::Duration};

use crate::{
    backoff::RetryPolicy,
    heart::{EntrySpec, FetchSpec, Merges, Meta, ObserverSpec, Source},
    shell::context::FetchFn,
    status::{GcTime, NetworkMode, RefetchWhen, StaleTime},
};

/// Settings of a query; what is `None` was not said.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    pub(crate) stale: Option<StaleTime>,
    pub(crate) gc: Option<GcTime>,
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) network: Option<NetworkMode>,
    pub(crate) on_mount: Option<RefetchWhen>,
    pub(crate) on_focus: Option<RefetchWhen>,
    pub(crate) on_reconnect: Option<RefetchWhen>,
    pub(crate) retry_on_mount: Option<bool>,
    pub(crate) interval: Option<Duration>,
    pub(crate) interval_in_background: Option<bool>,
    pub(crate) dedupe: Option<Duration>,
    pub(crate) focus_throttle: Option<Duration>,
    pub(crate) slow_after: Option<Duration>,
    pub(crate) keep_parts: Option<bool>,
    pub(crate) enabled: Option<bool>,
    pub(crate) meta: Option<Meta>,
    /// Whether data is looked for in storage before the server is asked.
    pub(crate) is_persisted: bool,
    /// Functions for queries that have none, by the type of their data.
    pub(crate) functions: Functions,
}

/// Fetch functions, by the type of the data that they bring; of several for one type, the first counts.
#[derive(Clone, Default)]
pub(crate) struct Functions(Vec<(TypeId, FetchFn)>);

impl fmt::Debug for Functions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Functions").field(&self.0.len()).finish()
    }
}

impl Functions {
    /// Sets the function for a type.
    pub(crate) fn set(&mut self, data: TypeId, function: FetchFn) {
        self.0.retain(|(known, _)| *known != data);
        self.0.push((data, function));
    }

    /// Returns the function for a type.
    pub(crate) fn get(&self, data: TypeId) -> Option<FetchFn> {
        self.0.iter().find(|(known, _)| *known == data).map(|(_, function)| function.clone())
    }
}

impl Settings {
    /// Returns these settings, and for those that were not said the others'.
    pub(crate) fn over(mut self, lower: &Self) -> Self {
        self.functions.0.extend(lower.functions.0.iter().cloned());
        Self {
            stale: self.stale.or(lower.stale),
            gc: self.gc.or(lower.gc),
            retry: self.retry.or_else(|| lower.retry.clone()),
            network: self.network.or(lower.network),
            on_mount: self.on_mount.or(lower.on_mount),
            on_focus: self.on_focus.or(lower.on_focus),
            on_reconnect: self.on_reconnect.or(lower.on_reconnect),
            retry_on_mount: self.retry_on_mount.or(lower.retry_on_mount),
            interval: self.interval.or(lower.interval),
            interval_in_background: self.interval_in_background.or(lower.interval_in_background),
            dedupe: self.dedupe.or(lower.dedupe),
            focus_throttle: self.focus_throttle.or(lower.focus_throttle),
            slow_after: self.slow_after.or(lower.slow_after),
            keep_parts: self.keep_parts.or(lower.keep_parts),
            enabled: self.enabled.or(lower.enabled),
            meta: self.meta.or_else(|| lower.meta.clone()),
            is_persisted: self.is_persisted || lower.is_persisted,
            functions: self.functions,
        }
    }

    /// Returns when the network may be used: storage can be read without a connection (T16).
    fn network(&self) -> NetworkMode {
        let unsaid = if self.is_persisted { NetworkMode::OfflineFirst } else { NetworkMode::default() };
        self.network.unwrap_or(unsaid)
    }

    /// Returns what the entry is told by somebody who observes it. Its fetches are retried.
    pub(crate) fn entry_spec(&self, source: Source) -> EntrySpec {
        EntrySpec {
            gc: self.gc.unwrap_or_default(),
            stale: self.stale.unwrap_or_default(),
            initial: None,
            keep_parts: self.keep_parts.unwrap_or(true),
            merges: Merges::default(),
            provides: None,
            fetch: FetchSpec { retry: self.retry.clone().unwrap_or_default(), network: self.network() },
            source,
            meta: self.meta.clone(),
        }
    }

    /// Returns the function for data of this type, and whether there is one.
    pub(crate) fn function(&self, data: TypeId) -> (Source, Option<FetchFn>) {
        let function = self.functions.get(data);
        (if function.is_some() { Source::Given } else { Source::None }, function)
    }

    /// Returns how a fetch is retried that somebody awaits: not at all unless that was said (T17).
    pub(crate) fn awaited_retry(&self) -> RetryPolicy {
        self.retry.clone().unwrap_or_else(RetryPolicy::never)
    }

    /// Returns whether observers fetch of themselves.
    pub(crate) fn is_enabled(&self) -> bool {
        self.enabled.unwrap_or(true)
    }

    /// Returns what an observer is told that gives its entry these settings.
    pub(crate) fn observer_spec(&self, entry: EntrySpec) -> ObserverSpec {
        // Who does not need a connection has no reason to fetch when it comes back (T16).
        let on_reconnect = match entry.fetch.network {
            NetworkMode::Always => RefetchWhen::Never,
            NetworkMode::Online | NetworkMode::OfflineFirst => RefetchWhen::Stale,
        };
        ObserverSpec {
            enabled: self.is_enabled() && entry.source != Source::Skipped,
            stale: entry.stale,
            on_mount: self.on_mount.unwrap_or_default(),
            on_focus: self.on_focus.unwrap_or_default(),
            on_reconnect: self.on_reconnect.unwrap_or(on_reconnect),
            retry_on_mount: self.retry_on_mount.unwrap_or(true),
            interval: self.interval,
            interval_in_background: self.interval_in_background.unwrap_or(false),
            dedupe: self.dedupe.unwrap_or_default(),
            focus_throttle: self.focus_throttle.unwrap_or_default(),
            slow_after: self.slow_after,
            entry,
            by: None,
        }
    }
}

/// Writes the setters of a type that has [`Settings`] in the given field.
macro_rules! setters {
    ($($field:ident).+) => {
        /// Sets how long data counts as fresh. *Default*: not at all.
        #[must_use]
        pub fn stale_time(mut self, time: impl Into<$crate::status::StaleTime>) -> Self {
            self.$($field).+.stale = Some(time.into());
            self
        }

        /// Lets data count as fresh until it is invalidated.
        #[must_use]
        pub fn stale_forever(self) -> Self {
            self.stale_time($crate::status::StaleTime::Forever)
        }

        /// Sets whether an observer fetches of itself; [`refetch`](crate::QueryObserver::refetch) works either way. *Default*:
        /// yes.
        #[must_use]
        pub fn enabled(mut self, enabled: bool) -> Self {
            self.$($field).+.enabled = Some(enabled);
            self
        }

        /// Sets how long data without observers is kept. *Default*: five minutes.
        #[must_use]
        pub fn gc_time(mut self, time: impl Into<$crate::status::GcTime>) -> Self {
            self.$($field).+.gc = Some(time.into());
            self
        }

        /// Keeps data without observers for ever.
        #[must_use]
        pub fn gc_never(self) -> Self {
            self.gc_time($crate::status::GcTime::Never)
        }

        /// Sets how failures are retried. *Default*: three times for observers, never for a fetch that is awaited.
        #[must_use]
        pub fn retry(mut self, retry: $crate::backoff::RetryPolicy) -> Self {
            self.$($field).+.retry = Some(retry);
            self
        }

        /// Sets when the network may be used. *Default*: with a connection.
        #[must_use]
        pub fn network(mut self, network: $crate::status::NetworkMode) -> Self {
            self.$($field).+.network = Some(network);
            self
        }

        /// Sets whether a new observer fetches where there is data. *Default*: when it is stale.
        #[must_use]
        pub fn refetch_on_mount(mut self, when: $crate::status::RefetchWhen) -> Self {
            self.$($field).+.on_mount = Some(when);
            self
        }

        /// Sets whether an observer fetches when the focus comes back. *Default*: when its data is stale.
        #[must_use]
        pub fn refetch_on_focus(mut self, when: $crate::status::RefetchWhen) -> Self {
            self.$($field).+.on_focus = Some(when);
            self
        }

        /// Sets whether an observer fetches when the connection comes back. *Default*: when its data is stale, and never
        /// with [`NetworkMode::Always`](crate::NetworkMode::Always).
        #[must_use]
        pub fn refetch_on_reconnect(mut self, when: $crate::status::RefetchWhen) -> Self {
            self.$($field).+.on_reconnect = Some(when);
            self
        }

        /// Sets whether a new observer fetches where the last fetch failed and there is no data. *Default*: yes.
        #[must_use]
        pub fn retry_on_mount(mut self, retry: bool) -> Self {
            self.$($field).+.retry_on_mount = Some(retry);
            self
        }

        /// Lets observers fetch again and again, this long after the last change. *Default*: off, and so is zero.
        #[must_use]
        pub fn refetch_interval(mut self, interval: ::std::time::Duration) -> Self {
            self.$($field).+.interval = Some(interval);
            self
        }

        /// Sets whether the interval goes on without focus. *Default*: no.
        #[must_use]
        pub fn refetch_in_background(mut self, goes_on: bool) -> Self {
            self.$($field).+.interval_in_background = Some(goes_on);
            self
        }

        /// Sets for how long after a fetch nothing that merely happens fetches again: an observer that appears, focus, the
        /// connection, an interval. What is invalidated, set or fetched by hand is not held back. *Default*: not at all.
        #[must_use]
        pub fn dedupe_interval(mut self, interval: ::std::time::Duration) -> Self {
            self.$($field).+.dedupe = Some(interval);
            self
        }

        /// Sets the shortest time from an observer's beginning, and from one fetch on focus, to the next fetch on focus.
        /// *Default*: none.
        #[must_use]
        pub fn focus_throttle(mut self, shortest: ::std::time::Duration) -> Self {
            self.$($field).+.focus_throttle = Some(shortest);
            self
        }

        /// Sets how long a fetch may take while nothing is cached until observers show
        /// [`is_slow`](crate::QueryResult::is_slow). *Default*: for ever.
        #[must_use]
        pub fn slow_after(mut self, time: ::std::time::Duration) -> Self {
            self.$($field).+.slow_after = Some(time);
            self
        }

        /// Lets a value go with the query, of which only the program knows what it means. Fetch functions find it in their
        /// [`FetchContext`](crate::FetchContext::meta), listeners in the [`QueryState`](crate::QueryState::meta). Of several
        /// that observe or fetch a query, the last one's counts.
        #[must_use]
        pub fn meta<M: Send + Sync + 'static>(mut self, meta: M) -> Self {
            self.$($field).+.meta = Some(::std::sync::Arc::new(meta));
            self
        }

        /// Sets whether new data that equals the old, or has equal parts, keeps the old parts. *Default*: yes.
        #[must_use]
        pub fn keep_equal_parts(mut self, keep: bool) -> Self {
            self.$($field).+.keep_parts = Some(keep);
            self
        }
    };
}

pub(crate) use setters;

#[cfg(test)]
mod tests {
    use super::Settings;
    use crate::{
        heart::Source,
        status::{NetworkMode, RefetchWhen, StaleTime},
    };

    #[test]
    fn what_was_said_wins_and_the_rest_comes_from_below() {
        let lower =
            Settings { stale: Some(StaleTime::Forever), network: Some(NetworkMode::Always), ..Settings::default() };
        let upper = Settings { stale: Some(StaleTime::Static), ..Settings::default() };
        let merged = upper.over(&lower);
        assert_eq!(merged.stale, Some(StaleTime::Static));
        assert_eq!(merged.network, Some(NetworkMode::Always));
    }

    #[test]
    fn only_who_needs_a_connection_fetches_when_it_comes_back() {
        let told = |settings: &Settings| settings.observer_spec(settings.entry_spec(Source::Given));
        let online = told(&Settings::default());
        assert_eq!(online.on_reconnect, RefetchWhen::Stale);
        let always = Settings { network: Some(NetworkMode::Always), ..Settings::default() };
        assert_eq!(told(&always).on_reconnect, RefetchWhen::Never);
        let said = Settings { on_reconnect: Some(RefetchWhen::Always), ..always };
        assert_eq!(told(&said).on_reconnect, RefetchWhen::Always);
    }
}
