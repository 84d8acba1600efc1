//! When does a mutation that waits go on, and who waits for those that were resumed?
//!
//! A mutation that waits is looked at again when something happens, except one that is *held*: only resuming lets it go.

use std::collections::BTreeSet;

use crate::{
    clock::Moment,
    heart::{Effect, FetchId, Heart, MutationId, record::Progress, spec::Scope},
    status::NetworkMode,
};

/// What follows when the resumed mutations have been answered.
#[derive(Debug)]
pub(crate) struct Resuming {
    waiting: BTreeSet<MutationId>,
    next: Next,
}

/// What follows.
#[derive(Clone, Copy, Debug)]
enum Next {
    /// The entries hear of the focus.
    Focus,
    /// The entries hear of the connection.
    Online,
    /// Whoever waits is told.
    Tell(FetchId),
}

impl Heart {
    /// The focus came back: paused mutations go first, so that fetches see what they did (T22).
    pub(crate) fn resume_on_focus(&mut self, now: Moment) {
        if !self.online {
            // Only a connection resumes (T104), also what needs none.
            let waits: Vec<MutationId> = self
                .log
                .unsettled()
                .filter(|(_, record)| {
                    record.progress == Progress::Queued
                        && record.attempt > 0
                        && record.spec.network == NetworkMode::Always
                })
                .map(|(id, _)| id)
                .collect();
            for id in waits {
                if let Some(record) = self.log.get_mut(id) {
                    record.held = true;
                }
            }
        }
        self.resume(Next::Focus, now);
    }

    /// The connection came back.
    pub(crate) fn resume_on_connection(&mut self, now: Moment) {
        self.resume(Next::Online, now);
    }

    /// Somebody resumes by hand; returns what tells that the mutations which waited were answered.
    pub(crate) fn resume_by_hand(&mut self, now: Moment) -> FetchId {
        self.event(now);
        let told = FetchId(self.fresh_id());
        self.resume(Next::Tell(told), now);
        told
    }

    /// What is paused goes on, if there is a connection: in each scope in order, scopes in parallel.
    fn resume(&mut self, next: Next, now: Moment) {
        let mut waiting = BTreeSet::new();
        if self.online {
            waiting.extend(self.log.unsettled().filter(|(_, record)| record.is_paused()).map(|(id, _)| id));
            for id in &waiting {
                if let Some(record) = self.log.get_mut(*id) {
                    record.held = false;
                }
            }
            self.dispatch(now);
        }
        if waiting.is_empty() {
            self.resumed(next, now);
        } else {
            self.resuming.push(Resuming { waiting, next });
        }
    }

    /// A mutation was answered and its callbacks run: nobody waits for it longer, unless it was restored.
    pub(crate) fn mutation_answered(&mut self, id: MutationId, now: Moment) {
        if self.log.get(id).is_none_or(|record| !record.restored) {
            self.resumed_one(id, now);
        }
    }

    /// Nobody waits for this mutation any longer.
    pub(crate) fn resumed_one(&mut self, id: MutationId, now: Moment) {
        let mut over = Vec::new();
        self.resuming.retain_mut(|resuming| {
            resuming.waiting.remove(&id);
            if resuming.waiting.is_empty() {
                over.push(resuming.next);
            }
            !resuming.waiting.is_empty()
        });
        for next in over {
            self.resumed(next, now);
        }
    }

    /// No entry hears any more of what waits for resumed mutations: there will be none.
    pub(super) fn forget_followers(&mut self) {
        self.resuming.retain(|resuming| matches!(resuming.next, Next::Tell(_)));
    }

    /// Nobody waits for resumed mutations any longer: whoever was to be told is told now.
    pub(super) fn forget_resumed(&mut self, now: Moment) {
        self.forget_followers();
        for resuming in std::mem::take(&mut self.resuming) {
            self.resumed(resuming.next, now);
        }
    }

    fn resumed(&mut self, next: Next, now: Moment) {
        match next {
            Next::Focus => self.wake_entries(true, false, now),
            Next::Online => self.wake_entries(false, true, now),
            Next::Tell(fetch) => {
                let result = Ok(std::sync::Arc::new(()) as crate::projection::Value);
                self.effects.push(Effect::FetchSettled { fetch, result });
            }
        }
    }

    /// A mutation is over: the next that waits in its scope need not be resumed any more.
    pub(crate) fn release_next(&mut self, scope: &Scope) {
        if scope.named().is_none() {
            return;
        }
        let next = self.log.unsettled().find(|(_, record)| record.scope == *scope && record.is_paused());
        if let Some((next, _)) = next
            && let Some(record) = self.log.get_mut(next)
        {
            record.held = false;
        }
    }
}
