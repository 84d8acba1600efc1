//! How do optimistic operations and server data meet?
//!
//! The rules' names are those of the specification: N1 and N2 protect entries whose base was patched by a confirmation
//! from fetches that began before it; C1 says when a confirmed operation may go, C2 when a result must wait, C3 that a
//! created row which is there proves its creation. What proves what (`judge.rs`) depends on the level of the server: the
//! least that is taken for granted is that a read sees what was confirmed before it began.

use std::sync::Arc;

use crate::{
    clock::Moment,
    heart::{
        Action, EntryId, Heart, MutationId, Rule,
        entry::Phase,
        judge::{Proof, Verdict},
        record::{Layer, Progress},
        spec::{Confirmation, Epoch, Scope},
    },
    level::{Level, Version},
    projection::{EntryShape, Op, OpKind, Projector, Value, absorb_safely, project_safely},
};

impl Heart {
    /// A result waits.
    pub(crate) fn park(&mut self, entry_id: EntryId, value: Value, now: Moment) {
        if let Some(flight) = self.entries.get_mut(&entry_id).and_then(|entry| entry.flight.as_mut()) {
            flight.phase = Phase::Parked(value);
            self.bar_by(entry_id, now);
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
            let flight = self.entries.get(&id).and_then(|entry| entry.flight.as_ref());
            let Some(Phase::Parked(value)) = flight.map(|flight| &flight.phase) else { continue };
            let value = value.clone();
            let verdict = self.judge(id, &value);
            if verdict != Verdict::Park {
                self.carry_out(verdict, id, value, now);
            }
        }
        self.release(now);
    }

    /// The server has carried the mutation out (rule R7). One step: the row's name, its dependants, bases and layers.
    pub(crate) fn mutation_acked(&mut self, id: MutationId, confirmation: &Confirmation, now: Moment) {
        self.event(now);
        let Some(record) = self.log.get_mut(id) else { return };
        if !record.is_pending() {
            return;
        }
        record.progress = Progress::Answered;
        if record.acked.is_none() {
            return self.confirm(id, confirmation, None, now);
        }
        // A push was faster, and all but the watermark is known.
        record.mark = record.mark.or(confirmation.mark);
        self.dispatch(now);
    }

    /// The server is known to have carried the mutation out, and what its row was then.
    pub(crate) fn confirm(
        &mut self,
        id: MutationId,
        confirmation: &Confirmation,
        version: Option<Version>,
        now: Moment,
    ) {
        let epoch = self.epoch;
        let Some(record) = self.log.get_mut(id) else { return };
        record.acked = Some(epoch);
        record.is_uncertain = false;
        let hidden = std::mem::take(&mut record.hidden_on);
        record.mark = confirmation.mark;
        let row = confirmation.row.as_ref();
        let own = || record.layers.iter().find_map(|layer| layer.op.version_of(row?));
        // Of several rows, the answer tells of one.
        let is_one = record
            .layers
            .windows(2)
            .all(|pair| pair[0].op.entity == pair[1].op.entity && pair[0].op.id == pair[1].op.id);
        record.version = version.or_else(own).filter(|_| is_one);
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
        let bases: Vec<Option<Value>> = touched.iter().map(|id| self.base(*id)).collect();
        // A push has told it itself.
        let deleted = ops.iter().filter(|op| op.kind == OpKind::Delete && op.level >= Level::Versioned);
        for op in deleted.filter(|_| version.is_none()) {
            self.told(None, op.clone());
        }
        for created in confirmed.iter().filter(|layer| layer.op.kind == OpKind::Create) {
            self.news.forget(&created.op);
        }
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
        let settled: Vec<Op> = confirmed.iter().map(|layer| layer.op.clone()).collect();
        if let Some(record) = self.log.get_mut(id) {
            record.layers = confirmed;
        }
        // Those above it knew the rows as they were asked for, and under other names; it may be the last that knows them.
        self.rows_changed(&settled);
        self.log.retire(id);
        for (entry_id, before) in touched.iter().zip(bases) {
            let base = self.base(*entry_id);
            if base.as_ref().zip(before.as_ref()).is_some_and(|(base, before)| Arc::ptr_eq(base, before)) {
                self.fold_again(*entry_id, ops.iter().chain(&settled));
            } else {
                self.base_changed(*entry_id);
            }
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
        let overtaken = self.may_be_overtaken(entry_id, id, op);
        let Layer { op: confirmed, known } = confirmed;
        let Some(entry) = self.entries.get(&entry_id) else { return };
        let Some(projector) = entry.kind.projector.clone() else { return };
        let base = entry.base.as_ref();
        let is_list = projector.kind() != EntryShape::Detail;
        let creates = op.kind == OpKind::Create;
        let held = base.is_some_and(|base| projector.holds_row_of(base, confirmed));
        if creates && held && rules.holds(Rule::CreatedRowProves) {
            // The row is there under its real name: the base has it already (rule C3).
            self.mark_invalid(entry_id, epoch);
            return;
        }
        let Some(record) = self.log.get(id) else { return };
        let level = projector.level();
        let mark = record.mark.filter(|_| level >= Level::Watermarked && rules.holds(Rule::WatermarkProves));
        let proof = base.and_then(|base| self.proves(&*projector, base, entry.marks.mark, record, confirmed));
        if proof.is_some_and(Proof::holds) {
            return;
        }
        // Whatever a fetch brings from now on, its numbers say whether it contains the operation.
        let is_versioned = record.version.is_some() && rules.holds(Rule::VersionProves);
        let is_numbered = mark.is_some() || (is_versioned && (!held || proof.is_some()));
        // What the base does not hold, an answer under way or an operation below may still bring.
        let is_base_all = entry.flight.is_none() && !lower;
        if is_list && is_base_all && !reaches(&*projector, entry.base.as_ref(), confirmed, known.as_ref()) {
            return;
        }
        if is_list && (op.idempotent || creates || is_numbered) && rules.holds(Rule::ListKeepsIdempotent) {
            // Rule N2: the list keeps the operation, so that fetches which overlap it stay usable.
            self.keep_live(entry_id, id, epoch);
            return;
        }
        let Some(entry) = self.entries.get_mut(&entry_id) else { return };
        if is_numbered {
            entry.marks.numbered_start = epoch;
        } else {
            entry.marks.min_start = epoch;
        }
        let is_open = proof.is_none() && entry.marks.replaced_at >= first_sent;
        let ambiguous = is_open && rules.holds(Rule::AmbiguousAnswerIsNoBase);
        let deletes = op.kind == OpKind::Delete;
        if deletes && !is_list {
            entry.base = None;
            entry.marks.mark = mark;
            entry.is_gone = true;
            entry.status = crate::status::QueryStatus::Pending;
            self.forget_before(entry_id, id);
            return;
        }
        let absorbed = match &entry.base {
            Some(base) if !ambiguous && !lower && !overtaken => {
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
                } else {
                    entry.marks.mark = mark;
                    self.base_renewed(entry_id);
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
            .filter(|id| self.entries.get(id).is_some_and(|entry| entry.is_invalidated && entry.observers.active() > 0))
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
