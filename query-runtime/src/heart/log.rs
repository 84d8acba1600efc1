//! Which mutations are there, in which order, and which of them show in which entry?

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use crate::{
    clock::Moment,
    error::QueryError,
    heart::spec::{EntryId, Epoch, FetchSpec, MutationId, NewMutation, Scope},
    key::KeySegment,
    projection::{Op, Projector, Value},
    status::{GcTime, MutationStatus},
};

/// What readers see of a mutation.
#[derive(Clone, Debug)]
pub(crate) struct MutationSnapshot {
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
}

/// What became of temporary ids.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    /// A pair of a temporary id and a real one means that the server has named the row.
    pub(crate) real: HashMap<KeySegment, KeySegment>,
    /// Temporary ids of rows that the server has not created.
    pub(crate) pending: HashSet<KeySegment>,
}

impl Names {
    /// Returns whether nothing was ever created under a temporary id.
    pub(crate) fn is_empty(&self) -> bool {
        self.real.is_empty() && self.pending.is_empty()
    }
}

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
pub(crate) struct Record {
    /// What it shows, in order.
    pub(crate) layers: Vec<Layer>,
    pub(crate) scope: Scope,
    /// The mutations that create what this one names.
    pub(crate) waits_for: BTreeSet<MutationId>,
    pub(crate) spec: FetchSpec,
    pub(crate) idempotent: bool,
    pub(crate) gc: GcTime,
    pub(crate) progress: Progress,
    pub(crate) status: MutationStatus,
    pub(crate) attempt: u32,
    pub(crate) failure_count: u32,
    pub(crate) failure_reason: Option<QueryError>,
    pub(crate) error: Option<QueryError>,
    pub(crate) submitted_at: Moment,
    /// Whether an attempt failed so that the server may have carried it out.
    pub(crate) is_uncertain: bool,
    /// When its first bytes left.
    pub(crate) first_sent: Option<Epoch>,
    /// When the server confirmed it.
    pub(crate) acked: Option<Epoch>,
    /// After the confirmation: the entries whose base does not provably contain it yet (rule C1).
    pub(crate) live_on: BTreeSet<EntryId>,
    /// Whether readers need not hear of it any more.
    pub(crate) collected: bool,
}

impl Record {
    /// Returns whether neither the server nor we have decided about it.
    pub(crate) fn is_pending(&self) -> bool {
        matches!(self.progress, Progress::Preparing | Progress::Queued | Progress::Sending | Progress::Waiting)
    }

    /// Returns whether its operation shows in the entry; whether it can touch the entry at all is asked elsewhere.
    pub(crate) fn is_live_on(&self, entry: EntryId) -> bool {
        self.is_pending() || (self.acked.is_some() && self.live_on.contains(&entry))
    }

    fn snapshot(&self) -> MutationSnapshot {
        MutationSnapshot {
            status: self.status,
            is_paused: self.progress == Progress::Queued,
            failure_count: self.failure_count,
            failure_reason: self.failure_reason.clone(),
            error: self.error.clone(),
            submitted_at: self.submitted_at,
        }
    }
}

/// The mutations of a client, in the order in which they were asked for.
#[derive(Debug, Default)]
pub(crate) struct MutationLog {
    records: BTreeMap<MutationId, Record>,
    /// A pair of a temporary id and a mutation means that the mutation creates the row.
    creators: HashMap<KeySegment, MutationId>,
    /// A pair of a temporary id and a real one means that the server has named the row.
    real_ids: HashMap<KeySegment, (KeySegment, Value)>,
    /// The same without the values, for those who send requests: a copy is made only when it changes under a reader.
    names: Arc<Names>,
    /// Those that are not over.
    unsettled: BTreeSet<MutationId>,
    /// Those whose operation shows somewhere, or may.
    live: BTreeSet<MutationId>,
    changed: BTreeSet<MutationId>,
    gone: Vec<MutationId>,
}

impl MutationLog {
    /// Adds a mutation.
    pub(crate) fn insert(
        &mut self,
        new: NewMutation,
        layers: Vec<Layer>,
        waits_for: BTreeSet<MutationId>,
        now: Moment,
    ) {
        for layer in layers.iter().filter(|layer| layer.op.temp) {
            self.creators.insert(layer.op.id.clone(), new.id);
            Arc::make_mut(&mut self.names).pending.insert(layer.op.id.clone());
        }
        let record = Record {
            layers,
            scope: new.scope,
            waits_for,
            spec: new.spec,
            idempotent: new.idempotent,
            gc: new.gc,
            progress: if new.ready { Progress::Queued } else { Progress::Preparing },
            status: MutationStatus::Pending,
            attempt: 0,
            failure_count: 0,
            failure_reason: None,
            error: None,
            submitted_at: now,
            is_uncertain: false,
            first_sent: None,
            acked: None,
            live_on: BTreeSet::new(),
            collected: false,
        };
        if !record.layers.is_empty() {
            self.live.insert(new.id);
        }
        self.records.insert(new.id, record);
        self.unsettled.insert(new.id);
        self.changed.insert(new.id);
    }

    /// Returns a mutation to change it.
    pub(crate) fn get_mut(&mut self, id: MutationId) -> Option<&mut Record> {
        self.changed.insert(id);
        self.records.get_mut(&id)
    }

    /// Iterates, in order, over those that are not over.
    pub(crate) fn unsettled(&self) -> impl Iterator<Item = (MutationId, &Record)> {
        self.unsettled.iter().filter_map(|id| Some((*id, self.records.get(id)?)))
    }

    /// Iterates, in order, over the operations that show in an entry which they can touch.
    pub(crate) fn live_on(&self, entry: EntryId) -> impl Iterator<Item = (MutationId, &Record, &Layer)> {
        self.live
            .iter()
            .filter_map(|id| Some((*id, self.records.get(id)?)))
            .filter(move |(_, record)| record.is_live_on(entry))
            .flat_map(|(id, record)| record.layers.iter().map(move |layer| (id, record, layer)))
    }

    /// Returns the row that a mutation's operation is about as an entry has it below that operation.
    pub(crate) fn row_below(
        &self,
        entry: EntryId,
        projector: &dyn Projector,
        base: Option<&Value>,
        op: &Op,
        mutation: MutationId,
    ) -> Option<Value> {
        let row = base.and_then(|base| projector.row(base, &op.id));
        self.live_on(entry)
            .take_while(|(lower, ..)| *lower < mutation)
            .map(|(.., lower)| &lower.op)
            .filter(|lower| lower.entity == op.entity && lower.id == op.id)
            .fold(row, |row, lower| lower.over(row.as_ref()))
    }

    /// Returns whether no operation shows anywhere.
    pub(crate) fn is_quiet(&self) -> bool {
        self.live.is_empty()
    }

    /// Returns the names of all, in order.
    pub(crate) fn all(&self) -> Vec<MutationId> {
        self.records.keys().copied().collect()
    }

    /// Returns the undecided mutation that creates the row with this id.
    pub(crate) fn creator(&self, id: &KeySegment) -> Option<MutationId> {
        self.creators.get(id).copied().filter(|one| self.records.get(one).is_some_and(Record::is_pending))
    }

    /// Returns the real id of a row that was created under a temporary one.
    pub(crate) fn real_id(&self, id: &KeySegment) -> Option<&(KeySegment, Value)> {
        self.real_ids.get(id)
    }

    /// Returns what became of temporary ids.
    pub(crate) fn names(&self) -> Arc<Names> {
        self.names.clone()
    }

    /// Remembers what the server called a row.
    pub(crate) fn named(&mut self, temporary: KeySegment, real: (KeySegment, Value)) {
        self.creators.remove(&temporary);
        let names = Arc::make_mut(&mut self.names);
        names.pending.remove(&temporary);
        names.real.insert(temporary.clone(), real.0.clone());
        self.real_ids.insert(temporary, real);
    }

    /// Forgets an entry.
    pub(crate) fn forget_entry(&mut self, entry: EntryId) {
        let holders: Vec<MutationId> = self.live.iter().copied().collect();
        for id in holders {
            self.contained(id, entry);
        }
    }

    /// The entry's base contains the mutation, or the entry is gone (rule C1).
    pub(crate) fn contained(&mut self, id: MutationId, entry: EntryId) {
        if let Some(record) = self.records.get_mut(&id) {
            record.live_on.remove(&entry);
        }
        self.retire(id);
    }

    /// Drops an operation that shows nowhere any more.
    pub(crate) fn retire(&mut self, id: MutationId) {
        let Some(record) = self.records.get_mut(&id) else { return };
        if record.is_pending() || !record.live_on.is_empty() {
            return;
        }
        record.layers.clear();
        self.live.remove(&id);
        if record.collected {
            self.remove(id);
        }
    }

    /// The mutation is over.
    pub(crate) fn settle(&mut self, id: MutationId) {
        self.unsettled.remove(&id);
        self.changed.insert(id);
    }

    /// Takes a settled mutation out of what readers see; its operation stays as long as it is needed.
    pub(crate) fn collect(&mut self, id: MutationId) {
        if let Some(record) = self.records.get_mut(&id) {
            record.collected = true;
            self.gone.push(id);
            self.retire(id);
        }
    }

    /// Takes a mutation out.
    pub(crate) fn remove(&mut self, id: MutationId) -> Option<Record> {
        let record = self.records.remove(&id)?;
        self.changed.remove(&id);
        self.unsettled.remove(&id);
        self.live.remove(&id);
        self.gone.push(id);
        let created: Vec<KeySegment> =
            self.creators.iter().filter(|(_, creator)| **creator == id).map(|(row, _)| row.clone()).collect();
        for row in created {
            self.creators.remove(&row);
            Arc::make_mut(&mut self.names).pending.remove(&row);
        }
        Some(record)
    }

    /// Takes what readers must hear of.
    pub(crate) fn take_changed(&mut self) -> Vec<(MutationId, Option<Arc<MutationSnapshot>>)> {
        let mut list: Vec<_> = std::mem::take(&mut self.gone).into_iter().map(|id| (id, None)).collect();
        for id in std::mem::take(&mut self.changed) {
            if let Some(record) = self.records.get(&id).filter(|record| !record.collected) {
                list.push((id, Some(Arc::new(record.snapshot()))));
            }
        }
        list
    }
}
