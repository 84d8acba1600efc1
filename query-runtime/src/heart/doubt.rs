//! What becomes of a mutation of which nobody knows whether the server has carried it out (rule R9)?
//!
//! What it shows is never taken back on a guess. The next fetch that begins after the last attempt ended shows the truth, and
//! then the operation goes.

use crate::{
    clock::Moment,
    error::QueryError,
    event::MutationChange,
    heart::{
        Due, Effect, EntryId, Event, Heart, MutationId, Rule,
        optimism::reaches,
        record::{Layer, Progress, Record},
        spec::Epoch,
    },
    projection::Op,
    status::Decision,
};

/// Returns whether a server that was reached may have done what was asked of it, in spite of this error.
pub(crate) fn is_uncertain(error: &QueryError) -> bool {
    error.is_network() || error.is_timeout() || error.status().is_some_and(|status| status >= 500)
}

/// Returns whether showing the operation over a base that has it already does no harm.
pub(crate) fn is_harmless(op: &Op) -> bool {
    op.idempotent && !op.temp
}

impl Heart {
    /// No further attempt follows, and the server may have carried one out: the program decides, or the call ends.
    pub(crate) fn left_in_doubt(&mut self, id: MutationId, error: &QueryError, now: Moment) {
        let Some(record) = self.log.get_mut(id) else { return };
        record.is_uncertain = true;
        if !self.rules.holds(Rule::DoubtStays) {
            self.reject(id, error, now);
            return;
        }
        if !record.terms.asks || record.retries_stopped {
            self.tell_of(id, MutationChange::Uncertain);
            self.linger(id, error, now);
            return;
        }
        record.progress = Progress::Undecided;
        record.failure_count = record.attempt + 1;
        record.failure_reason = Some(error.clone());
        self.tell_of(id, MutationChange::NeedsDecision);
        self.doubted(id, now);
        self.resumed_one(id, now);
    }

    /// No attempt is on its way any more: fetches that begin from now on show whether the server has carried one out.
    pub(crate) fn doubted(&mut self, id: MutationId, now: Moment) {
        let epoch = self.epoch;
        let Some(record) = self.log.get_mut(id) else { return };
        record.doubt = Some(epoch);
        let ops: Vec<Op> = record.layers.iter().map(|layer| layer.op.clone()).collect();
        self.refuse_older(&ops, epoch);
        self.unpark(&ops, now);
        self.make_stale(&ops, now);
    }

    /// Results of fetches that began before this may or may not contain what must not show twice: they are refused.
    fn refuse_older(&mut self, ops: &[Op], epoch: Epoch) {
        if !self.rules.holds(Rule::DoubtRefusesEarlier) {
            return;
        }
        for id in self.touchable_by(ops.iter().filter(|op| !is_harmless(op))) {
            if let Some(entry) = self.entries.get_mut(&id) {
                entry.marks.min_start = epoch;
            }
        }
    }

    /// The call ends with this error, and what it shows stays until a fetch that begins from now on has shown the truth.
    pub(crate) fn linger(&mut self, id: MutationId, error: &QueryError, now: Moment) {
        let epoch = self.epoch;
        let Some(record) = self.log.get_mut(id) else { return };
        record.progress = Progress::Answered;
        record.error = Some(error.clone());
        record.acked = Some(epoch);
        let layers = record.layers.clone();
        let hidden = std::mem::take(&mut record.hidden_on);
        self.deadlines.set(Due::MutationRetry(id), None);
        let ops: Vec<Op> = layers.iter().map(|layer| layer.op.clone()).collect();
        let mut shown = Vec::new();
        for layer in &layers {
            let concerned = self.concerned_by(&[&layer.op]);
            shown.extend(concerned.into_iter().filter(|entry| self.concerns(*entry, id, layer)));
        }
        for entry in shown {
            if hidden.contains(&entry) {
                self.mark_invalid(entry, epoch);
            } else {
                self.keep_live(entry, id, epoch);
            }
        }
        self.refuse_older(&ops, epoch);
        self.log.retire(id);
        self.effects.push(Effect::MutationFailed { mutation: id, error: error.clone() });
        for (other, why) in self.falls_with(id) {
            self.reject(other, &why, now);
        }
        self.layers_changed(&ops);
        self.unpark(&ops, now);
        self.make_stale(&ops, now);
        self.dispatch(now);
    }

    /// Returns whether an operation shows in an entry, or may once a fetch under way has landed.
    fn concerns(&self, entry_id: EntryId, id: MutationId, layer: &Layer) -> bool {
        let Some(entry) = self.entries.get(&entry_id) else { return false };
        let Some(projector) = &entry.kind.projector else { return false };
        let is_base_all = entry.flight.is_none() && !self.has_lower(entry_id, id, &layer.op);
        !is_base_all || reaches(&**projector, entry.base.as_ref(), &layer.op, layer.known.as_ref())
    }

    /// A fetch that began at `start` has replaced the base: what is in doubt and would show twice over it is hidden there.
    pub(crate) fn hide_doubted(&mut self, entry_id: EntryId, start: Epoch, was_there: impl Fn(&Op) -> bool) {
        let Some(projector) = self.entries.get(&entry_id).and_then(|entry| entry.kind.projector.clone()) else {
            return;
        };
        let hidden: Vec<MutationId> = self
            .log
            .live_on(entry_id, &*projector)
            .filter(|(_, record, Layer { op, .. })| {
                record.is_undecided()
                    && record.doubt.is_some_and(|doubt| start >= doubt)
                    && !is_harmless(op)
                    && projector.could_touch(op)
                    && !was_there(op)
            })
            .map(|(id, ..)| id)
            .collect();
        for id in hidden {
            if let Some(record) = self.log.get_mut(id) {
                record.hidden_on.insert(entry_id);
            }
        }
    }

    /// A fetch that began at `start` has found nothing: what ended in doubt before it shows no more.
    pub(crate) fn row_missing(&mut self, entry_id: EntryId, start: Epoch) {
        let is_over = |record: &Record| record.error.is_some() && record.acked.is_some_and(|acked| start >= acked);
        let ended: Vec<MutationId> =
            self.log.kept(entry_id).filter(|(_, record)| is_over(record)).map(|(id, _)| id).collect();
        for id in &ended {
            self.log.contained(*id, entry_id);
        }
        if !ended.is_empty() {
            self.base_changed(entry_id);
        }
    }

    /// The program says what becomes of a mutation; returns whether that was still to be said.
    pub(crate) fn decide_mutation(&mut self, id: MutationId, decision: Decision, now: Moment) -> bool {
        self.event(now);
        let Some(record) = self.log.get_mut(id) else { return false };
        if record.progress != Progress::Undecided {
            return false;
        }
        match decision {
            Decision::SendAgain => {
                record.progress = Progress::Queued;
                record.attempt += 1;
                record.tries = 0;
                record.held_up = 0;
                record.held = false;
                self.dispatch(now);
            }
            Decision::Confirm => self.assume(id),
            Decision::Discard => {
                let error = record.failure_reason.clone().unwrap_or_else(QueryError::cancelled);
                self.reject(id, &error, now);
            }
        }
        true
    }

    /// The server is said to have carried a mutation out.
    pub(crate) fn assume(&mut self, id: MutationId) {
        if let Some(record) = self.log.get_mut(id) {
            record.progress = Progress::Resolving;
            self.effects.push(Effect::MutationAssumed { mutation: id });
        }
    }

    /// Tells subscribers something about a mutation.
    fn tell_of(&mut self, id: MutationId, change: MutationChange) {
        if let Some(record) = self.log.get(id).filter(|record| record.listed) {
            self.effects.push(Effect::Event(Event::Mutation(id, record.key.clone(), change)));
        }
    }
}
