//! What do the observers of a scenario show, as a trace writes it?

use std::sync::Arc;

use query_runtime::{
    FetchStatus, InfiniteObserver, InfiniteResult, Json, QueryError, QueryKey, QueryObserver, QueryResult, QueryStatus,
};
use serde_json::{Map, json};

use super::{
    settings::{PageJson, Pages, pages_json},
    time::Timeline,
};

/// An observer of a scenario.
pub(crate) struct Watching {
    pub(crate) observer: Observer,
    pub(crate) key: QueryKey,
    pub(crate) function: Option<String>,
}

/// An observer of a query, of an infinite query, or of a part of one.
pub(crate) enum Observer {
    Plain(QueryObserver<Json>),
    Infinite(InfiniteObserver<PageJson, Json>),
    Picked(InfiniteObserver<PageJson, Json, Json>),
}

/// Data by which one tells whether it is the same as before: by reference, or by value where there is no reference.
#[derive(Clone)]
pub(crate) enum Reference {
    Plain(Arc<Json>),
    Pages(Arc<Pages>),
}

impl Reference {
    /// Returns whether both are one and the same.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Pages(one), Self::Pages(other)) => Arc::ptr_eq(one, other),
            (Self::Plain(one), Self::Plain(other)) => {
                let has_reference = matches!(one.as_ref(), Json::Array(_) | Json::Object(_));
                Arc::ptr_eq(one, other) || (!has_reference && one == other)
            }
            _ => false,
        }
    }
}

/// What an observer shows.
pub(crate) struct Shown {
    pub(crate) state: Map<String, Json>,
    pub(crate) reference: Option<Reference>,
}

impl Watching {
    /// Returns what the observer shows now.
    pub(crate) fn shown(&self, timeline: Timeline) -> Shown {
        match &self.observer {
            Observer::Plain(observer) => {
                let result = observer.current();
                let data = result.data.as_deref().cloned();
                let state = common(&result, data, timeline);
                Shown { state, reference: result.data.map(Reference::Plain) }
            }
            Observer::Infinite(observer) => {
                let result = observer.current();
                let data = result.data.as_deref().map(pages_json);
                let state = infinite(&result, data, timeline);
                Shown { state, reference: result.query.data.map(Reference::Pages) }
            }
            Observer::Picked(observer) => {
                let result = observer.current();
                let data = result.data.as_deref().cloned();
                let state = infinite(&result, data, timeline);
                Shown { state, reference: result.query.data.map(Reference::Plain) }
            }
        }
    }
}

fn infinite<R>(result: &InfiniteResult<R>, data: Option<Json>, timeline: Timeline) -> Map<String, Json> {
    let mut state = common(&result.query, data, timeline);
    for (name, value) in [
        ("isRefetching", result.is_refetching()),
        ("isRefetchError", result.is_refetch_error()),
        ("hasNextPage", result.has_next_page),
        ("hasPreviousPage", result.has_previous_page),
        ("isFetchingNextPage", result.is_fetching_next_page()),
        ("isFetchingPreviousPage", result.is_fetching_previous_page()),
        ("isFetchNextPageError", result.is_fetch_next_page_error()),
        ("isFetchPreviousPageError", result.is_fetch_previous_page_error()),
    ] {
        state.insert(name.to_owned(), value.into());
    }
    state
}

fn common<R>(result: &QueryResult<R>, data: Option<Json>, timeline: Timeline) -> Map<String, Json> {
    let mut state = members(json!({
        "status": status(result.status),
        "fetchStatus": fetch_status(result.fetch_status),
        "error": error(result.error.as_ref()),
        "isStale": result.is_stale,
        "isPlaceholderData": result.is_placeholder,
        "isFetching": result.is_fetching(),
        "isPending": result.is_pending(),
        "isLoading": result.is_loading(),
        "isRefetching": result.is_refetching(),
        "isLoadingError": result.is_loading_error(),
        "isRefetchError": result.is_refetch_error(),
        "isFetched": result.is_fetched(),
        "isFetchedAfterMount": result.is_fetched_after_mount,
        "isEnabled": result.is_enabled,
        "failureCount": result.failure_count,
        "failureReason": error(result.failure_reason.as_ref()),
        "errorUpdateCount": result.error_update_count,
        "dataUpdatedAt": timeline.written(result.data_updated_at),
        "errorUpdatedAt": timeline.written(result.error_updated_at),
    }));
    put(&mut state, "data", data);
    state
}

/// Returns the members of a JSON object.
pub(crate) fn members(json: Json) -> Map<String, Json> {
    match json {
        Json::Object(members) => members,
        other => Map::from_iter([("value".to_owned(), other)]),
    }
}

/// Adds a member that is there.
pub(crate) fn put(members: &mut Map<String, Json>, name: &str, value: Option<Json>) {
    if let Some(value) = value {
        members.insert(name.to_owned(), value);
    }
}

pub(crate) fn status(status: QueryStatus) -> &'static str {
    match status {
        QueryStatus::Pending => "pending",
        QueryStatus::Success => "success",
        QueryStatus::Error => "error",
    }
}

pub(crate) fn fetch_status(status: FetchStatus) -> &'static str {
    match status {
        FetchStatus::Idle => "idle",
        FetchStatus::Fetching => "fetching",
        FetchStatus::Paused => "paused",
    }
}

/// Returns an error as a trace writes it.
pub(crate) fn error(error: Option<&QueryError>) -> Json {
    match error {
        None => Json::Null,
        Some(error) if error.is_cancelled() => "CancelledError".into(),
        Some(error) if error.is_missing_fetch() => "Missing queryFn".into(),
        Some(error) if error.is_missing_mutation() => "No mutationFn found".into(),
        Some(error) => error.to_string().into(),
    }
}
