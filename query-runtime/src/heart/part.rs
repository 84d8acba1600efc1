//! How does a part of the data land, and what does a retry keep of the attempt before?
//!
//! The pages of an infinite list are loaded one by one, and chunks of a stream as they come. Only what a fetch itself has
//! loaded is as new as the fetch.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use crate::{
    clock::Moment,
    heart::{
        FetchId, Heart, Written,
        entry::{Entry, Flight},
        spec::Direction,
    },
    key::QueryKey,
    projection::Value,
};

/// A part of the data that a fetch has loaded, while the rest is as old as it was.
pub(crate) trait Part: fmt::Debug + Send + Sync {
    /// Returns the data with the part put in; `None` where the part does not fit any more.
    fn put(&self, data: &Value) -> Option<Value>;

    /// Returns the data that the part says nothing about.
    fn rest(&self, data: &Value) -> Value;

    /// Returns whether all of the data counts as fetched just now.
    fn renews(&self) -> bool;
}

/// What a result makes of the data.
pub(super) struct Landing {
    pub(super) value: Value,
    /// What is as old as it was, where the result is a part.
    pub(super) rest: Option<Value>,
    /// Whether the data counts as fetched just now.
    pub(super) renews: bool,
}

impl Landing {
    /// Puts the result of a fetch into the data as it is now.
    pub(super) fn of(entry: &Entry, part: Option<&Arc<dyn Part>>, value: Value) -> Self {
        let (Some(part), Some(base)) = (part, &entry.base) else { return Self { value, rest: None, renews: true } };
        // Data is only read: a panic of the user's code in the middle leaves nothing half-changed.
        let put = catch_unwind(AssertUnwindSafe(|| (part.put(base), part.rest(base), part.renews())));
        let (value, rest, renews) = put.unwrap_or_else(|_| (None, base.clone(), false));
        Self { value: value.unwrap_or_else(|| base.clone()), rest: Some(rest), renews }
    }
}

impl Direction {
    /// Returns whether all of the data is replaced.
    pub(crate) fn is_whole(self) -> bool {
        matches!(self, Self::Whole | Self::First)
    }
}

impl Heart {
    /// The current attempt of a fetch has loaded a part of the data, and nothing else.
    pub(crate) fn loaded_part(&mut self, fetch: FetchId, part: Arc<dyn Part>) {
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
        let written = Written { at: entry.data_updated_at, ..Written::default() };
        self.set_base(entry_id, part, written, now);
        true
    }

    /// Returns a fetch that runs.
    pub(super) fn flight_mut(&mut self, fetch: FetchId) -> Option<&mut Flight> {
        let entry = self.flights.get(&fetch)?;
        self.entries.get_mut(entry)?.flight.as_mut()
    }
}
