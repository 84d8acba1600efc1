//! Which entries does an operation make a difference to?
//!
//! To those that hold its row. Only an operation that may move a row, or add or remove one, is looked at in the other lists
//! of the type; so the cost of all others follows the lists that hold the row, and not the lists that there are.

use std::collections::BTreeSet;

use crate::{
    clock::Moment,
    heart::{
        Action, EntryId, Heart, MutationId, Rule,
        entry::{Flight, Phase},
    },
    projection::{EntryShape, Op, Projector, Value},
};

impl Heart {
    /// Returns the entries that any of these operations shows in, or may, each once.
    pub(crate) fn touchable_by<'a>(&mut self, ops: impl IntoIterator<Item = &'a Op>) -> Vec<EntryId> {
        let mut entries = BTreeSet::new();
        for op in ops {
            self.reach(op, &mut entries);
        }
        entries.into_iter().collect()
    }

    /// As [`Self::touchable_by`], and the entries whose running fetch may bring a row as it was before.
    pub(crate) fn concerned_by(&mut self, ops: &[&Op]) -> Vec<EntryId> {
        let mut entries: BTreeSet<EntryId> = self.touchable_by(ops.iter().copied()).into_iter().collect();
        let flying = self.flights.values().filter(|entry| ops.iter().any(|op| self.could_touch(**entry, op)));
        entries.extend(flying);
        entries.into_iter().collect()
    }

    fn reach(&mut self, op: &Op, found: &mut BTreeSet<EntryId>) {
        let entries = &self.entries;
        self.rows.look_through(op.entity, |id| {
            let entry = entries.get(&id)?;
            Some((&**entry.kind.projector.as_ref()?, entry.base.as_ref()))
        });
        self.log.sort_in();
        // What was moved into a list shows in it, although the list does not hold it.
        let moves = op.moves || self.log.on_row(op.entity, op.row.hash).any(|(.., layer)| layer.op.moves);
        if moves {
            found.extend(self.rows.candidates(op).filter(|id| self.could_touch(*id, op)));
        } else {
            found.extend(self.rows.holding(op).filter(|id| self.could_touch(*id, op)));
        }
    }

    /// Returns whether an operation could show in an entry, whatever that holds.
    pub(crate) fn could_touch(&self, entry: EntryId, op: &Op) -> bool {
        let projector = self.entries.get(&entry).and_then(|entry| entry.kind.projector.as_ref());
        projector.is_some_and(|projector| projector.could_touch(op))
    }

    /// Returns whether an entry waits for a clean fetch before anything like this may be sent (rule R18).
    pub(crate) fn is_barred(&self, op: &Op) -> bool {
        // A fetch that is paused may itself wait for what would be held back.
        let is_running = |flight: &Flight| !matches!(flight.phase, Phase::Paused);
        let waits = |id: &EntryId| {
            let entry = self.entries.get(id).filter(|entry| entry.marks.barrier);
            entry.and_then(|entry| entry.flight.as_deref()).is_some_and(is_running)
        };
        // Only a result that waits makes an entry wait for another.
        !op.idempotent && self.flights.values().any(|id| waits(id) && self.could_touch(*id, op))
    }

    /// Returns the entries with a result that waits for any of these operations, or may.
    pub(crate) fn parked_for(&self, ops: &[Op]) -> Vec<EntryId> {
        let is_parked = |id: &EntryId| {
            let flight = self.entries.get(id).and_then(|entry| entry.flight.as_ref());
            flight.is_some_and(|flight| matches!(flight.phase, Phase::Parked(_)))
        };
        let parked = self.flights.values().filter(|id| is_parked(id));
        let chosen: BTreeSet<EntryId> =
            parked.filter(|id| ops.iter().any(|op| self.could_touch(**id, op))).copied().collect();
        chosen.into_iter().collect()
    }

    /// Returns the row that a mutation's operation is about as the cache shows it below that operation, from a detail if
    /// there is one.
    ///
    /// What was asked for before counts: a row that is deleted is not known, and a changed one is known as changed.
    pub(crate) fn known_row(&mut self, op: &Op, mutation: MutationId) -> Option<Value> {
        let reached = self.touchable_by([op]);
        let mut holders: Vec<(EntryId, &dyn Projector, &Value)> = reached
            .into_iter()
            .filter_map(|id| {
                let entry = self.entries.get(&id)?;
                Some((id, &**entry.kind.projector.as_ref()?, entry.base.as_ref()?))
            })
            .collect();
        holders.sort_by_key(|(_, projector, _)| projector.kind() != EntryShape::Detail);
        let held = holders.into_iter().find_map(|holder| self.log.row_below(Some(holder), op, mutation));
        held.or_else(|| self.log.row_below(None, op, mutation))
    }

    /// Operations below those on the same rows have changed: what is known of the rows is found out anew.
    pub(crate) fn rows_changed(&mut self, ops: &[Op]) {
        if !self.rules.holds(Rule::KnownAnew) {
            return;
        }
        let above: BTreeSet<MutationId> = ops
            .iter()
            .flat_map(|op| self.log.on_row(op.entity, op.row.hash))
            .filter(|(_, record, _)| record.is_undecided())
            .map(|(id, ..)| id)
            .collect();
        let mut known_anew: Vec<Op> = Vec::new();
        for id in above {
            let own: Vec<Op> = self.log.layers_of(id).map(|(.., layer)| layer.op.clone()).collect();
            let known: Vec<_> = own.iter().map(|op| self.known_row(op, id)).collect();
            let Some(record) = self.log.get_mut(id) else { continue };
            for (layer, known) in record.layers.iter_mut().zip(known) {
                layer.known = known;
            }
            known_anew.extend(own);
        }
        // They may show in entries that those below them do not show in.
        self.layers_changed(&known_anew);
    }

    /// A mutation was asked for: what it touches shows it above all else.
    pub(crate) fn layers_added(&mut self, id: MutationId, ops: &[Op]) {
        let is_newest = self.log.is_newest(id);
        for entry in self.touchable_by(ops) {
            if if is_newest { self.show_above(entry, id) } else { self.fold(entry) } {
                self.changed(entry, Action::Layers);
            }
        }
    }

    /// Operations went or were confirmed: what they touch is folded again.
    pub(crate) fn layers_changed(&mut self, ops: &[Op]) {
        for entry in self.touchable_by(ops) {
            if self.fold_again(entry, ops.iter()) {
                self.changed(entry, Action::Layers);
            }
        }
    }

    /// Marks what operations touch as stale and fetches what is looked at.
    pub(crate) fn make_stale(&mut self, ops: &[Op], now: Moment) {
        let epoch = self.epoch;
        let ops: Vec<&Op> = ops.iter().collect();
        let touched = self.concerned_by(&ops);
        for id in &touched {
            self.mark_invalid(*id, epoch);
        }
        self.refetch_invalid(&touched, now);
    }
}
