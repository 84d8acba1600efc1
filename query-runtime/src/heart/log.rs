//! Which mutations are there, in which order, and which of them show in which entry?

use std::{
    any::TypeId,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use crate::{
    clock::Moment,
    heart::{
        Event, MutationChange,
        layers::LogIndex,
        record::{Layer, Progress, PublishedMutation, Record},
        spec::{EntryId, Epoch, MutationId, NewMutation, Scope},
    },
    key::{KeySegment, QueryKey},
    projection::{Op, Projector, Value},
    status::MutationStatus,
};

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
            idempotency_key: new.idempotency_key,
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
            mark: None,
            version: None,
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
        self.creators.get(id).copied().filter(|one| self.records.get(one).is_some_and(Record::is_undecided))
    }

    /// The server tells the mutation by another key from now on.
    pub(crate) fn set_key(&mut self, id: MutationId, idempotency_key: Arc<str>) {
        if let Some(record) = self.records.get_mut(&id) {
            record.idempotency_key = idempotency_key;
        }
    }

    /// Returns the mutation with this key, if it is not over.
    pub(crate) fn by_key(&self, idempotency_key: &str) -> Option<MutationId> {
        self.unsettled().find(|(_, record)| *record.idempotency_key == *idempotency_key).map(|(id, _)| id)
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
        if record.is_undecided() || !record.live_on.is_empty() {
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
        // The server has never named it: what still names it must not be sent, however late.
        for row in created {
            self.creators.remove(&row);
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
