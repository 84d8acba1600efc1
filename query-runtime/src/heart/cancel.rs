//! How is a fetch given up, and how does an entry leave?

use crate::{
    clock::Moment,
    error::QueryError,
    heart::{
        Action, Due, Effect, EntryId, FetchId, Heart, MutationId, Rule,
        entry::{Flight, Phase},
    },
};

/// How a fetch is cancelled (T51).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CancelHow {
    /// Whether the state before the fetch is restored; otherwise the cancellation is the entry's error.
    pub(crate) revert: bool,
    /// Whether the cancellation is never the entry's error, and never hidden from those who wait.
    pub(crate) silent: bool,
}

impl CancelHow {
    /// The state before the fetch comes back, and those who wait get the data that is there then.
    pub(crate) const REVERT: Self = Self { revert: true, silent: false };
    /// The state before the fetch comes back, and those who wait are told.
    pub(crate) const SILENT: Self = Self { revert: true, silent: true };
}

impl Heart {
    /// Takes the running fetch off an entry, which stays as it is. Those who wait are the caller's to think of.
    pub(crate) fn end_flight(&mut self, entry_id: EntryId) -> Option<Flight> {
        let entry = self.entries.get_mut(&entry_id)?;
        let flight = entry.flight.take()?;
        if self.rules.holds(Rule::DropSuperseded) {
            self.flights.remove(&flight.id);
        }
        self.deadlines.set(Due::Retry(entry_id), None);
        if matches!(flight.phase, Phase::Running { .. }) {
            self.effects.push(Effect::AbortAttempt { fetch: flight.id });
        }
        Some(*flight)
    }

    /// A result has landed, or no fetch is left that waits for one: what was held back may be sent (rule R18).
    pub(crate) fn lift_barrier(&mut self, entry_id: EntryId, now: Moment) {
        self.deadlines.set(Due::Barrier(entry_id), None);
        let Some(entry) = self.entries.get_mut(&entry_id) else { return };
        entry.marks.parked_since = None;
        if std::mem::take(&mut entry.marks.barrier) {
            self.dispatch(now);
        }
    }

    /// Gives up the running fetch of an entry; without one, nothing happens (T54).
    pub(crate) fn cancel_fetch(&mut self, entry_id: EntryId, how: CancelHow, now: Moment) {
        let Some(flight) = self.end_flight(entry_id) else { return };
        let Some(entry) = self.entries.get_mut(&entry_id) else { return };
        let error = QueryError::cancelled();
        if how.revert {
            entry.revert(flight.before);
        } else if !how.silent {
            entry.fetch_failed(error.clone(), now);
        }
        self.base_changed(entry_id);
        // Who waits for data that is there gets it (T48).
        let data = self.entries.get(&entry_id).and_then(|entry| entry.view.clone());
        let data = data.filter(|_| how.revert && !how.silent);
        self.effects.push(Effect::FetchSettled { fetch: flight.id, result: data.ok_or(error) });
        self.updated(entry_id, Action::Cancel, now);
        self.lift_barrier(entry_id, now);
        self.arm_gc(entry_id, now);
    }

    /// Removes an entry. One that is observed stays, empty and marked gone, so that its observers see it and what
    /// comes later (I9).
    pub(crate) fn remove(&mut self, entry_id: EntryId, now: Moment) {
        self.event(now);
        self.cancel_fetch(entry_id, CancelHow::SILENT, now);
        let Some(entry) = self.entries.get_mut(&entry_id) else { return };
        if entry.observers.is_empty() {
            self.changed(entry_id, Action::Remove);
            self.drop_entry(entry_id);
            return;
        }
        entry.empty(false);
        entry.is_gone = true;
        self.log.forget_entry(entry_id);
        self.base_changed(entry_id);
        self.updated(entry_id, Action::Remove, now);
    }

    /// Removes everything, mutations included (T23, I9).
    pub(crate) fn clear(&mut self, now: Moment) {
        self.forget_followers();
        self.news.clear();
        self.held.clear();
        // Entries first: without its mutation, a fetch that waits for it would begin, or one that has landed begin anew.
        let entries: Vec<EntryId> = self.entries.keys().copied().collect();
        for id in entries {
            self.remove(id, now);
        }
        let mutations: Vec<MutationId> = self.log.all();
        for id in mutations {
            self.forget_mutation(id, now);
        }
    }

    /// Takes an entry back to its beginning (T33). Returns the fetch that was given up.
    ///
    /// Its time to leave ends with that: only the end of a fetch, also of the one that was given up, or the last observer
    /// sets it anew. A limit can still take it before.
    pub(crate) fn reset_entry(&mut self, entry_id: EntryId, now: Moment) -> Option<FetchId> {
        self.event(now);
        let given_up = self.end_flight(entry_id).map(|flight| flight.id);
        let entry = self.entries.get_mut(&entry_id)?;
        entry.empty(true);
        self.base_changed(entry_id);
        self.updated(entry_id, Action::Reset, now);
        self.lift_barrier(entry_id, now);
        if given_up.is_some() {
            self.arm_gc(entry_id, now);
        } else {
            self.deadlines.set(Due::EntryGc(entry_id), None);
        }
        given_up
    }
}
