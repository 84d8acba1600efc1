//! Which mutations are there, in which order, and which of them show in which entry?

use std::{
    any::TypeId,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use crate::{
    clock::Moment,
    error::QueryError,
    heart::{
        Event, MutationChange,
        layers::LogIndex,
        spec::{EntryId, Epoch, FetchSpec, MutationId, NewMutation, Scope, Terms},
    },
    key::{KeySegment, QueryKey},
    projection::{Op, Projector, Value},
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
    /// When it ended so that the server has it, or may: a fetch that began later contains what there is of it.
    pub(crate) acked: Option<Epoch>,
    /// After that: the entries whose base is not provably so young (rule C1).
    live_on: BTreeSet<EntryId>,
    /// Whether readers need not hear of it any more.
    pub(crate) collected: bool,
    /// What readers have heard last.
    published: Option<Arc<MutationSnapshot>>,
}

impl Record {
    /// Returns whether neither the server nor we have decided about it.
    pub(crate) fn is_pending(&self) -> bool {
        !matches!(self.progress, Progress::Answered | Progress::Settled)
    }

    /// Returns whether its operation shows in the entry; whether it can touch the entry at all is asked elsewhere.
    pub(crate) fn is_live_on(&self, entry: EntryId) -> bool {
        if self.is_pending() {
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

    fn snapshot(&self) -> MutationSnapshot {
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
    index: LogIndex,
    /// The confirmed ones that an entry's base does not provably contain.
    kept: HashMap<EntryId, BTreeSet<MutationId>>,
    /// Those that left, and their keys where readers have heard of them.
    gone: Vec<(MutationId, Option<QueryKey>)>,
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
        let restored = new.restored;
        // What an earlier client has sent, the server may have carried out before anything of this one's began.
        let sent_before = restored.as_ref().filter(|restored| restored.is_uncertain).map(|_| Epoch::default());
        let record = Record {
            key: new.key,
            layers,
            scope: new.scope,
            waits_for,
            spec: new.spec,
            terms: new.terms,
            gc: new.gc,
            observers: new.observers,
            gc_missed: None,
            begins_paused: false,
            held: restored.is_some(),
            restored: restored.is_some(),
            refused: None,
            retries_stopped: false,
            listed: true,
            progress: match (new.ready, sent_before) {
                (_, Some(_)) if new.terms.asks => Progress::Undecided,
                (true, _) => Progress::Queued,
                (false, _) => Progress::Preparing,
            },
            status: MutationStatus::Pending,
            attempt: 0,
            tries: 0,
            held_up: 0,
            rounds: 0,
            failure_count: restored.as_ref().map_or(0, |restored| restored.failure_count),
            failure_reason: None,
            error: None,
            submitted_at: restored.as_ref().map_or(now, |restored| restored.submitted_at),
            is_uncertain: restored.is_some_and(|restored| restored.is_uncertain),
            first_sent: sent_before,
            doubt: sent_before,
            hidden_on: BTreeSet::new(),
            acked: None,
            live_on: BTreeSet::new(),
            collected: false,
            published: None,
        };
        if !record.layers.is_empty() {
            self.live.insert(new.id);
        }
        self.records.insert(new.id, record);
        self.unsettled.insert(new.id);
        self.changed.insert(new.id);
        self.index.changes(new.id);
    }

    /// Returns a mutation to change it.
    pub(crate) fn get_mut(&mut self, id: MutationId) -> Option<&mut Record> {
        self.changed.insert(id);
        self.index.changes(id);
        self.records.get_mut(&id)
    }

    /// Returns a mutation.
    pub(crate) fn get(&self, id: MutationId) -> Option<&Record> {
        self.records.get(&id)
    }

    /// Iterates, in order, over those that are not over.
    pub(crate) fn unsettled(&self) -> impl Iterator<Item = (MutationId, &Record)> {
        self.unsettled.iter().filter_map(|id| Some((*id, self.records.get(id)?)))
    }

    /// Sorts in what has changed, so that it is found faster.
    pub(crate) fn sort_in(&mut self) {
        self.index.sort_in(&self.records);
    }

    /// Returns, in order, those that are not over and may be in a scope.
    pub(crate) fn in_scope(&self, scope: &Scope) -> impl Iterator<Item = (MutationId, &Record)> {
        self.records_of(self.index.in_scope(scope)).filter(|(id, _)| self.unsettled.contains(id))
    }

    /// Returns, in order, those that are not over and may wait for a mutation.
    pub(crate) fn waiting_for(&self, id: MutationId) -> impl Iterator<Item = (MutationId, &Record)> {
        self.records_of(self.index.waiting_for(id)).filter(|(id, _)| self.unsettled.contains(id))
    }

    /// Returns, in order, those that are not over and may be queued.
    pub(crate) fn queued(&self) -> impl Iterator<Item = (MutationId, &Record)> {
        self.records_of(self.index.queued()).filter(|(id, _)| self.unsettled.contains(id))
    }

    fn records_of(&self, ids: Vec<MutationId>) -> impl Iterator<Item = (MutationId, &Record)> {
        ids.into_iter().filter_map(|id| Some((id, self.records.get(&id)?)))
    }

    /// Returns, in order, the operations on a row that show somewhere, or may.
    pub(crate) fn on_row(&self, entity: TypeId, row: u64) -> impl Iterator<Item = (MutationId, &Record, &Layer)> {
        let live = self.records_of(self.index.on_row(entity, row)).filter(|(id, _)| self.live.contains(id));
        let layers = live.flat_map(|(id, record)| record.layers.iter().map(move |layer| (id, record, layer)));
        layers.filter(move |(.., layer)| layer.op.entity == entity && layer.op.row.hash == row)
    }

    /// Iterates, in order, over the operations on rows of an entry's type, or on its only row, that show in it if they can
    /// touch it.
    pub(crate) fn live_on(
        &self,
        entry: EntryId,
        projector: &dyn Projector,
    ) -> impl Iterator<Item = (MutationId, &Record, &Layer)> {
        let ids = match projector.only_hash() {
            Some(row) => self.index.on_row(projector.entity(), row),
            None => self.index.on_type(projector.entity()),
        };
        self.records_of(ids)
            .filter(move |(id, record)| record.is_live_on(entry) && self.live.contains(id))
            .flat_map(|(id, record)| record.layers.iter().map(move |layer| (id, record, layer)))
    }

    /// Returns the operations of one mutation.
    pub(crate) fn layers_of(&self, id: MutationId) -> impl Iterator<Item = (MutationId, &Record, &Layer)> {
        let record = self.records.get(&id).filter(|_| self.live.contains(&id));
        record.into_iter().flat_map(move |record| record.layers.iter().map(move |layer| (id, record, layer)))
    }

    /// Returns whether nothing that shows was asked for after this mutation.
    pub(crate) fn is_newest(&self, id: MutationId) -> bool {
        self.live.last() == Some(&id)
    }

    /// Returns the row that a mutation's operation is about as an entry has it below that operation; without an entry, as
    /// operations below it make it.
    pub(crate) fn row_below(
        &self,
        entry: Option<(EntryId, &dyn Projector, &Value)>,
        op: &Op,
        mutation: MutationId,
    ) -> Option<Value> {
        let row = entry.and_then(|(_, projector, base)| projector.row(base, &op.row));
        self.on_row(op.entity, op.row.hash)
            .take_while(|(lower, ..)| *lower < mutation)
            .filter(|(_, record, lower)| {
                lower.op.id == op.id && entry.is_none_or(|(entry, ..)| record.is_live_on(entry))
            })
            .fold(row, |row, (.., lower)| lower.op.over(row.as_ref()))
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

    /// A confirmed operation goes on showing in an entry.
    pub(crate) fn keep(&mut self, id: MutationId, entry: EntryId) {
        if let Some(record) = self.get_mut(id) {
            record.live_on.insert(entry);
            self.kept.entry(entry).or_default().insert(id);
        }
    }

    /// Iterates, in order, over the confirmed mutations that go on showing in an entry.
    pub(crate) fn kept(&self, entry: EntryId) -> impl Iterator<Item = (MutationId, &Record)> {
        let kept = self.kept.get(&entry).into_iter().flatten();
        kept.filter_map(|id| Some((*id, self.records.get(id)?))).filter(move |(_, record)| record.is_live_on(entry))
    }

    /// Sets what a mutation shows.
    pub(crate) fn set_layers(&mut self, id: MutationId, layers: Vec<Layer>) {
        if let Some(record) = self.get_mut(id) {
            let shows = !layers.is_empty();
            record.layers = layers;
            if shows {
                self.live.insert(id);
            }
        }
    }

    /// Forgets an entry.
    pub(crate) fn forget_entry(&mut self, entry: EntryId) {
        for id in self.kept.get(&entry).cloned().unwrap_or_default() {
            self.contained(id, entry);
        }
    }

    /// The entry's base contains the mutation, or the entry is gone (rule C1).
    pub(crate) fn contained(&mut self, id: MutationId, entry: EntryId) {
        if let Some(record) = self.records.get_mut(&id) {
            record.live_on.remove(&entry);
        }
        if let Some(kept) = self.kept.get_mut(&entry) {
            kept.remove(&id);
            if kept.is_empty() {
                self.kept.remove(&entry);
            }
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
        self.index.changes(id);
        if record.collected {
            self.remove(id);
        }
    }

    /// The mutation is over.
    pub(crate) fn settle(&mut self, id: MutationId) {
        self.index.changes(id);
        self.unsettled.remove(&id);
        self.changed.insert(id);
    }

    /// Takes a settled mutation out of what readers see; its operation stays as long as it is needed.
    pub(crate) fn collect(&mut self, id: MutationId) {
        if let Some(record) = self.records.get_mut(&id) {
            record.collected = true;
            let heard = record.published.take().is_some_and(|published| published.is_listed);
            self.gone.push((id, heard.then(|| record.key.clone())));
            self.retire(id);
        }
    }

    /// Takes a mutation out.
    pub(crate) fn remove(&mut self, id: MutationId) -> Option<Record> {
        let record = self.records.remove(&id)?;
        self.changed.remove(&id);
        self.index.changes(id);
        self.unsettled.remove(&id);
        self.live.remove(&id);
        for entry in &record.live_on {
            if let Some(kept) = self.kept.get_mut(entry) {
                kept.remove(&id);
            }
        }
        let heard = record.published.as_ref().is_some_and(|published| published.is_listed);
        self.gone.push((id, heard.then(|| record.key.clone())));
        let created: Vec<KeySegment> =
            self.creators.iter().filter(|(_, creator)| **creator == id).map(|(row, _)| row.clone()).collect();
        for row in created {
            self.creators.remove(&row);
            Arc::make_mut(&mut self.names).pending.remove(&row);
        }
        Some(record)
    }

    /// Takes what readers must hear of, and what subscribers of the cache do.
    pub(crate) fn take_changed(&mut self) -> (Vec<PublishedMutation>, Vec<Event>) {
        let (mut list, mut events) = (Vec::new(), Vec::new());
        for (id, key) in std::mem::take(&mut self.gone) {
            list.push((id, None));
            events.extend(key.map(|key| Event::Mutation(id, key, MutationChange::Removed)));
        }
        for id in std::mem::take(&mut self.changed) {
            let Some(record) = self.records.get_mut(&id).filter(|record| !record.collected) else { continue };
            let snapshot = Arc::new(record.snapshot());
            let change = match &record.published {
                Some(published) if *published == snapshot => continue,
                Some(published) if published.is_listed && !snapshot.is_listed => Some(MutationChange::Removed),
                Some(_) => snapshot.is_listed.then_some(MutationChange::Updated),
                None => Some(MutationChange::Added),
            };
            record.published = Some(snapshot.clone());
            events.extend(change.map(|change| Event::Mutation(id, record.key.clone(), change)));
            list.push((id, Some(snapshot)));
        }
        (list, events)
    }
}
