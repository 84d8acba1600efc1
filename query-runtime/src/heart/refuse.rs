//! Which mutations are not carried out, and what falls with them?

use std::collections::BTreeMap;

use crate::{
    clock::Moment,
    error::QueryError,
    heart::{
        Due, Effect, Heart, MutationId, Rule,
        record::{Progress, Record},
        spec::Scope,
    },
    projection::Op,
};

impl Heart {
    /// Takes a mutation back, and those that need what it would have created, in order and unsent.
    pub(crate) fn reject(&mut self, id: MutationId, error: &QueryError, now: Moment) {
        let mut next = vec![(id, error.clone())];
        let mut ops = Vec::new();
        while let Some((id, error)) = next.pop() {
            let Some(record) = self.log.get_mut(id) else { continue };
            if !record.is_pending() {
                continue;
            }
            if record.progress == Progress::Preparing {
                // What `on_mutate` does is undone by callbacks that run after it.
                record.refused.get_or_insert(error);
                continue;
            }
            let uncertain = record.is_uncertain;
            record.progress = Progress::Answered;
            record.error = Some(error.clone());
            self.deadlines.set(Due::MutationRetry(id), None);
            // What a push has proven stays, whatever is said of it later.
            let is_proven = record.acked.is_some();
            let layers = if is_proven { Vec::new() } else { std::mem::take(&mut record.layers) };
            ops.push((layers.into_iter().map(|layer| layer.op).collect::<Vec<Op>>(), uncertain));
            self.log.retire(id);
            next.extend(self.falls_with(id).into_iter().rev());
            self.effects.push(Effect::MutationFailed { mutation: id, error });
        }
        for (ops, uncertain) in ops {
            self.rows_changed(&ops);
            self.layers_changed(&ops);
            if self.rules.holds(Rule::UnparkRefused) {
                self.unpark(&ops, now);
            }
            if uncertain {
                // Nobody knows whether the server has done it.
                self.make_stale(&ops, now);
            }
            self.uncover(&ops, now);
        }
        self.dispatch(now);
    }

    /// Returns what is not sent because a mutation was not carried out, and why.
    pub(crate) fn falls_with(&self, id: MutationId) -> Vec<(MutationId, QueryError)> {
        let scope = self.log.get(id).map_or(Scope::None, |record| record.scope.clone());
        let (falls, alone) = (self.rules.holds(Rule::DependantsFall), self.rules.holds(Rule::RollBackOneOnly));
        // In order, as they were asked for.
        let others: BTreeMap<MutationId, &Record> =
            self.log.waiting_for(id).chain(self.log.in_scope(&scope)).filter(|(other, _)| *other != id).collect();
        others
            .into_iter()
            .filter_map(|(other, record)| {
                let stops = || {
                    let own = record.scope.named().filter(|own| own.stops && record.scope == scope);
                    own.filter(|_| other > id && record.is_unsent())
                };
                let why = if record.waits_for.contains(&id) && falls {
                    "the row it depends on was not created"
                } else if !alone && record.scope == scope && scope != Scope::None {
                    "a mutation of its row failed"
                } else {
                    stops().map(|_| "a mutation before it in its scope failed")?
                };
                Some((other, QueryError::rejected(why)))
            })
            .collect()
    }

    /// Gives a mutation up, if that is still possible. `aborts`: dropping the future of its attempt ends it.
    ///
    /// One that is on its way and cannot be aborted runs to its end, but is not tried again.
    pub(crate) fn cancel_mutation(&mut self, id: MutationId, aborts: bool, now: Moment) -> bool {
        self.event(now);
        let Some(record) = self.log.get_mut(id) else { return false };
        match record.progress {
            Progress::Preparing | Progress::Queued | Progress::Waiting | Progress::Undecided | Progress::Resolving => {}
            Progress::Sending if aborts => {
                record.is_uncertain = true;
                self.effects.push(Effect::AbortMutation { mutation: id });
            }
            Progress::Sending => {
                record.retries_stopped = true;
                return false;
            }
            Progress::Answered | Progress::Settled => return false,
        }
        self.reject(id, &QueryError::cancelled(), now);
        true
    }

    /// A mutation takes the place of those that wait before it in its scope.
    pub(crate) fn supersede(&mut self, id: MutationId, scope: &Scope, now: Moment) {
        let waiting: Vec<MutationId> = self
            .log
            .unsettled()
            .filter(|(other, record)| *other < id && record.scope == *scope && record.is_unsent())
            .map(|(other, _)| other)
            .collect();
        for other in waiting {
            self.reject(other, &QueryError::rejected("a newer mutation of its scope took its place"), now);
        }
    }

    /// Forgets a mutation, and what it showed goes. One that is on its way, or may be any moment, goes on without being
    /// listed, so that whoever waits for it hears how it ended (T23).
    pub(crate) fn forget_mutation(&mut self, id: MutationId, now: Moment) {
        let Some(record) = self.log.get_mut(id) else { return };
        let ops: Vec<Op> = std::mem::take(&mut record.layers).into_iter().map(|layer| layer.op).collect();
        let goes_on = !matches!(record.progress, Progress::Queued | Progress::Undecided | Progress::Settled);
        if goes_on {
            record.listed = false;
            record.scope = Scope::None;
        } else {
            self.log.remove(id);
        }
        self.deadlines.set(Due::MutationGc(id), None);
        self.layers_changed(&ops);
        self.unpark(&ops, now);
        self.resumed_one(id, now);
    }
}
