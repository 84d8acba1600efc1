//! What does an entry show, given its base and the operations that are live on it?

use std::sync::Arc;

use crate::{
    heart::{
        EntryId, Event, Heart, MutationId, Rule,
        entry::Entry,
        log::MutationLog,
        record::{Layer, Record},
    },
    projection::{Op, Projector, Value, project_safely},
};

/// What operations have made of what was shown.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own; all combinations occur")]
struct Folded {
    shown: Option<Value>,
    /// Whether one of them shows.
    optimistic: bool,
    /// Whether nobody has decided yet about one that shows.
    undecided: bool,
    /// Whether only the server knows where one belongs.
    unplaced: bool,
    /// Whether code of the program panicked.
    failed: bool,
}

impl Folded {
    /// Folds operations, in order, over what is shown without them.
    fn of<'a>(
        log: &MutationLog,
        (id, entry, projector): (EntryId, &Entry, &dyn Projector),
        shown: Option<Value>,
        layers: impl Iterator<Item = (MutationId, &'a Record, &'a Layer)>,
    ) -> Self {
        let mut folded = Self { shown, optimistic: false, undecided: false, unplaced: false, failed: false };
        for (mutation, record, layer) in layers {
            if !projector.could_touch(&layer.op) {
                continue;
            }
            // What nobody knew when it was asked for, the entry itself may know by now.
            let own = || {
                let base = entry.base.as_ref().map(|base| (id, projector, base));
                base.and_then(|base| log.row_below(Some(base), &layer.op, mutation))
            };
            let known = layer.known.clone().or_else(own);
            let projected = project_safely(projector, folded.shown.as_ref(), &layer.op, known.as_ref());
            if projected.failed {
                folded.failed = true;
                continue;
            }
            folded.unplaced |= projected.stale;
            if projected.touched {
                folded.shown = projected.value;
                folded.optimistic = true;
                folded.undecided |= record.is_undecided();
            }
        }
        folded
    }
}

impl Heart {
    /// The base of an entry has changed: the live operations are folded over it.
    pub(crate) fn base_changed(&mut self, id: EntryId) {
        self.retag(id);
        if let Some(projector) = self.entries.get(&id).and_then(|entry| entry.kind.projector.as_ref()) {
            self.rows.changed(&**projector, id);
        }
        self.fold(id);
        if self.entries.contains_key(&id) {
            self.dirty.insert(id);
        }
    }

    /// Folds the live operations over the base; returns whether readers see anything else than before.
    pub(crate) fn fold(&mut self, id: EntryId) -> bool {
        let Some(entry) = self.entries.get(&id) else { return false };
        let projector = entry.kind.projector.as_deref().filter(|_| !self.log.is_quiet());
        let folded = projector.map(|projector| {
            let layers = self.log.live_on(id, projector);
            Folded::of(&self.log, (id, entry, projector), entry.base.clone(), layers)
        });
        self.show(id, folded, false)
    }

    /// Folds the operations of the newest mutation over what is shown; returns whether readers see anything else than before.
    pub(crate) fn show_above(&mut self, id: EntryId, mutation: MutationId) -> bool {
        let Some(entry) = self.entries.get(&id) else { return false };
        let Some(projector) = entry.kind.projector.as_deref() else { return false };
        let layers = self.log.layers_of(mutation);
        let folded = Folded::of(&self.log, (id, entry, projector), entry.view.clone(), layers);
        self.show(id, Some(folded), true)
    }

    /// Folds the operations on some rows anew, over what is shown of all others; returns whether readers see anything else than
    /// before.
    ///
    /// `None`: that is not enough, since one of the operations may move its row or the base does not hold it. Where it is, a
    /// rollback costs what is on its row, and not what else is live.
    fn fold_rows<'a>(&mut self, id: EntryId, ops: impl Iterator<Item = &'a Op> + Clone) -> Option<bool> {
        let entry = self.entries.get(&id)?;
        // Where nothing is live, what is shown is the base itself.
        let projector = entry.kind.projector.as_deref().filter(|_| !self.log.is_quiet())?;
        let (base, mut shown) = (entry.base.as_ref()?, entry.view.clone()?);
        let moves = |op: &Op| op.moves || self.log.on_row(op.entity, op.row.hash).any(|(.., layer)| layer.op.moves);
        let holds = |op: &Op| projector.holds_row_of(base, op);
        if !ops.clone().all(|op| holds(op) && !moves(op)) {
            return None;
        }
        let mut failed = false;
        for op in ops {
            shown = projector.with_row(&shown, &projector.row(base, &op.row)?)?;
            let layers = self.log.on_row(op.entity, op.row.hash).filter(|(_, record, _)| record.is_live_on(id));
            let folded = Folded::of(&self.log, (id, entry, projector), Some(shown), layers);
            failed |= folded.failed;
            shown = folded.shown?;
        }
        // Of what else is live it is enough to know that something shows.
        let (mut optimistic, mut undecided, mut unsure, mut unsure_undecided) = (false, false, false, false);
        for (_, record, layer) in self.log.live_on(id, projector) {
            if !projector.could_touch(&layer.op) {
                continue;
            }
            let is_pending = record.is_pending();
            if moves(&layer.op) {
                (unsure, unsure_undecided) = (true, unsure_undecided || is_pending);
            } else if holds(&layer.op) {
                (optimistic, undecided) = (true, undecided || is_pending);
                if undecided {
                    break;
                }
            }
        }
        if (unsure && !optimistic) || (unsure_undecided && !undecided) {
            return None;
        }
        let folded = Folded { shown: Some(shown), optimistic, undecided, unplaced: false, failed };
        Some(self.show(id, Some(folded), false))
    }

    /// Operations on an entry, whose base has not changed, went or were confirmed; returns whether readers see anything else
    /// than before.
    pub(crate) fn fold_again<'a>(&mut self, id: EntryId, ops: impl Iterator<Item = &'a Op> + Clone) -> bool {
        match self.fold_rows(id, ops) {
            Some(changed) => changed,
            None => self.fold(id),
        }
    }

    /// Shows what was folded; `above`: over what is shown, so that what was true of that still is.
    fn show(&mut self, id: EntryId, folded: Option<Folded>, above: bool) -> bool {
        let keeps = self.rules.holds(Rule::KeepPendingEntry);
        let Some(entry) = self.entries.get_mut(&id) else { return false };
        let (had_pending, was_optimistic) = (entry.has_pending, entry.is_optimistic);
        let old = entry.view.take();
        let mut unplaced = false;
        if let Some(folded) = folded {
            entry.is_optimistic = folded.optimistic || (above && was_optimistic);
            entry.has_pending = (folded.undecided && keeps) || (above && had_pending);
            entry.panicked |= folded.failed;
            unplaced = folded.unplaced;
            entry.view = match (&old, folded.shown) {
                (Some(old), Some(new)) if !Arc::ptr_eq(old, &new) => Some(entry.shared(Some(old.clone()), new)),
                (_, shown) => shown,
            };
        } else {
            entry.view.clone_from(&entry.base);
            (entry.is_optimistic, entry.has_pending) = (false, false);
        }
        let is_free = had_pending && !entry.has_pending;
        let is_same = match (&old, &entry.view) {
            (Some(old), Some(new)) => Arc::ptr_eq(old, new),
            (None, None) => true,
            _ => false,
        };
        let is_changed = !is_same || entry.is_optimistic != was_optimistic || entry.panicked;
        if unplaced {
            self.tell(id, Event::Undecided);
        }
        if is_free {
            // It was kept for the operation (rule R19); observed entries are not armed.
            self.arm_gc(id, self.now);
        }
        is_changed
    }
}
