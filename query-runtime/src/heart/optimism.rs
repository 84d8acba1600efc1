//! How do optimistic operations and server data meet?
//!
//! The rules' names are those of the specification: N1 and N2 protect entries whose base was patched by a confirmation
//! from fetches that began before it; C1 says when a confirmed operation may go, C2 when a result must wait, C3 that a
//! created row which is there proves its creation. What the server can do (its level) is taken as L1: reads that are
//! linearisable, and nothing to compare versions by.

use std::{sync::Arc, time::Duration};

use crate::{
    clock::Moment,
    heart::{
        Action, Due, EntryId, Event, Heart, MutationId, Rule,
        entry::Phase,
        log::{Layer, Progress},
        spec::{Confirmation, Epoch, Scope},
    },
    projection::{EntryShape, Op, OpKind, Projector, Value, absorb_safely, project_safely},
};

/// How long a result waits before sending stops until one has landed (rule R18).
const PARKED_AT_MOST: Duration = Duration::from_secs(5);

/// What becomes of a fetch's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It becomes the base.
    Accept,
    /// It may lack a confirmed mutation: the fetch runs again (rule N1).
    Refuse,
    /// It may or may not contain a mutation that is on its way and must not show twice: it waits (rule C2).
    Park,
}

impl Heart {
    /// Folds the live operations over the base.
    pub(crate) fn base_changed(&mut self, entry_id: EntryId) {
        self.retag(entry_id);
        let Some(entry) = self.entries.get_mut(&entry_id) else { return };
        self.dirty.insert(entry_id);
        let had_pending = std::mem::take(&mut entry.has_pending);
        let projector = entry.kind.projector.clone().filter(|_| !self.log.is_quiet());
        let Some(projector) = projector else {
            entry.view.clone_from(&entry.base);
            entry.is_optimistic = false;
            if had_pending {
                self.arm_gc(entry_id, self.now);
            }
            return;
        };
        let mut shown = entry.base.clone();
        let (mut optimistic, mut is_undecided, mut unplaced) = (false, false, false);
        let base = entry.base.as_ref();
        for (id, record, layer) in self.log.live_on(entry_id) {
            if !projector.could_touch(&layer.op) {
                continue;
            }
            // What nobody knew when it was asked for, the entry itself may know by now.
            let own = layer.known.is_none().then(|| self.log.row_below(entry_id, &*projector, base, &layer.op, id));
            let known = layer.known.clone().or(own.flatten());
            let projected = project_safely(&*projector, shown.as_ref(), &layer.op, known.as_ref());
            if projected.failed {
                entry.panicked = true;
                continue;
            }
            unplaced |= projected.stale;
            if projected.touched {
                shown = projected.value;
                optimistic = true;
                is_undecided |= record.is_pending();
            }
        }
        entry.is_optimistic = optimistic;
        entry.has_pending = is_undecided && self.rules.holds(Rule::KeepPendingEntry);
        let is_free = had_pending && !is_undecided;
        let kept = match (entry.view.take(), shown) {
            (Some(old), Some(new)) if !Arc::ptr_eq(&old, &new) => Some(entry.shared(Some(old), new)),
            (_, shown) => shown,
        };
        entry.view = kept;
        if unplaced {
            self.tell(entry_id, Event::Undecided);
        }
        if is_free {
            // It was kept for the operation (rule R19); observed entries are not armed.
            self.arm_gc(entry_id, self.now);
        }
    }

    /// Returns the row that a mutation's operation is about as the cache shows it below that operation, from a detail if
    /// there is one.
    ///
    /// What was asked for before counts: a row that is deleted is not known, and a changed one is known as changed.
    pub(crate) fn known_row(&self, op: &Op, mutation: MutationId) -> Option<Value> {
        let mut candidates: Vec<_> = self
            .touchable(op)
            .into_iter()
            .filter_map(|id| Some((id, self.entries.get(&id)?.kind.projector.clone()?)))
            .collect();
        candidates.sort_by_key(|(_, projector)| projector.kind() != EntryShape::Detail);
        candidates.into_iter().find_map(|(id, projector)| {
            let base = self.entries.get(&id)?.base.as_ref();
            self.log.row_below(id, &*projector, base, op, mutation)
        })
    }

    /// Operations below those on the same rows have changed: what is known of the rows is found out anew.
    pub(crate) fn rows_changed(&mut self, ops: &[Op]) {
        if !self.rules.holds(Rule::KnownAnew) {
            return;
        }
        let above: Vec<(MutationId, Vec<Op>)> = self
            .log
            .unsettled()
            .filter(|(_, record)| record.is_pending())
            .map(|(id, record)| (id, record.layers.iter().map(|layer| layer.op.clone()).collect::<Vec<_>>()))
            .filter(|(_, own)| own.iter().any(|own| ops.iter().any(|op| op.id == own.id)))
            .collect();
        for (id, own) in above {
            let known: Vec<_> = own.iter().map(|op| self.known_row(op, id)).collect();
            let Some(record) = self.log.get_mut(id) else { continue };
            for (layer, known) in record.layers.iter_mut().zip(known) {
                layer.known = known;
            }
        }
    }

    /// Operations came, went or were confirmed: what they touch is folded again.
    pub(crate) fn layers_changed(&mut self, ops: &[Op]) {
        for id in self.touchable_by(ops) {
            self.base_changed(id);
            self.changed(id, Action::Layers);
        }
    }

    /// Decides what becomes of the result of an entry's running fetch (rule R4).
    pub(crate) fn judge(&self, entry_id: EntryId) -> Verdict {
        let Some(entry) = self.entries.get(&entry_id) else { return Verdict::Accept };
        let (Some(flight), Some(projector)) = (&entry.flight, &entry.kind.projector) else {
            return Verdict::Accept;
        };
        let waits = self.log.live_on(entry_id).any(|(_, record, Layer { op, .. })| {
            record.is_pending()
                && record.first_sent.is_some()
                && (!op.idempotent || (op.kind == OpKind::Create && op.temp))
                && projector.could_touch(op)
        });
        if waits && self.rules.holds(Rule::ParkResult) {
            Verdict::Park
        } else if flight.start < entry.marks.min_start && self.rules.holds(Rule::RefuseEarlyFetch) {
            Verdict::Refuse
        } else {
            Verdict::Accept
        }
    }

    /// A result waits.
    pub(crate) fn park(&mut self, entry_id: EntryId, value: Value, now: Moment) {
        if let Some(flight) = self.entries.get_mut(&entry_id).and_then(|entry| entry.flight.as_mut()) {
            flight.phase = Phase::Parked(value);
            self.deadlines.set(Due::Barrier(entry_id), Some(now + PARKED_AT_MOST));
            self.changed(entry_id, Action::Park);
        }
    }

    /// A result has waited long enough: nothing that would park the next one is sent before one has landed.
    pub(crate) fn barrier_due(&mut self, entry_id: EntryId, now: Moment) {
        if let Some(entry) = self.entries.get_mut(&entry_id) {
            entry.marks.barrier = self.rules.holds(Rule::Barrier);
        }
        self.dispatch(now);
    }

    /// Results that waited for these operations are looked at again.
    pub(crate) fn unpark(&mut self, ops: &[Op], now: Moment) {
        for id in self.touchable_by(ops) {
            let verdict = self.judge(id);
            if verdict == Verdict::Park {
                continue;
            }
            let Some(flight) = self.entries.get_mut(&id).and_then(|entry| entry.flight.as_mut()) else { continue };
            let Phase::Parked(value) = &flight.phase else { continue };
            let value = value.clone();
            self.deadlines.set(Due::Barrier(id), None);
            if verdict == Verdict::Accept {
                self.land(id, value, now);
            } else {
                self.changed(id, Action::Refuse);
                self.start_over(id, now);
            }
        }
    }

    /// A fetch that began at `start` has replaced the base: confirmed operations that it contains go (rules C1, C3).
    ///
    /// `before`: the base that only a page was added to. Its own rows are as old as they were; a row that only the new page
    /// has is as new as that.
    pub(crate) fn base_replaced(&mut self, entry_id: EntryId, start: Epoch, before: Option<&Value>) {
        let Some(entry) = self.entries.get(&entry_id) else { return };
        let (Some(projector), Some(base)) = (&entry.kind.projector, &entry.base) else { return };
        let (whole, proves) = (!self.rules.holds(Rule::PageProvesItself), self.rules.holds(Rule::CreatedRowProves));
        let before = before.filter(|_| !whole);
        let contained: Vec<MutationId> = self
            .log
            .live_on(entry_id)
            .filter(|(_, record, Layer { op, .. })| {
                record.acked.is_some_and(|acked| {
                    let is_old = before.is_some_and(|before| op.idempotent || projector.holds_row_of(before, op));
                    (start >= acked && !is_old)
                        || (proves && op.kind == OpKind::Create && projector.holds_row_of(base, op))
                })
            })
            .map(|(id, ..)| id)
            .collect();
        for id in contained {
            self.log.contained(id, entry_id);
        }
    }

    /// The server has carried the mutation out (rule R7). One step: the row's name, its dependants, bases and layers.
    pub(crate) fn mutation_acked(&mut self, id: MutationId, confirmation: &Confirmation, now: Moment) {
        let epoch = self.event(now);
        let Some(record) = self.log.get_mut(id) else { return };
        if !record.is_pending() {
            return;
        }
        record.progress = Progress::Answered;
        record.acked = Some(epoch);
        let first_sent = record.first_sent.unwrap_or_default();
        let layers = record.layers.clone();
        self.name_row(id, &layers, confirmation);
        let real = confirmation.created.as_ref().map(|(_, id)| id);
        let answer = confirmation.row.as_ref().filter(|_| self.rules.holds(Rule::AnswerGivesValues));
        let confirmed: Vec<Layer> = layers
            .iter()
            .map(|layer| Layer { op: layer.op.settled(answer, real), known: layer.known.clone() })
            .collect();
        let ops: Vec<Op> = layers.iter().map(|layer| layer.op.clone()).collect();
        let touched = self.touchable_by(ops.iter().chain(confirmed.iter().map(|layer| &layer.op)));
        for (op, confirmed) in ops.iter().zip(&confirmed) {
            for entry_id in self.touchable_by([op, &confirmed.op]) {
                self.confirm_in(entry_id, id, op, confirmed, confirmation, first_sent);
            }
        }
        if let Some(record) = self.log.get_mut(id) {
            record.layers = confirmed;
        }
        self.log.retire(id);
        if let Some(named) = confirmation.created.as_ref().and_then(|_| ops.iter().find(|op| op.temp)) {
            let renamed = real.and_then(|real| named.renamed(real));
            self.rows_changed(renamed.as_slice());
        }
        for entry_id in &touched {
            self.base_changed(*entry_id);
            self.changed(*entry_id, Action::Layers);
        }
        self.unpark(&ops, now);
        self.refetch_invalid(&touched, now);
        self.dispatch(now);
    }

    /// What the server called the row is used by all that named it otherwise.
    fn name_row(&mut self, creator: MutationId, layers: &[Layer], confirmation: &Confirmation) {
        let created = layers.iter().map(|layer| &layer.op).find(|op| op.temp);
        let named = created.zip(confirmation.created.clone());
        let follows = self.rules.holds(Rule::RenameDependants);
        let waiting: Vec<MutationId> =
            self.log.unsettled().filter(|(_, record)| record.waits_for.contains(&creator)).map(|(id, _)| id).collect();
        for id in waiting {
            let Some(record) = self.log.get_mut(id) else { continue };
            record.waits_for.remove(&creator);
            let Some((created, (real, value))) = named.as_ref().filter(|_| follows) else { continue };
            for layer in record.layers.iter_mut().filter(|layer| layer.op.id == created.id) {
                if let Some(renamed) = layer.op.renamed(value) {
                    layer.op = renamed;
                }
            }
            if let Scope::Row(entity, row) = &record.scope
                && *row == created.id
            {
                record.scope = Scope::Row(*entity, real.clone());
            }
        }
        if let Some((created, real)) = named {
            self.log.named(created.id.clone(), real);
        }
    }

    /// Decides, for one entry, whether the confirmed operation becomes part of the base or goes on showing above it.
    fn confirm_in(
        &mut self,
        entry_id: EntryId,
        id: MutationId,
        op: &Op,
        confirmed: &Layer,
        confirmation: &Confirmation,
        first_sent: Epoch,
    ) {
        let epoch = self.epoch;
        let rules = self.rules;
        let lower = rules.holds(Rule::LowerOperationKeepsBase) && self.has_lower(entry_id, id, op);
        let Layer { op: confirmed, known } = confirmed;
        let Some(entry) = self.entries.get_mut(&entry_id) else { return };
        let Some(projector) = entry.kind.projector.clone() else { return };
        let is_list = projector.kind() != EntryShape::Detail;
        let creates = op.kind == OpKind::Create;
        let held = entry.base.as_ref().is_some_and(|base| projector.holds_row_of(base, confirmed));
        if creates && held && rules.holds(Rule::CreatedRowProves) {
            // The row is there under its real name: the base has it already (rule C3).
            self.mark_invalid(entry_id, epoch);
            return;
        }
        // What the base does not hold, an answer under way or an operation below may still bring.
        let is_base_all = entry.flight.is_none() && !lower;
        if is_list && is_base_all && !reaches(&*projector, entry.base.as_ref(), confirmed, known.as_ref()) {
            return;
        }
        if is_list && (op.idempotent || creates) && rules.holds(Rule::ListKeepsIdempotent) {
            // Rule N2: the list keeps the operation, so that fetches which overlap it stay usable.
            self.keep_live(entry_id, id, epoch);
            return;
        }
        entry.marks.min_start = epoch;
        let ambiguous = entry.marks.replaced_at >= first_sent && rules.holds(Rule::AmbiguousAnswerIsNoBase);
        let deletes = op.kind == OpKind::Delete;
        if deletes && !is_list {
            entry.base = None;
            entry.is_gone = true;
            entry.status = crate::status::QueryStatus::Pending;
            self.forget_before(entry_id, id);
            return;
        }
        let absorbed = match &entry.base {
            Some(base) if !ambiguous && !lower => {
                let absorbed = absorb_safely(&*projector, base, confirmed, confirmation.row.as_ref());
                entry.panicked |= absorbed.is_err();
                absorbed.ok().flatten()
            }
            None if !is_list && creates => confirmation.row.clone(),
            _ => None,
        };
        match absorbed {
            Some(base) => {
                entry.plan_follows(|plan| {
                    absorb_safely(&*projector, plan, confirmed, confirmation.row.as_ref()).ok().flatten()
                });
                entry.base = Some(base);
                entry.is_gone = false;
                entry.status = crate::status::QueryStatus::Success;
                if is_list {
                    self.mark_invalid(entry_id, epoch);
                }
            }
            None => self.keep_live(entry_id, id, epoch),
        }
    }

    /// A row's operations are sent in order: those confirmed before its deletion are over with it.
    fn forget_before(&mut self, entry_id: EntryId, id: MutationId) {
        if !self.rules.holds(Rule::DeletionEndsEarlier) {
            return;
        }
        let earlier = self.log.live_on(entry_id).filter(|(lower, record, _)| *lower < id && record.acked.is_some());
        let over: Vec<MutationId> = earlier.map(|(lower, ..)| lower).collect();
        for lower in over {
            self.log.contained(lower, entry_id);
        }
    }

    pub(crate) fn keep_live(&mut self, entry_id: EntryId, id: MutationId, epoch: Epoch) {
        if let Some(record) = self.log.get_mut(id)
            && self.rules.holds(Rule::KeepConfirmed)
        {
            record.live_on.insert(entry_id);
        }
        if self.rules.holds(Rule::ConfirmationMarksStale) {
            self.mark_invalid(entry_id, epoch);
        }
    }

    /// Returns whether an earlier operation shows below this one: in a detail on the same row, in a list on any.
    fn has_lower(&self, entry_id: EntryId, id: MutationId, op: &Op) -> bool {
        let Some(projector) = self.entries.get(&entry_id).and_then(|entry| entry.kind.projector.as_ref()) else {
            return false;
        };
        let is_list = projector.kind() != EntryShape::Detail;
        self.log
            .live_on(entry_id)
            .take_while(|(lower, ..)| *lower < id)
            .any(|(_, _, lower)| (is_list || lower.op.id == op.id) && projector.could_touch(&lower.op))
    }

    /// Marks what operations touch as stale and fetches what is looked at.
    pub(crate) fn make_stale(&mut self, ops: &[Op], now: Moment) {
        let epoch = self.epoch;
        let touched = self.touchable_by(ops);
        for id in &touched {
            self.mark_invalid(*id, epoch);
        }
        self.refetch_invalid(&touched, now);
    }

    /// Fetches those of the entries that are marked stale and looked at.
    fn refetch_invalid(&mut self, entries: &[EntryId], now: Moment) {
        let chosen: Vec<EntryId> = entries
            .iter()
            .copied()
            .filter(|id| self.entries.get(id).is_some_and(|entry| entry.is_invalidated && self.active(entry) > 0))
            .collect();
        self.refetch(&chosen, false, now);
    }
}

/// Returns whether an operation makes a difference to a list, or may.
fn reaches(projector: &dyn Projector, base: Option<&Value>, op: &Op, known: Option<&Value>) -> bool {
    if base.is_some_and(|base| projector.holds_row_of(base, op)) {
        return true;
    }
    let projected = project_safely(projector, base, op, known);
    projected.touched || projected.stale
}
