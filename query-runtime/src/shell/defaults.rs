//! Which settings has a query that does not say them itself?

use std::{any::TypeId, future::Future, time::Duration};

use crate::{
    backoff::RetryPolicy,
    error::QueryError,
    key::{KeyPrefix, QueryKey},
    marker::{MaybeSend, MaybeSync},
    shell::{
        context::{FetchContext, erase},
        settings::{Settings, setters},
    },
    status::RefetchWhen,
};

/// Settings for queries that do not say them themselves.
#[derive(Clone, Debug, Default)]
pub struct QueryDefaults {
    pub(crate) settings: Settings,
}

impl QueryDefaults {
    /// Returns defaults that say nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the defaults by which queries are revalidated as SWR does it: whenever somebody comes to look, or comes back,
    /// but not twice in two seconds, and on focus not twice in five; shown is what is cached, for ever, until there is
    /// something newer. Failures are retried three times, on average 5, 10 and 20 s later; a fetch is slow after 3 s.
    ///
    /// Like all defaults they may be changed further, given to a client or to the keys under a prefix, and overruled by
    /// the options of a query: it is the same cache, and the queries have the same types.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use query_runtime::QueryDefaults;
    ///
    /// let calmer = QueryDefaults::swr().dedupe_interval(Duration::from_secs(10)).gc_time(Duration::from_mins(5));
    /// # let _ = calmer;
    /// ```
    pub fn swr() -> Self {
        let seconds = Duration::from_secs;
        // Full jitter halves what is waited on average.
        let retry = RetryPolicy::default().max(3).backoff(seconds(10), 2.0, seconds(10 << 7));
        Self::new()
            .stale_time(Duration::ZERO)
            .gc_never()
            .refetch_on_mount(RefetchWhen::Always)
            .refetch_on_focus(RefetchWhen::Always)
            .refetch_on_reconnect(RefetchWhen::Always)
            .dedupe_interval(seconds(2))
            .focus_throttle(seconds(5))
            .slow_after(seconds(3))
            .retry(retry)
    }

    setters!(settings);

    /// Sets the function that fetches queries whose data is a `T` and that have none of their own
    /// ([`QueryOptions::by_default`](crate::QueryOptions::by_default), or data that was set by hand). There can be one for each
    /// type of data.
    ///
    /// # Examples
    ///
    /// ```
    /// use query_runtime::{FetchContext, Json, QueryDefaults, QueryError, Request};
    ///
    /// async fn fetch_by_key(context: FetchContext) -> Result<Json, QueryError> {
    ///     let key = context.key().to_string();
    ///     context.send(Request::get("/by-key/{key}").path("key", &key)).await?.json()
    /// }
    ///
    /// let defaults = QueryDefaults::new().fetch(fetch_by_key);
    /// # let _ = defaults;
    /// ```
    #[must_use]
    pub fn fetch<T, F, Fut>(mut self, fetch: F) -> Self
    where
        T: Send + Sync + 'static,
        F: Fn(FetchContext) -> Fut + MaybeSend + MaybeSync + 'static,
        Fut: Future<Output = Result<T, QueryError>> + MaybeSend + 'static,
    {
        self.settings.functions.set(TypeId::of::<T>(), erase(fetch));
        self
    }
}

/// The defaults of a client: for all queries, and for those under prefixes.
#[derive(Debug, Default)]
pub(crate) struct DefaultsByPrefix {
    pub(crate) all: QueryDefaults,
    under: Vec<(KeyPrefix, QueryDefaults)>,
}

impl DefaultsByPrefix {
    /// Sets the defaults under a prefix; ones given before for the same prefix are replaced in their place (T13).
    pub(crate) fn set(&mut self, prefix: KeyPrefix, defaults: QueryDefaults) {
        match self.under.iter_mut().find(|(known, _)| *known == prefix) {
            Some((_, known)) => *known = defaults,
            None => self.under.push((prefix, defaults)),
        }
    }

    /// Returns the settings of a key that says these itself: of prefixes that match, later ones win.
    pub(crate) fn complete(&self, key: &QueryKey, own: Settings) -> Settings {
        let matching = self.under.iter().rev().filter(|(prefix, _)| prefix.matches(key));
        matching.fold(own, |settings, (_, defaults)| settings.over(&defaults.settings)).over(&self.all.settings)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{DefaultsByPrefix, QueryDefaults};
    use crate::{key::QueryKey, shell::settings::Settings, status::StaleTime};

    #[test]
    fn later_prefixes_win_and_a_replaced_one_keeps_its_place() {
        let seconds = |seconds| QueryDefaults::new().stale_time(Duration::from_secs(seconds));
        let users = QueryKey::new(["users"]);
        let list = QueryKey::new(["users", "list"]);
        let mut defaults = DefaultsByPrefix { all: seconds(1), ..DefaultsByPrefix::default() };
        let stale = |defaults: &DefaultsByPrefix, key: &QueryKey| {
            defaults.complete(key, Settings::default()).stale.map(|stale| match stale {
                StaleTime::For(time) => time.as_secs(),
                StaleTime::Forever | StaleTime::Static => 0,
            })
        };
        assert_eq!(stale(&defaults, &list), Some(1));
        defaults.set((&list).into(), seconds(2));
        defaults.set((&users).into(), seconds(3));
        assert_eq!(stale(&defaults, &list), Some(3));
        assert_eq!(stale(&defaults, &QueryKey::new(["posts"])), Some(1));
        defaults.set((&list).into(), seconds(4));
        assert_eq!(stale(&defaults, &list), Some(3));
        assert_eq!(stale(&defaults, &users), Some(3));
    }
}
