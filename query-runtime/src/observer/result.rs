//! What does an observer show?

use std::{fmt, sync::Arc};

use crate::{
    clock::Moment,
    error::QueryError,
    heart::Direction,
    options::Ends,
    status::{FetchStatus, QueryStatus},
};

/// What an observer shows.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and a reader wants one at a time")]
pub struct QueryResult<R> {
    /// Whether there is data.
    pub status: QueryStatus,
    /// Whether a fetch runs.
    pub fetch_status: FetchStatus,
    /// The data, optimistic operations included; also after a failure, if there was some before.
    pub data: Option<Arc<R>>,
    /// The last failure.
    pub error: Option<QueryError>,
    /// Whether the observer may fetch of itself.
    pub is_enabled: bool,
    /// Whether the data is stale for this observer.
    pub is_stale: bool,
    /// Whether the data is a placeholder.
    pub is_placeholder: bool,
    /// Whether an optimistic operation shows in the data.
    pub is_optimistic: bool,
    /// Whether the query was removed, or its row deleted, while it was looked at.
    pub is_gone: bool,
    /// Whether nothing is cached and the fetch takes longer than `slow_after` says.
    pub is_slow: bool,
    /// Whether stored data is being read back: until that is done, nothing is fetched. See
    /// [`persist`](crate::QueryClient::persist).
    pub is_restoring: bool,
    /// Whether data or an error arrived since the observer looks at this query.
    pub is_fetched_after_mount: bool,
    /// How often the current or last fetch failed.
    pub failure_count: u32,
    /// Its last failure.
    pub failure_reason: Option<QueryError>,
    /// When the data arrived.
    pub data_updated_at: Option<Moment>,
    /// How often data arrived.
    pub data_update_count: u64,
    /// When the last fetch failed for good.
    pub error_updated_at: Option<Moment>,
    /// How often a fetch failed for good.
    pub error_update_count: u64,
    pub(crate) direction: Direction,
    /// Of the pages of an infinite query.
    pub(crate) ends: Ends,
}

impl<R> Clone for QueryResult<R> {
    fn clone(&self) -> Self {
        Self {
            status: self.status,
            fetch_status: self.fetch_status,
            data: self.data.clone(),
            error: self.error.clone(),
            is_enabled: self.is_enabled,
            is_stale: self.is_stale,
            is_placeholder: self.is_placeholder,
            is_optimistic: self.is_optimistic,
            is_gone: self.is_gone,
            is_slow: self.is_slow,
            is_restoring: self.is_restoring,
            is_fetched_after_mount: self.is_fetched_after_mount,
            failure_count: self.failure_count,
            failure_reason: self.failure_reason.clone(),
            data_updated_at: self.data_updated_at,
            data_update_count: self.data_update_count,
            error_updated_at: self.error_updated_at,
            error_update_count: self.error_update_count,
            direction: self.direction,
            ends: self.ends,
        }
    }
}

impl<R> Default for QueryResult<R> {
    fn default() -> Self {
        Self {
            status: QueryStatus::Pending,
            fetch_status: FetchStatus::Idle,
            data: None,
            error: None,
            is_enabled: true,
            is_stale: true,
            is_placeholder: false,
            is_optimistic: false,
            is_gone: false,
            is_slow: false,
            is_restoring: false,
            is_fetched_after_mount: false,
            failure_count: 0,
            failure_reason: None,
            data_updated_at: None,
            data_update_count: 0,
            error_updated_at: None,
            error_update_count: 0,
            direction: Direction::Whole,
            ends: Ends::default(),
        }
    }
}

impl<R> fmt::Debug for QueryResult<R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("QueryResult")
            .field("status", &self.status)
            .field("fetch_status", &self.fetch_status)
            .field("has_data", &self.data.is_some())
            .field("error", &self.error)
            .field("is_enabled", &self.is_enabled)
            .field("is_stale", &self.is_stale)
            .field("is_placeholder", &self.is_placeholder)
            .field("is_optimistic", &self.is_optimistic)
            .finish_non_exhaustive()
    }
}

impl<R> QueryResult<R> {
    /// Returns whether there is neither data nor an error.
    pub fn is_pending(&self) -> bool {
        self.status == QueryStatus::Pending
    }

    /// Returns whether there is data, and the last fetch did not fail.
    pub fn is_success(&self) -> bool {
        self.status == QueryStatus::Success
    }

    /// Returns whether the last fetch failed.
    pub fn is_error(&self) -> bool {
        self.status == QueryStatus::Error
    }

    /// Returns whether a fetch runs, or waits for its next attempt.
    pub fn is_fetching(&self) -> bool {
        self.fetch_status == FetchStatus::Fetching
    }

    /// Returns whether a fetch waits for the connection or for focus.
    pub fn is_paused(&self) -> bool {
        self.fetch_status == FetchStatus::Paused
    }

    /// Returns whether the first fetch runs.
    pub fn is_loading(&self) -> bool {
        self.is_fetching() && self.is_pending()
    }

    /// Returns whether a fetch runs that is not the first.
    pub fn is_refetching(&self) -> bool {
        self.is_fetching() && !self.is_pending()
    }

    /// Returns whether data or an error has ever arrived.
    pub fn is_fetched(&self) -> bool {
        self.data_update_count + self.error_update_count > 0
    }

    /// Returns whether the first fetch failed.
    pub fn is_loading_error(&self) -> bool {
        self.is_error() && self.data.is_none()
    }

    /// Returns whether a fetch failed that was not the first.
    pub fn is_refetch_error(&self) -> bool {
        self.is_error() && self.data.is_some()
    }

    /// Returns whether there is nothing to wait for: data, an error, or no fetch.
    pub(crate) fn is_settled(&self) -> bool {
        let has_any = !self.is_pending() && !self.is_placeholder;
        has_any || (self.fetch_status == FetchStatus::Idle && !self.is_restoring)
    }

    /// Returns what is shown where the query cannot be looked at.
    pub(crate) fn failed(error: QueryError) -> Self {
        Self { status: QueryStatus::Error, error: Some(error), ..Self::default() }
    }

    /// Shows a placeholder.
    pub(crate) fn show_placeholder(&mut self, placeholder: Option<Arc<R>>) {
        self.status = QueryStatus::Success;
        self.is_placeholder = true;
        self.data = placeholder;
    }

    /// Returns whether two results are the same in everything.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.shows_same(other)
            && self.is_fetched_after_mount == other.is_fetched_after_mount
            && self.failure_reason == other.failure_reason
            && self.data_updated_at == other.data_updated_at
            && self.data_update_count == other.data_update_count
            && self.error_updated_at == other.error_updated_at
            && self.error_update_count == other.error_update_count
    }

    /// Returns whether two results show the same. Times and counts do not show.
    pub(crate) fn shows_same(&self, other: &Self) -> bool {
        let same_data = match (&self.data, &other.data) {
            (Some(one), Some(two)) => Arc::ptr_eq(one, two),
            (None, None) => true,
            _ => false,
        };
        same_data
            && self.status == other.status
            && self.fetch_status == other.fetch_status
            && self.direction == other.direction
            && self.ends == other.ends
            && self.error == other.error
            && self.is_enabled == other.is_enabled
            && self.is_stale == other.is_stale
            && self.is_placeholder == other.is_placeholder
            && self.is_optimistic == other.is_optimistic
            && self.is_gone == other.is_gone
            && self.is_slow == other.is_slow
            && self.is_restoring == other.is_restoring
            && self.failure_count == other.failure_count
    }
}
