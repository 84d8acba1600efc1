//! What must be thought of where mutations of one row are not sent in order, and fetches are not waited for?

use std::time::Duration;

use crate::{
    clock::Moment,
    heart::{Due, EntryId, Heart, MutationId},
    projection::Op,
};

/// How long results wait before sending stops until one has landed (rule R18).
const PARKED_AT_MOST: Duration = Duration::from_secs(5);

impl Heart {
    /// Returns whether the answer to a mutation may have a later operation on its row which must not show twice: mutations of
    /// one row that do not wait for each other are carried out in any order.
    pub(crate) fn may_be_overtaken(&self, entry_id: EntryId, id: MutationId, op: &Op) -> bool {
        let Some(projector) = self.entries.get(&entry_id).and_then(|entry| entry.kind.projector.as_ref()) else {
            return false;
        };
        self.log.live_on(entry_id, &**projector).any(|(later, record, layer)| {
            later > id && record.first_sent.is_some() && !layer.op.idempotent && layer.op.id == op.id
        })
    }

    /// Returns those of these confirmed mutations that may go from an entry: not one whose values an earlier one would cover
    /// that still shows on the same row, and that the server may have carried out before it.
    pub(crate) fn without_lower(&self, entry_id: EntryId, contained: Vec<MutationId>) -> Vec<MutationId> {
        let Some(projector) = self.entries.get(&entry_id).and_then(|entry| entry.kind.projector.as_ref()) else {
            return contained;
        };
        if contained.is_empty() {
            return contained;
        }
        let shown: Vec<(MutationId, bool, &Op)> = self
            .log
            .live_on(entry_id, &**projector)
            .map(|(id, record, layer)| (id, record.first_sent.is_some(), &layer.op))
            .collect();
        let is_covered = |id: MutationId| {
            let own = shown.iter().filter(|(other, ..)| *other == id);
            own.filter(|(.., op)| op.idempotent).any(|(.., op)| {
                let mut lower = shown.iter().take_while(|(other, ..)| *other < id);
                lower.any(|(other, sent, lower)| {
                    *sent && lower.id == op.id && lower.idempotent && !contained.contains(other)
                })
            })
        };
        contained.iter().copied().filter(|id| !is_covered(*id)).collect()
    }

    /// Operations are gone. What they covered shows until a fetch has landed: one is due where none is.
    pub(crate) fn uncover(&mut self, ops: &[Op], now: Moment) {
        let epoch = self.epoch;
        let touched = self.touchable_by(ops);
        let is_left = |id: &EntryId| {
            let entry = self.entries.get(id).filter(|entry| entry.flight.is_none() && !entry.is_invalidated);
            entry.is_some()
                && self.log.kept(*id).any(|(_, record)| {
                    let is_on = |row: &Op| record.layers.iter().any(|layer| layer.op.id == row.id);
                    record.acked.is_some() && ops.iter().any(is_on)
                })
        };
        let left: Vec<EntryId> = touched.into_iter().filter(is_left).collect();
        for id in &left {
            self.mark_invalid(*id, epoch);
        }
        self.refetch_invalid(&left, now);
    }

    /// A result waits: when results have waited for long enough, sending stops, however many fetches took each other's place.
    pub(crate) fn bar_by(&mut self, entry_id: EntryId, now: Moment) {
        let Some(entry) = self.entries.get_mut(&entry_id) else { return };
        let since = *entry.marks.parked_since.get_or_insert(now);
        self.deadlines.set(Due::Barrier(entry_id), Some(since + PARKED_AT_MOST));
    }
}
