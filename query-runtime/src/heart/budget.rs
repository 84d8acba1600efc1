//! Which entries leave first when the cache holds too much?
//!
//! Entries that may leave stand in one queue, the one that was used longest ago first. Used means: observed, fetched or
//! written. Reading does not count, so that readers need no exclusive lock and nothing is kept for each read.

use std::collections::{BTreeSet, HashMap};

use crate::{
    heart::{
        Effect, Event, Heart,
        entry::Entry,
        spec::{EntryId, Epoch},
    },
    status::FetchStatus,
};

/// How much the cache may hold.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Limits {
    /// The most entries.
    pub(crate) entries: Option<usize>,
    /// The most bytes of all data.
    pub(crate) bytes: Option<u64>,
}

/// What is known of one entry.
#[derive(Clone, Copy, Debug)]
struct Known {
    bytes: u64,
    /// Since when it may leave.
    spare: Option<Epoch>,
}

/// The entries of a cache that has limits; of one without, nothing is known.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    limits: Limits,
    bytes: u64,
    known: HashMap<EntryId, Known>,
    spare: BTreeSet<(Epoch, EntryId)>,
}

impl Budget {
    fn is_limited(&self) -> bool {
        self.limits.entries.is_some() || self.limits.bytes.is_some()
    }

    /// Notes how big an entry is, and since when it may leave, if it may.
    fn note(&mut self, id: EntryId, bytes: u64, spare: Option<Epoch>) {
        self.forget(id);
        self.bytes += bytes;
        self.spare.extend(spare.map(|since| (since, id)));
        self.known.insert(id, Known { bytes, spare });
    }

    /// Forgets an entry that has left.
    pub(crate) fn forget(&mut self, id: EntryId) {
        let Some(old) = self.known.remove(&id) else { return };
        self.bytes -= old.bytes;
        if let Some(since) = old.spare {
            self.spare.remove(&(since, id));
        }
    }

    /// Returns what must leave next.
    fn next(&self) -> Option<EntryId> {
        let too_many = self.limits.entries.is_some_and(|most| self.known.len() > most);
        let too_big = self.limits.bytes.is_some_and(|most| self.bytes > most);
        self.spare.first().filter(|_| too_many || too_big).map(|(_, id)| *id)
    }
}

impl Heart {
    /// Sets how much the cache may hold; before anything is in it.
    pub(crate) fn set_limits(&mut self, limits: Limits) {
        self.budget.limits = limits;
    }

    /// Looks at what has changed, and evicts as long as there is too much and something may leave.
    pub(crate) fn keep_within_budget(&mut self) {
        if !self.budget.is_limited() {
            return;
        }
        for id in self.dirty.union(&self.counted) {
            if let Some(entry) = self.entries.get(id) {
                self.budget.note(*id, entry.bytes, may_leave(entry).then_some(entry.used));
            }
        }
        while let Some(id) = self.budget.next() {
            self.budget.forget(id);
            if let Some(entry) = self.entries.get(&id) {
                self.effects.push(Effect::Event(Event::Evicted(entry.key.clone())));
                self.drop_entry(id);
            }
        }
    }
}

/// Returns whether an entry may leave: nobody observes it, nothing is fetched for it, and no undecided operation shows in
/// it (I11).
pub(crate) fn may_leave(entry: &Entry) -> bool {
    entry.observers.is_empty() && entry.fetch_status == FetchStatus::Idle && !entry.has_pending
}

#[cfg(test)]
mod tests {
    use super::{Budget, Limits};
    use crate::heart::spec::{EntryId, Epoch};

    #[test]
    fn longest_unused_leaves_first_and_only_while_there_is_too_much() {
        let limits = Limits { entries: Some(2), bytes: Some(100) };
        let mut budget = Budget { limits, ..Budget::default() };
        budget.note(EntryId(1), 10, Some(Epoch(5)));
        budget.note(EntryId(2), 10, Some(Epoch(4)));
        assert_eq!(budget.next(), None);
        budget.note(EntryId(3), 10, None);
        assert_eq!(budget.next(), Some(EntryId(2)));
        budget.note(EntryId(2), 10, Some(Epoch(6)));
        assert_eq!(budget.next(), Some(EntryId(1)), "the other was used since");
        budget.forget(EntryId(1));
        assert_eq!(budget.next(), None);
        budget.note(EntryId(2), 91, Some(Epoch(6)));
        assert_eq!(budget.next(), Some(EntryId(2)), "101 bytes");
        budget.note(EntryId(2), 90, Some(Epoch(6)));
        assert_eq!(budget.next(), None);
        assert_eq!(budget.bytes, 100);
    }
}
