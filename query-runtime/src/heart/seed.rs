//! What does the shell ask of single entries, and how does data of one come into another?

use std::{any::TypeId, cmp::Ordering};

use crate::{
    clock::Moment,
    heart::{EntryId, Event, FetchId, Heart, Written, record::Record},
    key::QueryKey,
    projection::{EntryShape, RowId, Value, safely},
    status::FetchStatus,
};

/// A row of a cached list.
pub(crate) struct ListRow {
    /// The list's entry.
    pub(crate) from: EntryId,
    /// The row.
    pub(crate) row: Value,
    /// When the server sent the list.
    pub(crate) at: Option<Moment>,
    /// Whether the list is marked stale, and with it the row.
    pub(crate) is_invalidated: bool,
}

impl Heart {
    /// Returns whether an entry is still in the cache.
    pub(crate) fn is_kept(&self, entry: EntryId) -> bool {
        self.entries.contains_key(&entry)
    }

    /// Returns whether an entry has a fetch that is not over.
    pub(crate) fn is_flying(&self, entry: EntryId) -> bool {
        self.entries.get(&entry).is_some_and(|entry| entry.flight.is_some())
    }

    /// Returns whether the fetch of an entry waits for the connection or for focus.
    pub(crate) fn is_paused(&self, entry: EntryId) -> bool {
        self.entries.get(&entry).is_some_and(|entry| entry.fetch_status == FetchStatus::Paused)
    }

    /// Returns those of the entries whose values are of a type, with their keys and their server data.
    pub(crate) fn bases(&self, entries: &[EntryId], type_id: TypeId) -> Vec<(EntryId, QueryKey, Option<Value>)> {
        let found = entries.iter().filter_map(|id| self.entries.get(id).map(|entry| (*id, entry)));
        let typed = found.filter(|(_, entry)| entry.kind.type_id == type_id);
        typed.map(|(id, entry)| (id, entry.key.clone(), entry.base.clone())).collect()
    }

    /// Returns whether an entry may begin with a row of a list: not if it has data, nor if confirmed operations wait in it for
    /// data that may lack them, since the row of a list may have them.
    pub(crate) fn may_seed(&self, entry_id: EntryId) -> bool {
        let has_data = self.entries.get(&entry_id).is_some_and(|entry| entry.base.is_some());
        !has_data && self.log.kept(entry_id).next().is_none()
    }

    /// Returns a row as the newest cached list has it.
    pub(crate) fn list_row(&self, entity: TypeId, id: &RowId) -> Option<ListRow> {
        self.rows
            .of_any(entity)
            .filter_map(|entry_id| {
                let entry = self.entries.get(&entry_id)?;
                let projector = entry.kind.projector.as_ref()?;
                if projector.kind() == EntryShape::Detail {
                    return None;
                }
                let row = projector.row(entry.base.as_ref()?, id)?;
                Some(ListRow { from: entry_id, row, at: entry.data_updated_at, is_invalidated: entry.is_invalidated })
            })
            .max_by_key(|found| (!found.is_invalidated, found.at))
    }

    /// An entry began with the data of another: what that data does not provably contain shows here too (rules C1, I4).
    pub(crate) fn inherit(&mut self, to: EntryId, from: EntryId) {
        let Some(source) = self.entries.get(&from).map(|entry| entry.marks.clone()) else { return };
        let Some(entry) = self.entries.get_mut(&to) else { return };
        entry.marks.replaced_at = entry.marks.replaced_at.max(source.replaced_at);
        // A reset must not go back to it: by then it may lack what the server has confirmed since.
        entry.initial = None;
        let Some(projector) = entry.kind.projector.clone() else { return };
        let touches = |record: &Record| record.layers.iter().any(|layer| projector.could_touch(&layer.op));
        let missing: Vec<_> = self.log.kept(from).filter(|(_, record)| touches(record)).map(|(id, _)| id).collect();
        for id in missing {
            let epoch = self.epoch;
            self.keep_live(to, id, epoch);
        }
        self.base_changed(to);
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
        let is_older = entry.kind.projector.as_ref().zip(entry.base.as_ref()).is_some_and(|(projector, base)| {
            safely(|| projector.compare(&value, base)).is_ok_and(|order| order == Some(Ordering::Less))
                || self.is_buried(&**projector, &value)
        });
        let earliest = entry.marks.min_start.max(entry.marks.numbered_start);
        let overtaken = is_older || start < earliest || start < entry.marks.replaced_at;
        let ambiguous = entry.kind.projector.as_ref().is_some_and(|projector| {
            self.log.live_on(to, &**projector).any(|(_, record, layer)| {
                record.is_undecided()
                    && record.first_sent.is_some()
                    && !layer.op.idempotent
                    && projector.could_touch(&layer.op)
            })
        });
        if overtaken || ambiguous {
            self.tell(to, Event::Dropped);
        } else {
            self.set_base(to, value, Written::default(), now);
        }
    }
}
