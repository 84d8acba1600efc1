//! What does an entry go back to when its fetch is given up?

use std::sync::Arc;

use crate::{
    clock::Moment,
    error::QueryError,
    heart::{entry::Entry, spec::Direction},
    projection::Value,
    status::{FetchStatus, QueryStatus},
};

/// The state that a cancelled fetch goes back to.
#[derive(Clone, Debug)]
pub(crate) struct Before {
    status: QueryStatus,
    error: Option<QueryError>,
    error_updated_at: Option<Moment>,
    failure_count: u32,
    failure_reason: Option<QueryError>,
    direction: Direction,
    invalidated: bool,
    has_data: bool,
    /// The data that the fetch itself has taken away, when it arrived, and how often data and errors had.
    emptied: Option<(Option<Value>, Option<Moment>, u64, u64)>,
}

impl Entry {
    /// Returns the state that a fetch which begins now would go back to.
    pub(crate) fn before(&self) -> Before {
        Before {
            status: self.status,
            error: self.error.clone(),
            error_updated_at: self.error_updated_at,
            failure_count: self.failure_count,
            failure_reason: self.failure_reason.clone(),
            direction: self.direction,
            invalidated: self.is_invalidated,
            has_data: self.base.is_some(),
            emptied: None,
        }
    }

    /// Returns whether the data is the initial data.
    fn holds_initial(&self) -> bool {
        let held = self.base.as_ref().zip(self.initial.as_ref());
        held.is_some_and(|(base, initial)| Arc::as_ptr(base).addr() == Arc::as_ptr(&initial.0).addr())
    }

    /// Goes back to the state before a fetch (T48, T51).
    pub(crate) fn revert(&mut self, before: Before) {
        self.fetch_status = FetchStatus::Idle;
        self.is_slow = false;
        self.status = before.status;
        self.error = before.error;
        self.error_updated_at = before.error_updated_at;
        self.failure_count = before.failure_count;
        self.failure_reason = before.failure_reason;
        self.direction = before.direction;
        if !before.has_data && self.holds_initial() {
            // It came while the fetch ran (T32).
            self.base = None;
            self.marks.mark = None;
            self.data_updated_at = None;
        }
        // An invalidation that came during the fetch is not taken back.
        self.is_invalidated |= before.invalidated;
        if let Some((base, at, data, errors)) = before.emptied {
            (self.base, self.data_updated_at) = (base, at);
            self.marks.mark = None;
            (self.data_update_count, self.error_update_count) = (data, errors);
        }
    }

    /// Goes back to the beginning, while the fetch goes on that brings other data.
    pub(crate) fn empty_in_flight(&mut self) {
        let before = (self.base.clone(), self.data_updated_at, self.data_update_count, self.error_update_count);
        let (flight, failures) = (self.flight.take(), (self.failure_count, self.failure_reason.take()));
        let (direction, status) = (self.direction, self.fetch_status);
        self.empty(true);
        (self.direction, self.fetch_status) = (direction, status);
        // They count for the retries that are left.
        (self.failure_count, self.failure_reason) = failures;
        self.flight = flight;
        if let Some(flight) = &mut self.flight {
            flight.before.emptied.get_or_insert(before);
        }
    }

    /// Data was set by hand: a fetch that is cancelled later goes back to it (T53).
    pub(crate) fn moved_revert_point(&mut self) {
        let before = self.before();
        if let Some(flight) = &mut self.flight {
            flight.before = before;
        }
    }
}
