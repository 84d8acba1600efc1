//! What does the shell ask of single entries, and how does data of one come into another?

use std::any::TypeId;

use crate::{
    clock::Moment,
    heart::{EntryId, FetchId, Heart},
    key::KeySegment,
    projection::{EntryShape, Value},
    status::FetchStatus,
};

impl Heart {
    /// Returns whether an entry is still in the cache.
    pub(crate) fn is_kept(&self, entry: EntryId) -> bool {
        self.entries.contains_key(&entry)
    }

    /// Returns whether the fetch of an entry waits for the connection or for focus.
    pub(crate) fn is_paused(&self, entry: EntryId) -> bool {
        self.entries.get(&entry).is_some_and(|entry| entry.fetch_status == FetchStatus::Paused)
    }

    /// Returns a row as the newest cached list has it, and when the server sent that list.
    ///
    /// The row of a list that is marked stale counts as old as can be.
    pub(crate) fn list_row(&self, entity: TypeId, id: &KeySegment) -> Option<(Value, Moment)> {
        self.by_entity
            .get(&entity)?
            .iter()
            .filter_map(|entry_id| {
                let entry = self.entries.get(entry_id)?;
                let projector = entry.kind.projector.as_ref()?;
                if projector.kind() == EntryShape::Detail {
                    return None;
                }
                let row = projector.row(entry.base.as_ref()?, id)?;
                let at = if entry.invalidated { None } else { entry.data_updated_at };
                Some((row, at.unwrap_or(Moment::ZERO)))
            })
            .max_by_key(|(_, at)| *at)
    }

    /// Writes what a running fetch has brought into another entry, unless that entry may know better (rules R3, R4).
    pub(crate) fn write_through(&mut self, fetch: FetchId, to: EntryId, value: Value, now: Moment) {
        let start = self
            .flights
            .get(&fetch)
            .and_then(|from| self.entries.get(from)?.flight.as_ref())
            .filter(|flight| flight.id == fetch)
            .map(|flight| flight.start);
        let (Some(start), Some(entry)) = (start, self.entries.get(&to)) else { return };
        let overtaken = start < entry.marks.min_start || start < entry.marks.replaced_at;
        let ambiguous = entry.kind.projector.as_ref().is_some_and(|projector| {
            self.log.live_on(to).any(|(_, record, op)| {
                record.is_pending() && record.first_sent.is_some() && !op.idempotent && projector.could_touch(op)
            })
        });
        if !overtaken && !ambiguous {
            self.set_base(to, value, None, now);
        }
    }
}
