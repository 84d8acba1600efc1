//! What does a fetch load that is not all of the data, and what does a retry keep of the attempt before?
//!
//! The pages of an infinite list are loaded one by one. Which ones is decided when they are asked for, and only what a fetch
//! itself has loaded is as new as the fetch.

use std::sync::Arc;

use crate::{
    clock::Moment,
    error::QueryError,
    heart::{
        EntryId, FetchId, Heart, Written,
        entry::{Entry, Flight},
        spec::Direction,
    },
    key::QueryKey,
    projection::Value,
};

/// A part of the data that a fetch has loaded.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// The rest: it is as old as it was.
    pub(crate) rest: Value,
    /// Whether all of the data counts as fetched just now.
    pub(crate) renews: bool,
}

impl Direction {
    /// Returns whether all of the data is replaced.
    pub(crate) fn is_whole(self) -> bool {
        matches!(self, Self::Whole | Self::First)
    }
}

impl Entry {
    /// The base takes in a confirmed operation: so does the data that a fetch which is still to begin will add to.
    pub(super) fn plan_follows(&mut self, absorb: impl FnOnce(&Value) -> Option<Value>) {
        if let Some(flight) = &mut self.flight
            && let Some(absorbed) = flight.plan.as_ref().and_then(absorb)
        {
            flight.plan = Some(absorbed);
        }
    }
}

impl Heart {
    /// Returns the data that there was when a fetch was asked for.
    ///
    /// # Errors
    ///
    /// The fetch is over.
    pub(crate) fn plan(&mut self, fetch: FetchId) -> Result<Option<Value>, QueryError> {
        self.flight_mut(fetch).map(|flight| flight.plan.clone()).ok_or_else(QueryError::cancelled)
    }

    /// What a fetch has brought is refused: it begins anew, from the data as it is now.
    pub(super) fn start_over(&mut self, entry_id: EntryId, now: Moment) {
        if let Some(entry) = self.entries.get_mut(&entry_id)
            && let Some(flight) = &mut entry.flight
        {
            flight.attempt = 0;
            flight.kept = None;
            flight.outdated = 0;
            flight.plan.clone_from(&entry.base);
        }
        self.start_attempt(entry_id, now);
    }

    /// The current attempt of a fetch has loaded a part of the data, and nothing else.
    pub(crate) fn loaded_part(&mut self, fetch: FetchId, part: Part) {
        if let Some(flight) = self.flight_mut(fetch) {
            flight.part = Some(part);
        }
    }

    /// The next attempt of a fetch goes on with what the current one has loaded.
    pub(crate) fn keep_loaded(&mut self, fetch: FetchId) {
        if let Some(flight) = self.flight_mut(fetch) {
            flight.kept = Some(flight.start);
        }
    }

    /// Replaces the base of an entry by a part of it, which is as old as it was. Returns whether the base was still this one.
    pub(crate) fn rewrite(&mut self, key: &QueryKey, base: &Value, part: Value, now: Moment) -> bool {
        let Some(entry_id) = self.find(key) else { return true };
        let Some(entry) = self.entries.get(&entry_id) else { return true };
        if entry.base.as_ref().map(|now| Arc::as_ptr(now).addr()) != Some(Arc::as_ptr(base).addr()) {
            return false;
        }
        let (written, mark) = (Written { at: entry.data_updated_at, ..Written::default() }, entry.marks.mark);
        self.set_base(entry_id, part, written, now);
        if let Some(entry) = self.entries.get_mut(&entry_id) {
            entry.marks.mark = mark;
        }
        true
    }

    /// Returns a fetch that runs.
    pub(super) fn flight_mut(&mut self, fetch: FetchId) -> Option<&mut Flight> {
        let entry = self.flights.get(&fetch)?;
        self.entries.get_mut(entry)?.flight.as_deref_mut()
    }
}
