//! What is known of one mutation?

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    clock::Moment,
    error::QueryError,
    heart::spec::{EntryId, Epoch, FetchSpec, MutationId, Scope, Terms},
    key::QueryKey,
    level::Version,
    projection::{Op, Value},
    status::{GcTime, MutationStatus},
};

/// What readers see of a mutation.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own; readers want one at a time")]
pub(crate) struct MutationSnapshot {
    /// Its key.
    pub(crate) key: QueryKey,
    /// The name of its scope.
    pub(crate) scope: Option<Arc<str>>,
    /// How far it is.
    pub(crate) status: MutationStatus,
    /// Whether it waits: for the connection, focus, its scope or a mutation it depends on.
    pub(crate) is_paused: bool,
    /// How often it failed.
    pub(crate) failure_count: u32,
    /// The last failure.
    pub(crate) failure_reason: Option<QueryError>,
    /// Why it failed for good.
    pub(crate) error: Option<QueryError>,
    /// When it was asked for.
    pub(crate) submitted_at: Moment,
    /// Whether an attempt failed so that the server may have carried it out.
    pub(crate) is_uncertain: bool,
    /// Whether it waits until the program says what becomes of it.
    pub(crate) needs_decision: bool,
    /// Whether the cache still lists it: not after it was cleared.
    pub(crate) is_listed: bool,
}

/// A mutation that changed, and what readers see of it now; `None` where it left.
pub(crate) type PublishedMutation = (MutationId, Option<Arc<MutationSnapshot>>);

/// What a mutation is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Its `on_mutate` callback runs.
    Preparing,
    /// It waits until it may be sent.
    Queued,
    /// It is on its way.
    Sending,
    /// It waits for its next attempt.
    Waiting,
    /// Nobody knows whether the server has carried it out, and the program has not said what becomes of it.
    Undecided,
    /// The program finds out what becomes of it after a conflict.
    Resolving,
    /// The server has answered, or it was given up; its callbacks run.
    Answered,
    /// It is over.
    Settled,
}

/// One operation of a mutation.
#[derive(Clone, Debug)]
pub(crate) struct Layer {
    /// What it does.
    pub(crate) op: Op,
    /// The row that it changes, as the cache had it, so that it can move into lists that do not show it.
    pub(crate) known: Option<Value>,
}

/// A mutation.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is an axis of its own; all combinations occur")]
pub(crate) struct Record {
    pub(crate) key: QueryKey,
    /// By what the server can tell that it has seen the mutation.
    pub(crate) idempotency_key: Arc<str>,
    /// What it shows, in order.
    pub(crate) layers: Vec<Layer>,
    pub(crate) scope: Scope,
    /// The mutations that create what this one names.
    pub(crate) waits_for: BTreeSet<MutationId>,
    pub(crate) spec: FetchSpec,
    pub(crate) terms: Terms,
    pub(crate) gc: GcTime,
    /// How many observers look at it.
    pub(crate) observers: usize,
    /// When its time to be collected had come while it was not over.
    pub(crate) gc_missed: Option<Moment>,
    pub(crate) progress: Progress,
    /// Whether it could not have been sent when it was asked for: shown until its `on_mutate` is over.
    pub(crate) begins_paused: bool,
    /// Whether it goes on only when it is resumed.
    pub(crate) held: bool,
    /// Whether it was saved by an earlier client.
    pub(crate) restored: bool,
    /// Why it ends as soon as its `on_mutate` is over.
    pub(crate) refused: Option<QueryError>,
    /// Whether a failure is final whatever its policy says.
    pub(crate) retries_stopped: bool,
    /// Whether the cache still lists it.
    pub(crate) listed: bool,
    pub(crate) status: MutationStatus,
    /// The number of the current attempt, from 0.
    pub(crate) attempt: u32,
    /// How many attempts its retry policy counts.
    pub(crate) tries: u32,
    /// How often the server said that it still works on an earlier attempt.
    pub(crate) held_up: u32,
    /// How often it was changed after a conflict.
    pub(crate) rounds: u32,
    pub(crate) failure_count: u32,
    pub(crate) failure_reason: Option<QueryError>,
    pub(crate) error: Option<QueryError>,
    pub(crate) submitted_at: Moment,
    /// Whether an attempt failed so that the server may have carried it out.
    pub(crate) is_uncertain: bool,
    /// When its first bytes left.
    pub(crate) first_sent: Option<Epoch>,
    /// Since when no attempt is on its way though the server may have carried one out: a fetch that began later shows
    /// whether it has.
    pub(crate) doubt: Option<Epoch>,
    /// While it is in doubt: the entries with such a fetch, where showing it might show it twice.
    pub(crate) hidden_on: BTreeSet<EntryId>,
    /// When it ended so that the server has it, or may, or when a push proved it before that: a fetch that began later contains
    /// what there is of it.
    pub(crate) acked: Option<Epoch>,
    /// How far the server had seen when it carried it out.
    pub(crate) mark: Option<u64>,
    /// How new the row was then.
    pub(crate) version: Option<Version>,
    /// After that: the entries whose base does not provably contain it yet (rule C1).
    pub(super) live_on: BTreeSet<EntryId>,
    /// Whether readers need not hear of it any more.
    pub(crate) collected: bool,
    /// What readers have heard last.
    pub(super) published: Option<Arc<MutationSnapshot>>,
}

impl Record {
    /// Returns whether neither the server nor we have decided about it.
    pub(crate) fn is_pending(&self) -> bool {
        !matches!(self.progress, Progress::Answered | Progress::Settled)
    }

    /// Returns whether nobody knows whether the server has carried it out, or will.
    pub(crate) fn is_undecided(&self) -> bool {
        self.is_pending() && self.acked.is_none()
    }

    /// Returns whether its operation shows in the entry; whether it can touch the entry at all is asked elsewhere.
    pub(crate) fn is_live_on(&self, entry: EntryId) -> bool {
        if self.is_undecided() {
            !self.hidden_on.contains(&entry)
        } else {
            self.acked.is_some() && self.live_on.contains(&entry)
        }
    }

    /// Returns whether it waits: for the connection, focus, its scope or a mutation that it depends on.
    pub(crate) fn is_paused(&self) -> bool {
        match self.progress {
            Progress::Preparing => self.begins_paused,
            Progress::Queued | Progress::Undecided => true,
            Progress::Sending | Progress::Waiting | Progress::Resolving | Progress::Answered | Progress::Settled => {
                false
            }
        }
    }

    /// Returns whether nothing of it has left yet.
    pub(crate) fn is_unsent(&self) -> bool {
        matches!(self.progress, Progress::Preparing | Progress::Queued) && self.first_sent.is_none()
    }

    /// Returns what readers see of it now.
    pub(super) fn snapshot(&self) -> MutationSnapshot {
        MutationSnapshot {
            key: self.key.clone(),
            scope: self.scope.named().map(|scope| scope.name.clone()),
            status: self.status,
            is_paused: self.is_paused(),
            failure_count: self.failure_count,
            failure_reason: self.failure_reason.clone(),
            // Until its callbacks have run, it is not over.
            error: self.error.clone().filter(|_| self.progress == Progress::Settled),
            submitted_at: self.submitted_at,
            is_uncertain: self.is_uncertain,
            needs_decision: self.progress == Progress::Undecided,
            is_listed: self.listed,
        }
    }
}
