//! What does a published entry mean for somebody who asks?

use std::sync::Arc;

use crate::{
    clock::Moment,
    error::QueryError,
    heart::Snapshot,
    projection::Value,
    shell::counters::Count,
    status::{FetchStatus, StaleTime},
};

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
pub(crate) fn served(snapshot: Option<&Snapshot>, stale: StaleTime, now: Moment) -> Count {
    match snapshot {
        Some(one) if !is_stale(one, stale, now) => Count::Hits,
        Some(one) if one.fetch_status != FetchStatus::Idle => Count::Joins,
        _ => Count::Misses,
    }
}

/// Returns a value as what it is.
pub(crate) fn typed<T: Send + Sync + 'static>(value: Value) -> Result<Arc<T>, QueryError> {
    value.downcast().map_err(|_| QueryError::wrong_type(std::any::type_name::<T>(), "something else"))
}
