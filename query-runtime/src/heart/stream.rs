//! How does data arrive in pieces, while its fetch still runs?
//!
//! Each chunk is folded into the data as it is then. The fetch itself proves nothing before it has ended; a chunk of one
//! that was given up changes nothing.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::{
    clock::Moment,
    error::QueryError,
    heart::{Action, FetchId, Heart},
    projection::Value,
};

impl Heart {
    /// The running attempt of a fetch begins to stream. Returns whether there was a result before; with `reset`, that goes.
    ///
    /// # Errors
    ///
    /// The fetch is over.
    pub(crate) fn stream_began(&mut self, fetch: FetchId, reset: bool, now: Moment) -> Result<bool, QueryError> {
        let entry_id = *self.flights.get(&fetch).ok_or_else(QueryError::cancelled)?;
        let entry = self.entries.get_mut(&entry_id).ok_or_else(QueryError::cancelled)?;
        let is_again = entry.data_update_count + entry.error_update_count > 0;
        if is_again && reset {
            self.event(now);
            if let Some(entry) = self.entries.get_mut(&entry_id) {
                entry.empty_in_flight();
            }
            self.base_changed(entry_id);
            self.updated(entry_id, Action::Reset, now);
        }
        Ok(is_again)
    }

    /// A chunk has arrived: it becomes part of the data.
    ///
    /// # Errors
    ///
    /// The fetch is over, or the program's function panicked.
    pub(crate) fn chunk_arrived(
        &mut self,
        fetch: FetchId,
        fold: impl FnOnce(Option<&Value>) -> Value,
        now: Moment,
    ) -> Result<(), QueryError> {
        let entry_id = *self.flights.get(&fetch).ok_or_else(QueryError::cancelled)?;
        let epoch = self.event(now);
        let entry = self.entries.get_mut(&entry_id).ok_or_else(QueryError::cancelled)?;
        // What is there is only read: a panic in the middle leaves nothing half-changed.
        let value = catch_unwind(AssertUnwindSafe(|| fold(entry.base.as_ref())))
            .map_err(|_| QueryError::message("a function of the program panicked").without_retry())?;
        entry.data_arrived(value, now);
        entry.marks.replaced_at = epoch;
        entry.used = epoch;
        entry.moved_revert_point();
        self.base_changed(entry_id);
        self.updated(entry_id, Action::Set, now);
        Ok(())
    }

    /// Returns what has arrived of a fetch.
    ///
    /// # Errors
    ///
    /// The fetch is over.
    pub(crate) fn streamed(&self, fetch: FetchId) -> Result<Option<Value>, QueryError> {
        let entry = self.flights.get(&fetch).and_then(|entry| self.entries.get(entry));
        entry.map(|entry| entry.base.clone()).ok_or_else(QueryError::cancelled)
    }
}
