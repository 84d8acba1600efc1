//! When is a mutation sent, and what happens when it fails?
//!
//! States: *Preparing* (its callback runs) → *Queued* → *Sending* ⇄ *Waiting* (for a retry) → *Answered* (confirmed or
//! given up; its callbacks run) → *Settled*. From *Sending* also to *Undecided* (nobody knows whether the server has carried
//! it out, and the program is to decide) and to *Resolving* (the program deals with a conflict), and from those to *Queued* or
//! *Answered*. *Answered* is entered once: confirmed, refused, given up, or ended in doubt.

use std::collections::BTreeSet;

use crate::{
    backoff::RetryDecision,
    clock::Moment,
    error::QueryError,
    heart::{
        Due, Effect, Event, Heart, MutationId, Rule,
        conflict::is_conflict,
        doubt::is_uncertain,
        fetch::{may_continue, may_start},
        record::{Layer, Progress, Record},
        spec::{NewMutation, Scope},
    },
    key::{KeySegment, QueryKey},
    projection::Op,
    status::MutationStatus,
};

impl Heart {
    /// A mutation is asked for: it shows at once and is sent when it may be (rules R1, R2).
    pub(crate) fn mutate(&mut self, mut new: NewMutation, now: Moment) {
        self.event(now);
        new.ops = self.renamed(new.ops);
        if let (Scope::Row(..), Some(op)) = (&new.scope, new.ops.first()) {
            new.scope = Scope::Row(op.entity, op.id.clone());
        }
        let waits_for = self.creators_of(&new.ops, &new.names);
        let id = new.id;
        let newest = new.scope.named().filter(|scope| scope.newest).cloned();
        let ops = std::mem::take(&mut new.ops);
        let layers = ops.iter().map(|op| Layer { op: op.clone(), known: self.known_row(op, new.id) }).collect();
        self.log.insert(new, layers, waits_for, now);
        self.layers_added(id, &ops);
        self.arm_mutation_gc(id, now);
        if let Some(scope) = newest {
            self.supersede(id, &Scope::Named(scope), now);
        }
        let begins_paused = self.log.get(id).is_some_and(|record| !self.is_first(id) || !self.may_send(record));
        if let Some(record) = self.log.get_mut(id) {
            record.begins_paused = begins_paused;
        }
        self.dispatch(now);
    }

    /// Returns operations with the real ids of rows that the server has named.
    pub(crate) fn renamed(&self, mut ops: Vec<Op>) -> Vec<Op> {
        for op in &mut ops {
            if let Some((_, real)) = self.log.real_id(&op.id)
                && let Some(renamed) = op.renamed(real)
            {
                *op = renamed;
            }
        }
        ops
    }

    /// Returns the undecided mutations that create what a mutation changes or names.
    pub(crate) fn creators_of(&self, ops: &[Op], names: &[KeySegment]) -> BTreeSet<MutationId> {
        let own = ops.iter().filter(|op| !op.temp).map(|op| &op.id);
        names.iter().chain(own).filter_map(|id| self.log.creator(id)).collect()
    }

    /// The mutation's `on_mutate` has run, and perhaps failed.
    pub(crate) fn mutation_ready(&mut self, id: MutationId, result: Result<(), QueryError>, now: Moment) {
        self.event(now);
        let Some(record) = self.log.get_mut(id) else { return };
        if record.progress != Progress::Preparing {
            return;
        }
        record.progress = Progress::Queued;
        match (result, record.refused.take()) {
            (Err(error), _) | (Ok(()), Some(error)) => self.reject(id, &error, now),
            (Ok(()), None) => self.dispatch(now),
        }
    }

    /// Sends what may be sent: in each scope the first, if the network allows and nothing it names is missing.
    pub(crate) fn dispatch(&mut self, _now: Moment) {
        let ordered = self.rules.holds(Rule::ScopeInOrder);
        self.log.sort_in();
        let may_go = |(id, record): (MutationId, &Record)| {
            let is_ready = record.progress == Progress::Queued && !record.held && self.may_send(record);
            (is_ready && (!ordered || self.is_next(id, record))).then_some((record.attempt > 0, id))
        };
        let mut send: Vec<_> = self.log.queued().filter_map(may_go).collect();
        // What was never sent goes before what is sent again; both in order.
        send.sort_unstable();
        let epoch = self.epoch;
        for (_, id) in send {
            let Some(record) = self.log.get_mut(id) else { continue };
            record.progress = Progress::Sending;
            record.first_sent.get_or_insert(epoch);
            record.doubt = None;
            let attempt = record.attempt;
            self.effects.push(Effect::SendMutation { mutation: id, attempt });
        }
    }

    /// Returns whether nothing before it in its scope keeps it from being sent.
    fn is_next(&self, id: MutationId, record: &Record) -> bool {
        // The next of a row may go as soon as the server has answered; a named scope waits for the callbacks too.
        let waits = matches!(record.scope, Scope::Named(_));
        let keeps = |other: &Record| other.scope == record.scope && (waits || other.progress != Progress::Answered);
        record.scope == Scope::None
            || !self.log.in_scope(&record.scope).take_while(|(other, _)| *other < id).any(|(_, other)| keeps(other))
    }

    /// Returns whether nothing before it in its scope is not over.
    fn is_first(&self, id: MutationId) -> bool {
        self.log.get(id).is_none_or(|own| {
            let before = self.log.in_scope(&own.scope).take_while(|(other, _)| *other < id);
            own.scope == Scope::None || !before.into_iter().any(|(_, record)| record.scope == own.scope)
        })
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
        let named = record.waits_for.is_empty() || !self.rules.holds(Rule::WaitForName);
        allowed && named && passes && !self.principals.is_away()
    }

    /// A mutation has its answer. Where it is decided or gone already, subscribers hear that the answer is left out (I13).
    pub(crate) fn hears_of(&mut self, id: MutationId, key: QueryKey) {
        if !self.log.get(id).is_some_and(Record::is_pending) {
            let key = self.told_of_mutation(id, key);
            self.effects.push(Effect::Event(Event::Dropped(key)));
        }
    }

    /// An attempt has failed: it is tried again; or the server may have carried it out (rule R9); or it conflicts with what
    /// the server has (rule R10); or it is rolled back and nothing else with it (rule R8).
    pub(crate) fn mutation_failed(&mut self, id: MutationId, error: &QueryError, now: Moment) {
        self.event(now);
        if error.is_fenced() {
            return self.mutation_held_back(id, now);
        }
        let (random, doubts) = (self.random.f64(), self.rules.holds(Rule::DoubtOutlastsRefusal));
        let Some(record) = self.log.get_mut(id) else { return };
        if !record.is_pending() {
            return;
        }
        let (is_refused, may_be_there) = (!is_uncertain(error), record.is_uncertain);
        record.is_uncertain |= !is_refused;
        let conflicts = is_conflict(&record.layers, error);
        match record.spec.retry.decide(record.tries, error, record.terms.may_repeat(), random) {
            RetryDecision::Retry(delay) if record.progress == Progress::Sending && !record.retries_stopped => {
                record.progress = Progress::Waiting;
                record.attempt += 1;
                record.tries += 1;
                record.failure_count = record.attempt;
                record.failure_reason = Some(error.clone());
                self.deadlines.set(Due::MutationRetry(id), Some(now + delay));
            }
            _ if !is_refused => self.left_in_doubt(id, error, now),
            _ if conflicts && record.terms.resolves => self.conflicted(id, error, now),
            // The refusal may be one of what an earlier attempt has done already.
            _ if may_be_there && doubts && !is_last_word(record, error) => self.left_in_doubt(id, error, now),
            _ => {
                record.is_uncertain = false;
                self.reject(id, error, now);
            }
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
        record.failure_reason.clone_from(&record.error);
        // Until now it was not over, and did not show that it had failed for good (T142).
        record.failure_count = if record.error.is_some() { record.failure_count + 1 } else { 0 };
        let (scope, listed) = (record.scope.clone(), record.listed);
        self.log.settle(id);
        if listed {
            self.arm_missed_gc(id, now);
        } else {
            // First whoever waits hears how it ended.
            self.deadlines.set(Due::MutationGc(id), Some(now));
        }
        self.release_next(&scope);
        self.dispatch(now);
        self.resumed_one(id, now);
    }

    /// Returns which temporary ids have become real ones, and which have not.
    pub(crate) fn names(&self) -> std::sync::Arc<crate::heart::Names> {
        self.log.names()
    }

    /// Counts the mutations that are not over, paused ones included (T103).
    pub(crate) fn mutating(&self) -> usize {
        self.log.unsettled().filter(|(_, record)| record.listed).count()
    }
}

/// Returns whether a refusal is about all attempts and not only about the last one: the row is not there, or the server knows
/// them for one and says what became of the first.
fn is_last_word(record: &Record, error: &QueryError) -> bool {
    match error.status() {
        Some(404 | 410) => true,
        // What compares versions may stand before what knows the key.
        Some(409 | 412) => false,
        _ => record.terms.keyed,
    }
}
