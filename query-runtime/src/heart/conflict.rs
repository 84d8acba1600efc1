//! What happens when what a mutation asks for conflicts with what the server has (rule R10)?

use crate::{
    backoff::{RetryDecision, RetryPolicy},
    clock::Moment,
    error::QueryError,
    heart::{
        Due, Effect, EntryId, Heart, MutationId,
        record::{Layer, Progress},
        spec::Source,
    },
    key::KeySegment,
    projection::{EntryShape, Op, OpKind},
};

/// How often a mutation may be changed after a conflict, and how often the server may still work on an earlier attempt.
pub(crate) const ROUNDS: u32 = 10;

/// Returns whether the server says that its row is not as the mutation takes it to be, or is not there.
pub(crate) fn is_conflict(ops: &[Layer], error: &QueryError) -> bool {
    let creates = ops.first().is_some_and(|layer| layer.op.kind == OpKind::Create);
    match error.status() {
        Some(409 | 412) => true,
        Some(404 | 410) => !creates,
        _ => false,
    }
}

impl Heart {
    /// The server has refused it for what it has itself: the program says how it goes on.
    pub(crate) fn conflicted(&mut self, id: MutationId, error: &QueryError, now: Moment) {
        let Some(record) = self.log.get_mut(id) else { return };
        record.progress = Progress::Resolving;
        record.failure_count = record.attempt + 1;
        record.failure_reason = Some(error.clone());
        let (is_uncertain, round, error) = (record.is_uncertain, record.rounds, error.clone());
        if is_uncertain {
            self.doubted(id, now);
        } else {
            // The server has certainly not done it: whatever it sends does not contain it.
            record.first_sent = None;
            let ops: Vec<Op> = record.layers.iter().map(|layer| layer.op.clone()).collect();
            self.unpark(&ops, now);
        }
        self.effects.push(Effect::MutationConflict { mutation: id, error, is_uncertain, round });
    }

    /// Returns what a mutation shows.
    pub(crate) fn ops_of(&self, id: MutationId) -> Vec<Op> {
        self.log.get(id).map(|record| record.layers.iter().map(|layer| layer.op.clone()).collect()).unwrap_or_default()
    }

    /// The same may be sent again after bytes have left.
    pub(crate) fn may_be_repeated(&mut self, id: MutationId) {
        if let Some(record) = self.log.get_mut(id) {
            record.terms.idempotent = true;
        }
    }

    /// Returns the details of the rows that a mutation changes, where somebody has said how to fetch them.
    pub(crate) fn details_of(&mut self, id: MutationId) -> Vec<EntryId> {
        let ops: Vec<Op> = self.log.layers_of(id).map(|(.., layer)| layer.op.clone()).collect();
        let touched = self.touchable_by(&ops);
        let is_detail = |entry: &EntryId| {
            self.entries.get(entry).is_some_and(|entry| {
                entry.source == Source::Given
                    && entry.kind.projector.as_ref().is_some_and(|one| one.kind() == EntryShape::Detail)
            })
        };
        touched.into_iter().filter(is_detail).collect()
    }

    /// What the server has counts: the call ends with this error, and what it showed stays until that was fetched.
    pub(crate) fn keep_server(&mut self, id: MutationId, error: &QueryError, now: Moment) {
        self.event(now);
        if self.is_resolving(id) {
            self.linger(id, error, now);
        }
    }

    /// The mutation is given up after a conflict.
    pub(crate) fn discard(&mut self, id: MutationId, error: &QueryError, now: Moment) {
        self.event(now);
        if self.is_resolving(id) {
            self.reject(id, error, now);
        }
    }

    /// The conflict is one with itself: an earlier attempt was carried out.
    pub(crate) fn applied(&mut self, id: MutationId, now: Moment) {
        self.event(now);
        if self.is_resolving(id) {
            self.assume(id);
        }
    }

    /// The mutation asks for something else from now on, in its old place. Returns whether it still could.
    pub(crate) fn retry_with(
        &mut self,
        id: MutationId,
        ops: Vec<Op>,
        names: &[KeySegment],
        error: &QueryError,
        now: Moment,
    ) -> bool {
        self.event(now);
        let ops = self.renamed(ops);
        let mut waits_for = self.creators_of(&ops, names);
        waits_for.retain(|other| *other < id);
        if !self.is_resolving(id) {
            return false;
        }
        let Some(record) = self.log.get_mut(id) else { return false };
        if record.rounds >= ROUNDS {
            self.reject(id, error, now);
            return false;
        }
        record.rounds += 1;
        record.attempt += 1;
        record.tries = 0;
        record.held_up = 0;
        record.progress = Progress::Queued;
        record.is_uncertain = false;
        record.first_sent = None;
        record.doubt = None;
        record.hidden_on.clear();
        record.waits_for = waits_for;
        let old: Vec<Op> = std::mem::take(&mut record.layers).into_iter().map(|layer| layer.op).collect();
        let layers = ops.iter().map(|op| Layer { op: op.clone(), known: self.known_row(op, id) }).collect();
        self.log.set_layers(id, layers);
        let changed: Vec<Op> = old.into_iter().chain(ops).collect();
        self.rows_changed(&changed);
        self.layers_changed(&changed);
        self.dispatch(now);
        true
    }

    fn is_resolving(&self, id: MutationId) -> bool {
        self.log.get(id).is_some_and(|record| record.progress == Progress::Resolving)
    }

    /// The server still works on an earlier attempt: the same is sent again later (rule R10).
    pub(crate) fn mutation_in_progress(&mut self, id: MutationId, error: &QueryError, now: Moment) {
        self.event(now);
        let random = self.random.f64();
        let Some(record) = self.log.get_mut(id) else { return };
        if !record.is_pending() {
            return;
        }
        record.is_uncertain = true;
        let patience = RetryPolicy::default().max(ROUNDS).when(|_, _| true);
        match patience.decide(record.held_up, error, true, random) {
            RetryDecision::Retry(delay) if record.progress == Progress::Sending && !record.retries_stopped => {
                record.held_up += 1;
                record.progress = Progress::Waiting;
                record.attempt += 1;
                record.failure_count = record.attempt;
                record.failure_reason = Some(error.clone());
                self.deadlines.set(Due::MutationRetry(id), Some(now + delay));
            }
            _ => self.left_in_doubt(id, error, now),
        }
    }
}
