//! How do optimistic operations and server data meet?
//!
//! The rules' names are those of the specification: N1 and N2 protect entries whose base was patched by a confirmation
//! from fetches that began before it; C1 says when a confirmed operation may go, C2 when a result must wait, C3 that a
//! created row which is there proves its creation. What the server can do (its level) is taken as L1: reads that are
//! linearisable, and nothing to compare versions by.

use std::time::Duration;

use crate::{
    clock::Moment,
    heart::{
        Action, Due, EntryId, Heart, MutationId, Rule,
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
    /// Decides what becomes of the result of an entry's running fetch (rule R4).
    pub(crate) fn judge(&self, entry_id: EntryId) -> Verdict {
        let Some(entry) = self.entries.get(&entry_id) else { return Verdict::Accept };
        let (Some(flight), Some(projector)) = (&entry.flight, &entry.kind.projector) else {
            return Verdict::Accept;
        };
        let waits = self.log.live_on(entry_id, &**projector).any(|(_, record, Layer { op, .. })| {
            record.is_pending()
                && record.first_sent.is_some()
                && record.doubt.is_none()
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
        for id in self.parked_for(ops) {
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
        let (Some(projector), Some(base)) = (entry.kind.projector.clone(), &entry.base) else { return };
        let (whole, proves) = (!self.rules.holds(Rule::PageProvesItself), self.rules.holds(Rule::CreatedRowProves));
        let before = before.filter(|_| !whole);
        let kept = self.log.kept(entry_id).flat_map(|(id, record)| record.layers.iter().map(move |l| (id, record, l)));
        let contained: Vec<MutationId> = kept
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
        let before = before.cloned();
        self.hide_doubted(entry_id, start, |op| {
            before.as_ref().is_some_and(|before| projector.holds_row_of(before, op))
        });
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
        record.is_uncertain = false;
        let hidden = std::mem::take(&mut record.hidden_on);
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
        let both: Vec<&Op> = ops.iter().chain(confirmed.iter().map(|layer| &layer.op)).collect();
        let touched = self.concerned_by(&both);
        for (op, confirmed) in ops.iter().zip(&confirmed) {
            for entry_id in self.concerned_by(&[op, &confirmed.op]) {
                if hidden.contains(&entry_id) {
                    // Its base may have it: only a fetch that begins from now on certainly does.
                    if let Some(entry) = self.entries.get_mut(&entry_id) {
                        entry.marks.min_start = epoch;
                    }
                    self.mark_invalid(entry_id, epoch);
                    continue;
                }
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
        let waiting: Vec<MutationId> = self.log.waiting_for(creator).map(|(id, _)| id).collect();
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
        let earlier = self.log.kept(entry_id).filter(|(lower, _)| *lower < id);
        let over: Vec<MutationId> = earlier.map(|(lower, _)| lower).collect();
        for lower in over {
            self.log.contained(lower, entry_id);
        }
    }

    pub(crate) fn keep_live(&mut self, entry_id: EntryId, id: MutationId, epoch: Epoch) {
        if self.rules.holds(Rule::KeepConfirmed) {
            self.log.keep(id, entry_id);
        }
        if self.rules.holds(Rule::ConfirmationMarksStale) {
            self.mark_invalid(entry_id, epoch);
        }
    }

    /// Returns whether an earlier operation shows below this one: in a detail on the same row, in a list on any.
    pub(crate) fn has_lower(&self, entry_id: EntryId, id: MutationId, op: &Op) -> bool {
        let Some(projector) = self.entries.get(&entry_id).and_then(|entry| entry.kind.projector.as_ref()) else {
            return false;
        };
        let is_list = projector.kind() != EntryShape::Detail;
        self.log
            .live_on(entry_id, &**projector)
            .take_while(|(lower, ..)| *lower < id)
            .any(|(_, _, lower)| (is_list || lower.op.id == op.id) && projector.could_touch(&lower.op))
    }

    /// Fetches those of the entries that are marked stale and looked at.
    pub(crate) fn refetch_invalid(&mut self, entries: &[EntryId], now: Moment) {
        let chosen: Vec<EntryId> = entries
            .iter()
            .copied()
            .filter(|id| self.entries.get(id).is_some_and(|entry| entry.is_invalidated && self.active(entry) > 0))
            .collect();
        self.refetch(&chosen, false, now);
    }
}

/// Returns whether an operation makes a difference to a list, or may.
pub(crate) fn reaches(projector: &dyn Projector, base: Option<&Value>, op: &Op, known: Option<&Value>) -> bool {
    if base.is_some_and(|base| projector.holds_row_of(base, op)) {
        return true;
    }
    let projected = project_safely(projector, base, op, known);
    projected.touched || projected.stale
}
