//! Which mutations have an operation on a row, on rows of a type, or wait in a scope or for another mutation?
//!
//! A record may change anywhere, so it is sorted in anew after whoever could change it. Until then it counts as one that may
//! have anything: what is found here must be looked at, and what is not found has nothing.

use std::{
    any::TypeId,
    collections::{BTreeMap, BTreeSet, HashMap},
    hash::Hash,
};

use crate::heart::{
    MutationId,
    record::{Progress, Record},
    spec::Scope,
};

/// What a record was sorted in by.
#[derive(Debug, Default, PartialEq)]
struct Place {
    /// The rows of its operations, by the hashes of their ids.
    rows: BTreeSet<(TypeId, u64)>,
    /// Its scope, if it is not over and in one.
    scope: Option<Scope>,
    /// What it waits for.
    waits_for: BTreeSet<MutationId>,
}

impl Place {
    fn of(record: &Record) -> Self {
        let rows = record.layers.iter().map(|layer| (layer.op.entity, layer.op.row.hash)).collect();
        let scope = (record.progress != Progress::Settled && record.scope != Scope::None).then(|| record.scope.clone());
        Self { rows, scope, waits_for: record.waits_for.clone() }
    }

    fn types(&self) -> BTreeSet<TypeId> {
        self.rows.iter().map(|(entity, _)| *entity).collect()
    }
}

/// Where mutations are found.
#[derive(Debug, Default)]
pub(super) struct LogIndex {
    rows: HashMap<(TypeId, u64), BTreeSet<MutationId>>,
    types: HashMap<TypeId, BTreeSet<MutationId>>,
    scopes: HashMap<Scope, BTreeSet<MutationId>>,
    waiters: HashMap<MutationId, BTreeSet<MutationId>>,
    places: HashMap<MutationId, Place>,
    /// Those that may be queued.
    queued: BTreeSet<MutationId>,
    /// Those that may have changed.
    changed: BTreeSet<MutationId>,
}

impl LogIndex {
    /// A record may change.
    pub(super) fn changes(&mut self, id: MutationId) {
        self.changed.insert(id);
    }

    /// Sorts in what has changed.
    pub(super) fn sort_in(&mut self, records: &BTreeMap<MutationId, Record>) {
        for id in std::mem::take(&mut self.changed) {
            let record = records.get(&id);
            if record.is_some_and(|record| record.progress == Progress::Queued) {
                self.queued.insert(id);
            } else {
                self.queued.remove(&id);
            }
            let (old, new) = (self.places.remove(&id).unwrap_or_default(), record.map(Place::of).unwrap_or_default());
            if old != new {
                old.rows.iter().for_each(|row| unlink(&mut self.rows, row, id));
                old.types().iter().for_each(|entity| unlink(&mut self.types, entity, id));
                old.scope.iter().for_each(|scope| unlink(&mut self.scopes, scope, id));
                old.waits_for.iter().for_each(|other| unlink(&mut self.waiters, other, id));
                new.rows.iter().for_each(|row| link(&mut self.rows, row, id));
                new.types().iter().for_each(|entity| link(&mut self.types, entity, id));
                new.scope.iter().for_each(|scope| link(&mut self.scopes, scope, id));
                new.waits_for.iter().for_each(|other| link(&mut self.waiters, other, id));
            }
            if new != Place::default() {
                self.places.insert(id, new);
            }
        }
    }

    /// Returns, in order, those that may have an operation on a row.
    pub(super) fn on_row(&self, entity: TypeId, row: u64) -> Vec<MutationId> {
        self.with_changed(self.rows.get(&(entity, row)))
    }

    /// Returns, in order, those that may have an operation on rows of a type.
    pub(super) fn on_type(&self, entity: TypeId) -> Vec<MutationId> {
        self.with_changed(self.types.get(&entity))
    }

    /// Returns, in order, those that may be in a scope.
    pub(super) fn in_scope(&self, scope: &Scope) -> Vec<MutationId> {
        self.with_changed(self.scopes.get(scope))
    }

    /// Returns, in order, those that may wait for a mutation.
    pub(super) fn waiting_for(&self, id: MutationId) -> Vec<MutationId> {
        self.with_changed(self.waiters.get(&id))
    }

    /// Returns, in order, those that may be queued.
    pub(super) fn queued(&self) -> Vec<MutationId> {
        self.with_changed(Some(&self.queued))
    }

    fn with_changed(&self, found: Option<&BTreeSet<MutationId>>) -> Vec<MutationId> {
        let mut all: Vec<MutationId> = found.into_iter().flatten().copied().collect();
        if !self.changed.is_empty() {
            all.extend(&self.changed);
            all.sort_unstable();
            all.dedup();
        }
        all
    }
}

fn link<K: Hash + Eq + Clone>(index: &mut HashMap<K, BTreeSet<MutationId>>, key: &K, id: MutationId) {
    match index.get_mut(key) {
        Some(ids) => drop(ids.insert(id)),
        None => drop(index.insert(key.clone(), BTreeSet::from([id]))),
    }
}

fn unlink<K: Hash + Eq>(index: &mut HashMap<K, BTreeSet<MutationId>>, key: &K, id: MutationId) {
    if let Some(ids) = index.get_mut(key) {
        ids.remove(&id);
        if ids.is_empty() {
            index.remove(key);
        }
    }
}
