//! What waits while stored data is read back, and what becomes of data that a fetch has found in storage?

use crate::{
    clock::Moment,
    heart::{
        EntryId, Heart, ObserverId,
        spec::{FetchId, FetchRequest},
    },
    status::RefetchWhen,
};

/// What is known of data that a fetch has not asked the server for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stored {
    /// When the server sent it; `None`: longer ago than the clock knows.
    pub(crate) at: Option<Moment>,
    /// Whether it was marked stale.
    pub(crate) is_invalidated: bool,
    /// When the server is asked right after.
    pub(crate) refetch: RefetchWhen,
}

impl Heart {
    /// Returns whether stored data is being read back.
    pub(crate) fn is_restoring(&self) -> bool {
        self.restoring > 0
    }

    /// Stored data is read back: until that is done, observers do not fetch of themselves (T183).
    pub(crate) fn restore_begins(&mut self, now: Moment) {
        self.event(now);
        self.restoring += 1;
        self.observed_changed();
    }

    /// It is done: observers fetch what they lack, or what is stale.
    pub(crate) fn restore_ends(&mut self, now: Moment) {
        self.event(now);
        self.restoring = self.restoring.saturating_sub(1);
        if self.is_restoring() {
            return;
        }
        self.observed_changed();
        self.fetch_missing(now);
    }

    /// Observers fetch what they lack, or what is stale.
    pub(crate) fn fetch_missing(&mut self, now: Moment) {
        let observers: Vec<ObserverId> = self.observers.keys().copied().collect();
        for id in observers {
            if self.wants_on_mount(id, now) {
                self.fetch_for(id, false, now);
            }
        }
    }

    /// Observers look again.
    fn observed_changed(&mut self) {
        let observed = self.entries.iter().filter(|(_, entry)| !entry.observers.is_empty());
        self.dirty.extend(observed.map(|(id, _)| *id));
    }

    /// The current attempt has found its data in storage.
    pub(crate) fn found_stored(&mut self, fetch: FetchId, stored: Stored) {
        let Some(entry_id) = self.flights.get(&fetch) else { return };
        if let Some(flight) = self.entries.get_mut(entry_id).and_then(|entry| entry.flight.as_mut()) {
            flight.stored = Some(stored);
        }
    }

    /// Stored data has landed: the server is asked, if that is wanted (T184).
    pub(crate) fn refetch_stored(&mut self, entry_id: EntryId, refetch: RefetchWhen, now: Moment) {
        let Some(entry) = self.entries.get(&entry_id) else { return };
        let wants = match refetch {
            RefetchWhen::Never => false,
            RefetchWhen::Always => true,
            // Nobody has said how old it may be where nobody looks.
            RefetchWhen::Stale if entry.observers.is_empty() => entry.is_invalidated,
            RefetchWhen::Stale => entry.is_stale_for_any(now),
        };
        if wants {
            self.fetch(entry_id, FetchRequest::whole(), now);
        }
    }
}
