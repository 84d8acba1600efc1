//! When is a mutation sent, and what happens when it fails?
//!
//! States: *Preparing* (its callback runs) → *Queued* → *Sending* ⇄ *Waiting* (for a retry) → *Answered* (confirmed or
//! given up; its callbacks run) → *Settled*.

use std::collections::{BTreeSet, HashSet};

use crate::{
    backoff::RetryDecision,
    clock::Moment,
    error::QueryError,
    heart::{
        Due, Effect, EntryId, Heart, MutationId,
        fetch::{may_continue, may_start},
        log::{Layer, Progress, Record},
        spec::{NewMutation, Scope},
    },
    projection::Op,
    status::MutationStatus,
};

impl Heart {
    /// A mutation is asked for: it shows at once and is sent when it may be (rules R1, R2).
    pub(crate) fn mutate(&mut self, mut new: NewMutation, now: Moment) {
        self.event(now);
        for op in &mut new.ops {
            if let Some((_, real)) = self.log.real_id(&op.id)
                && let Some(renamed) = op.renamed(real)
            {
                *op = renamed;
            }
        }
        if let (Scope::Row(..), Some(op)) = (&new.scope, new.ops.first()) {
            new.scope = Scope::Row(op.entity, op.id.clone());
        }
        let own = new.ops.iter().filter(|op| !op.temp).map(|op| &op.id);
        let waits_for: BTreeSet<MutationId> =
            new.names.iter().chain(own).filter_map(|id| self.log.creator(id)).collect();
        let ops = std::mem::take(&mut new.ops);
        let layers = ops.iter().map(|op| Layer { op: op.clone(), known: self.known_row(op, new.id) }).collect();
        self.log.insert(new, layers, waits_for, now);
        self.layers_changed(&ops);
        self.dispatch(now);
    }

    /// The mutation's `on_mutate` has run.
    pub(crate) fn mutation_ready(&mut self, id: MutationId, now: Moment) {
        self.event(now);
        if let Some(record) = self.log.get_mut(id)
            && record.progress == Progress::Preparing
        {
            record.progress = Progress::Queued;
        }
        self.dispatch(now);
    }

    /// Sends what may be sent: in each scope the first, if the network allows and nothing it names is missing.
    pub(crate) fn dispatch(&mut self, now: Moment) {
        let _ = now;
        let mut busy = HashSet::new();
        let mut send = Vec::new();
        for (id, record) in self.log.unsettled() {
            // The next of a row may go as soon as the server has answered; a named scope waits for the callbacks too.
            if record.progress == Progress::Answered && !matches!(record.scope, Scope::Named(_)) {
                continue;
            }
            let first = record.scope == Scope::None || busy.insert(&record.scope);
            if first && record.progress == Progress::Queued && self.may_send(record) {
                send.push(id);
            }
        }
        let epoch = self.epoch;
        for id in send {
            let Some(record) = self.log.get_mut(id) else { continue };
            record.progress = Progress::Sending;
            record.first_sent.get_or_insert(epoch);
            let attempt = record.attempt;
            self.effects.push(Effect::SendMutation { mutation: id, attempt });
        }
    }

    fn may_send(&self, record: &Record) -> bool {
        let network = record.spec.network;
        let allowed = if record.attempt == 0 {
            may_start(network, self.online)
        } else {
            may_continue(network, self.online, self.focused)
        };
        // What waits behind the barrier may wait for a mutation that was sent already: its retries pass.
        let passes = record.first_sent.is_some() || !record.layers.iter().any(|layer| self.is_barred(&layer.op));
        allowed && record.waits_for.is_empty() && passes
    }

    /// Returns whether an entry waits for a clean fetch before anything like this may be sent (rule R18).
    fn is_barred(&self, op: &Op) -> bool {
        !op.idempotent
            && self.touchable(op).into_iter().any(|id| self.entries.get(&id).is_some_and(|entry| entry.marks.barrier))
    }

    /// Returns what is paused now and goes on, if there is a connection.
    pub(crate) fn resume_mutations(&mut self, now: Moment) -> Vec<MutationId> {
        let paused: Vec<MutationId> =
            self.log.unsettled().filter(|(_, record)| record.progress == Progress::Queued).map(|(id, _)| id).collect();
        self.dispatch(now);
        if self.online { paused } else { Vec::new() }
    }

    /// An attempt has failed: it is tried again, or rolled back and nothing else with it (rule R8).
    pub(crate) fn mutation_failed(&mut self, id: MutationId, error: &QueryError, now: Moment) {
        self.event(now);
        let random = self.random.f64();
        let Some(record) = self.log.get_mut(id) else { return };
        if !record.is_pending() {
            return;
        }
        let failures = record.failure_count;
        record.failure_count += 1;
        record.failure_reason = Some(error.clone());
        record.is_uncertain |= is_uncertain(error);
        match record.spec.retry.decide(failures, error, record.idempotent, random) {
            RetryDecision::Retry(delay) if record.progress == Progress::Sending => {
                record.progress = Progress::Waiting;
                record.attempt += 1;
                self.deadlines.set(Due::MutationRetry(id), Some(now + delay));
            }
            _ => self.reject(id, error, now),
        }
    }

    /// The delay before a retry is over.
    pub(crate) fn mutation_retry_due(&mut self, id: MutationId, now: Moment) {
        if let Some(record) = self.log.get_mut(id)
            && record.progress == Progress::Waiting
        {
            record.progress = Progress::Queued;
        }
        self.dispatch(now);
    }

    /// Takes a mutation back, and those that need what it would have created, in order and unsent.
    pub(crate) fn reject(&mut self, id: MutationId, error: &QueryError, now: Moment) {
        let mut next = vec![(id, error.clone())];
        let mut ops = Vec::new();
        while let Some((id, error)) = next.pop() {
            let Some(record) = self.log.get_mut(id) else { continue };
            if !record.is_pending() {
                continue;
            }
            let uncertain = record.is_uncertain;
            record.progress = Progress::Answered;
            record.error = Some(error.clone());
            self.deadlines.set(Due::MutationRetry(id), None);
            let layers = std::mem::take(&mut record.layers);
            ops.push((layers.into_iter().map(|layer| layer.op).collect::<Vec<Op>>(), uncertain));
            self.log.retire(id);
            let dependants: Vec<MutationId> =
                self.log.unsettled().filter(|(_, record)| record.waits_for.contains(&id)).map(|(id, _)| id).collect();
            next.extend(
                dependants
                    .into_iter()
                    .rev()
                    .map(|id| (id, QueryError::rejected("the row it depends on was not created"))),
            );
            self.effects.push(Effect::MutationFailed { mutation: id, error });
        }
        for (ops, uncertain) in ops {
            self.rows_changed(&ops);
            self.layers_changed(&ops);
            self.unpark(&ops, now);
            if uncertain {
                // Nobody knows whether the server has done it.
                self.make_stale(&ops, now);
            }
        }
        self.dispatch(now);
    }

    /// The callbacks of an answered mutation have run.
    pub(crate) fn mutation_settled(&mut self, id: MutationId, callback_error: Option<QueryError>, now: Moment) {
        self.event(now);
        let Some(record) = self.log.get_mut(id) else { return };
        if record.progress != Progress::Answered {
            return;
        }
        record.progress = Progress::Settled;
        record.error = record.error.take().or(callback_error);
        record.status = if record.error.is_some() { MutationStatus::Error } else { MutationStatus::Success };
        if record.error.is_none() {
            record.failure_count = 0;
            record.failure_reason = None;
        }
        let gc = record.gc;
        self.log.settle(id);
        self.arm_mutation_gc(id, gc, now);
        self.dispatch(now);
        self.resumed_one(id, now);
    }

    /// Forgets a mutation, whatever it is doing; what it showed goes.
    pub(crate) fn drop_mutation(&mut self, id: MutationId, now: Moment) {
        self.deadlines.set(Due::MutationRetry(id), None);
        self.deadlines.set(Due::MutationGc(id), None);
        if let Some(record) = self.log.remove(id) {
            let ops: Vec<Op> = record.layers.into_iter().map(|layer| layer.op).collect();
            self.layers_changed(&ops);
            self.unpark(&ops, now);
            self.resumed_one(id, now);
        }
    }

    /// Returns which temporary ids have become real ones, and which have not.
    pub(crate) fn names(&self) -> std::sync::Arc<crate::heart::Names> {
        self.log.names()
    }

    /// Counts the mutations that are not over, paused ones included (T103).
    pub(crate) fn mutating(&self) -> usize {
        self.log.unsettled().count()
    }

    /// Returns the entries that any of these operations could show in, each once.
    pub(crate) fn touchable_by<'a>(&self, ops: impl IntoIterator<Item = &'a Op>) -> Vec<EntryId> {
        let entries: BTreeSet<EntryId> = ops.into_iter().flat_map(|op| self.touchable(op)).collect();
        entries.into_iter().collect()
    }

    /// Returns the entries that an operation could show in.
    pub(crate) fn touchable(&self, op: &Op) -> Vec<EntryId> {
        self.rows
            .candidates(op)
            .filter(|id| {
                self.entries
                    .get(id)
                    .and_then(|entry| entry.kind.projector.as_ref())
                    .is_some_and(|projector| projector.could_touch(op))
            })
            .collect()
    }
}

/// Returns whether a server that was reached may have done what was asked of it, in spite of this error (rule R9).
fn is_uncertain(error: &QueryError) -> bool {
    error.is_network() || error.is_timeout() || error.status().is_some_and(|status| status >= 500)
}
