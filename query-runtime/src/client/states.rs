//! What does a program see of the state of its queries?

use std::sync::Arc;

use crate::{
    client::QueryFilter,
    clock::Moment,
    error::QueryError,
    heart::{Meta, Snapshot},
    key::QueryKey,
    options::QueryData,
    projection::Value,
    shell::QueryClient,
    status::{FetchStatus, QueryStatus},
};

/// The state of a query at one time.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and a reader wants one at a time")]
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
    /// Whether the data is missing, or stale for an enabled observer; without observers, by the query's own stale time.
    pub is_stale: bool,
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
    data: Option<Value>,
    meta: Option<Meta>,
}

impl QueryState {
    pub(crate) fn of(snapshot: &Snapshot, now: Moment) -> Self {
        Self {
            key: snapshot.key.clone(),
            status: snapshot.status,
            fetch_status: snapshot.fetch_status,
            has_data: snapshot.data.is_some(),
            is_optimistic: snapshot.is_optimistic,
            is_invalidated: snapshot.is_invalidated,
            is_stale: snapshot.stale_from <= now,
            data_updated_at: snapshot.data_updated_at,
            data_update_count: snapshot.data_update_count,
            error: snapshot.error.clone(),
            error_updated_at: snapshot.error_updated_at,
            error_update_count: snapshot.error_update_count,
            failure_count: snapshot.failure_count,
            failure_reason: snapshot.failure_reason.clone(),
            observers: snapshot.observers,
            active: snapshot.active,
            data: snapshot.data.clone(),
            meta: snapshot.meta.clone(),
        }
    }

    /// Returns the data, optimistic operations included; `None` also if it is no `T`.
    pub fn get<T: QueryData>(&self) -> Option<Arc<T>> {
        self.data.clone()?.downcast().ok()
    }

    /// Returns the value that goes with the query; `None` also if it is no `M`.
    pub fn meta<M: Send + Sync + 'static>(&self) -> Option<Arc<M>> {
        self.meta.clone()?.downcast().ok()
    }
}

impl QueryClient {
    /// Returns the state of a query.
    pub fn state(&self, key: &QueryKey) -> Option<QueryState> {
        let now = self.core().env.now();
        self.core().published(key).map(|one| QueryState::of(&one.snapshot, now))
    }

    /// Returns the states of the queries that are meant, all at one and the same time, in the order in which they came into
    /// the cache.
    pub fn states(&self, filter: impl Into<QueryFilter>) -> Vec<QueryState> {
        let pick = filter.into().pick(self.core());
        let states = self.core().run(move |heart, now| {
            let snapshots = pick(heart, now).into_iter().filter_map(|entry| heart.snapshot(entry));
            snapshots.map(|snapshot| QueryState::of(&snapshot, now)).collect()
        });
        states.unwrap_or_default()
    }
}
