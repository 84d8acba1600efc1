//! How is a fetch given up, and how does an entry leave?

use crate::{
    clock::Moment,
    error::QueryError,
    heart::{Action, Due, Effect, EntryId, Heart, MutationId, entry::Phase},
};

/// How a fetch is cancelled (T51).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CancelHow {
    /// Whether the state before the fetch is restored; otherwise the cancellation is the entry's error.
    pub(crate) revert: bool,
    /// Whether those who wait will wait for the fetch that replaces it.
    pub(crate) silent: bool,
}

impl CancelHow {
    /// The state before the fetch comes back, and those who wait are told.
    pub(crate) const REVERT: Self = Self { revert: true, silent: false };
    /// Another fetch takes its place.
    pub(crate) const SILENT: Self = Self { revert: true, silent: true };
}

impl Heart {
    /// Gives up the running fetch of an entry; without one, nothing happens (T54).
    pub(crate) fn cancel_fetch(&mut self, entry_id: EntryId, how: CancelHow, now: Moment) {
        let Some(entry) = self.entries.get_mut(&entry_id) else { return };
        let Some(flight) = &entry.flight else { return };
        let fetch = flight.id;
        let runs = matches!(flight.phase, Phase::Running { .. });
        let error = QueryError::cancelled();
        if how.revert || how.silent {
            entry.revert();
        } else {
            let invalidated = entry.is_invalidated;
            entry.fetch_failed(error.clone(), now);
            entry.is_invalidated = invalidated;
        }
        let data = entry.view.clone();
        self.flights.remove(&fetch);
        self.deadlines.set(Due::Retry(entry_id), None);
        self.deadlines.set(Due::Barrier(entry_id), None);
        if runs {
            self.effects.push(Effect::AbortAttempt { fetch });
        }
        if !how.silent {
            // Who waits for data that is there gets it (T48).
            let result = data.filter(|_| how.revert).ok_or(error);
            self.effects.push(Effect::FetchSettled { fetch, result });
        }
        self.updated(entry_id, Action::Cancel, now);
        self.arm_gc(entry_id, now);
    }

    /// Removes an entry. One that is observed stays, empty and marked gone, so that its observers see it and what
    /// comes later (I9).
    pub(crate) fn remove(&mut self, entry_id: EntryId, now: Moment) {
        self.event(now);
        self.cancel_fetch(entry_id, CancelHow::REVERT, now);
        let Some(entry) = self.entries.get_mut(&entry_id) else { return };
        if entry.observers.is_empty() {
            self.drop_entry(entry_id);
            return;
        }
        entry.empty(false);
        entry.is_gone = true;
        self.log.forget_entry(entry_id);
        self.base_changed(entry_id);
        self.updated(entry_id, Action::Reset, now);
    }

    /// Removes everything, mutations included (T23, I9).
    pub(crate) fn clear(&mut self, now: Moment) {
        let mutations: Vec<MutationId> = self.log.all();
        for id in mutations {
            self.drop_mutation(id, now);
        }
        let entries: Vec<EntryId> = self.entries.keys().copied().collect();
        for id in entries {
            self.remove(id, now);
        }
    }

    /// Takes an entry back to its beginning (T33).
    pub(crate) fn reset_entry(&mut self, entry_id: EntryId, now: Moment) {
        self.event(now);
        self.cancel_fetch(entry_id, CancelHow::SILENT, now);
        let Some(entry) = self.entries.get_mut(&entry_id) else { return };
        entry.empty(true);
        self.base_changed(entry_id);
        self.updated(entry_id, Action::Reset, now);
    }
}
