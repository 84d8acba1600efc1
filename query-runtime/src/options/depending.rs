//! How do settings depend on the state of their query?

use std::sync::Arc;

use crate::{
    clock::Moment,
    error::QueryError,
    heart::{Adapt, Adapting, EntrySpec, EntryState, ObserverSpec},
    key::QueryKey,
    marker::{MaybeSend, MaybeSync},
    options::QueryData,
    projection::Value,
    shell::{QueryDefaults, Settings},
    status::{FetchStatus, QueryStatus},
};

/// A query as it is at one moment, for settings that depend on it.
#[derive(Debug)]
#[non_exhaustive]
pub struct QueryNow<'a, T> {
    /// The key.
    pub key: &'a QueryKey,
    /// The data, optimistic operations included.
    pub data: Option<&'a T>,
    /// The last failure.
    pub error: Option<&'a QueryError>,
    /// Whether there is data.
    pub status: QueryStatus,
    /// Whether a fetch runs.
    pub fetch_status: FetchStatus,
    /// Whether the data is marked stale.
    pub is_invalidated: bool,
    /// When the data arrived.
    pub data_updated_at: Option<Moment>,
    /// How often data arrived.
    pub data_update_count: u64,
    /// How often a fetch failed for good.
    pub error_update_count: u64,
    /// How often the current or last fetch failed.
    pub failure_count: u32,
}

/// A function that makes settings of the state of a query.
pub(crate) trait MakeSettings<T>: MaybeSend + MaybeSync {
    /// Returns what it says; the rest is as the options say.
    fn make(&self, now: &QueryNow<'_, T>) -> QueryDefaults;
}

impl<T, F: Fn(&QueryNow<'_, T>) -> QueryDefaults + MaybeSend + MaybeSync> MakeSettings<T> for F {
    fn make(&self, now: &QueryNow<'_, T>) -> QueryDefaults {
        self(now)
    }
}

/// Such a function, and what holds where it says nothing.
struct Depending<T> {
    key: QueryKey,
    make: Arc<dyn MakeSettings<T>>,
    settings: Settings,
    entry: EntrySpec,
}

impl<T: QueryData> Adapt for Depending<T> {
    fn adapt(&self, data: Option<&Value>, state: &EntryState) -> ObserverSpec {
        let now = QueryNow {
            key: &self.key,
            data: data.and_then(|data| data.downcast_ref()),
            error: state.error.as_ref(),
            status: state.status,
            fetch_status: state.fetch_status,
            is_invalidated: state.is_invalidated,
            data_updated_at: state.data_updated_at,
            data_update_count: state.data_update_count,
            error_update_count: state.error_update_count,
            failure_count: state.failure_count,
        };
        let settings = self.make.make(&now).settings.over(&self.settings);
        let entry = EntrySpec { stale: settings.stale.unwrap_or_default(), ..self.entry.clone() };
        settings.observer_spec(entry)
    }
}

/// Returns how an observer's settings depend on the state of its entry.
pub(crate) fn depending<T: QueryData>(
    key: QueryKey,
    make: Arc<dyn MakeSettings<T>>,
    settings: Settings,
    entry: EntrySpec,
) -> Adapting {
    Adapting::new(Arc::new(Depending { key, make, settings, entry }))
}
