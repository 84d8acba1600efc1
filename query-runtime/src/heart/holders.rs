//! Which entries hold a row, and which may show it without holding it?
//!
//! A row leads to its details by its id, and to the lists that hold it by the hash of its id. What lists hold is looked through
//! when an operation asks for the first time, and after that only where a base has changed: a cache without optimistic
//! operations does not pay for it.

use std::{
    any::{Any, TypeId},
    collections::{BTreeSet, HashMap, hash_map},
    hash::BuildHasherDefault,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Weak},
};

use crate::{
    heart::spec::EntryId,
    key::KeySegment,
    projection::{Op, Projector, Value},
    rows::Hashed,
};

/// The entries that hold rows whose ids have one hash: mostly one.
#[derive(Debug)]
enum Holding {
    One(EntryId),
    Many(Vec<EntryId>),
}

impl Holding {
    fn entries(&self) -> &[EntryId] {
        match self {
            Self::One(entry) => std::slice::from_ref(entry),
            Self::Many(entries) => entries,
        }
    }

    fn add(&mut self, entry: EntryId) {
        match self {
            Self::One(one) => *self = Self::Many(vec![*one, entry]),
            Self::Many(entries) => entries.push(entry),
        }
    }

    /// Takes an entry out once, and returns whether none is left.
    fn take(&mut self, entry: EntryId) -> bool {
        match self {
            Self::One(one) => *one == entry,
            Self::Many(entries) => {
                if let Some(place) = entries.iter().position(|one| *one == entry) {
                    entries.swap_remove(place);
                }
                entries.is_empty()
            }
        }
    }
}

/// What a list held when it was looked through.
#[derive(Debug)]
struct Looked {
    /// Its base then. Where that cannot be told any more, it is another now.
    base: Weak<dyn Any + Send + Sync>,
    /// The hashes of the ids of its rows.
    rows: Vec<u64>,
}

/// The entries that can show rows of one type.
#[derive(Debug, Default)]
struct OfType {
    /// Those that show only one row.
    of_row: HashMap<KeySegment, BTreeSet<EntryId>>,
    /// Those that may show any row.
    of_any: BTreeSet<EntryId>,
    /// Which of these hold a row.
    held: HashMap<u64, Holding, BuildHasherDefault<Hashed>>,
    looked: HashMap<EntryId, Looked>,
    /// Those that must be looked through before the next question.
    changed: BTreeSet<EntryId>,
    /// Those that could not be, since code of the program panicked: they may hold any row.
    unknown: BTreeSet<EntryId>,
}

impl OfType {
    /// Takes the rows that an entry holds now.
    fn hold(&mut self, entry: EntryId, rows: &[u64]) {
        let before = self.looked.remove(&entry).map(|looked| looked.rows).unwrap_or_default();
        // What a list begins and ends with mostly stays.
        let head = before.iter().zip(rows).take_while(|(a, b)| a == b).count();
        let (gone, came) = (&before[head..], &rows[head..]);
        let tail = gone.iter().rev().zip(came.iter().rev()).take_while(|(a, b)| a == b).count();
        for row in &gone[..gone.len() - tail] {
            if let hash_map::Entry::Occupied(mut holding) = self.held.entry(*row)
                && holding.get_mut().take(entry)
            {
                holding.remove();
            }
        }
        for row in &came[..came.len() - tail] {
            match self.held.entry(*row) {
                hash_map::Entry::Occupied(mut holding) => holding.get_mut().add(entry),
                hash_map::Entry::Vacant(free) => drop(free.insert(Holding::One(entry))),
            }
        }
    }

    fn look(&mut self, entry: EntryId, projector: &dyn Projector, base: Option<&Value>) {
        let is_same = |looked: &Looked| base.is_some_and(|base| is_of(&looked.base, base));
        if self.looked.get(&entry).is_some_and(is_same) {
            return;
        }
        let mut rows = Vec::new();
        let look = || base.into_iter().for_each(|base| projector.each_row(base, &mut |row| rows.push(row)));
        // Only a list of numbers is left half-made.
        if catch_unwind(AssertUnwindSafe(look)).is_err() {
            self.unknown.insert(entry);
            rows.clear();
        } else {
            self.unknown.remove(&entry);
        }
        self.hold(entry, &rows);
        if let Some(base) = base {
            self.looked.insert(entry, Looked { base: Arc::downgrade(base), rows });
        }
    }
}

fn is_of(old: &Weak<dyn Any + Send + Sync>, base: &Value) -> bool {
    old.as_ptr().addr() == Arc::as_ptr(base).addr()
}

/// Which entries can show which rows.
#[derive(Debug, Default)]
pub(crate) struct RowIndex {
    types: HashMap<TypeId, OfType>,
}

impl RowIndex {
    /// Adds an entry.
    pub(crate) fn insert(&mut self, projector: &dyn Projector, entry: EntryId) {
        let of_type = self.types.entry(projector.entity()).or_default();
        match projector.only_row() {
            Some(row) => of_type.of_row.entry(row.clone()).or_default().insert(entry),
            None => of_type.of_any.insert(entry),
        };
    }

    /// Removes an entry.
    pub(crate) fn remove(&mut self, projector: &dyn Projector, entry: EntryId) {
        let Some(of_type) = self.types.get_mut(&projector.entity()) else { return };
        let Some(row) = projector.only_row() else {
            of_type.of_any.remove(&entry);
            of_type.changed.remove(&entry);
            of_type.unknown.remove(&entry);
            of_type.hold(entry, &[]);
            return;
        };
        if let Some(entries) = of_type.of_row.get_mut(row) {
            entries.remove(&entry);
            if entries.is_empty() {
                of_type.of_row.remove(row);
            }
        }
    }

    /// The base of an entry may have changed.
    pub(crate) fn changed(&mut self, projector: &dyn Projector, entry: EntryId) {
        if projector.only_row().is_none()
            && let Some(of_type) = self.types.get_mut(&projector.entity())
        {
            of_type.changed.insert(entry);
        }
    }

    /// Looks through the entries of a type that have changed.
    pub(crate) fn look_through<'a>(
        &mut self,
        entity: TypeId,
        entry: impl Fn(EntryId) -> Option<(&'a dyn Projector, Option<&'a Value>)>,
    ) {
        let Some(of_type) = self.types.get_mut(&entity) else { return };
        for id in std::mem::take(&mut of_type.changed) {
            if let Some((projector, base)) = entry(id) {
                of_type.look(id, projector, base);
            }
        }
    }

    /// Iterates over the entries that hold the row of an operation, and perhaps a few more. What has changed must have been
    /// looked through.
    pub(crate) fn holding(&self, op: &Op) -> impl Iterator<Item = EntryId> {
        let of_type = self.types.get(&op.entity);
        let of_row = of_type.and_then(|of_type| of_type.of_row.get(&op.id)).into_iter().flatten();
        let held = of_type.and_then(|of_type| of_type.held.get(&op.row.hash)).into_iter().flat_map(Holding::entries);
        let unknown = of_type.into_iter().flat_map(|of_type| &of_type.unknown);
        of_row.chain(held).chain(unknown).copied()
    }

    /// Iterates over the entries that an operation may show in, whether they hold its row or not.
    pub(crate) fn candidates(&self, op: &Op) -> impl Iterator<Item = EntryId> {
        let of_type = self.types.get(&op.entity);
        let of_row = of_type.and_then(|of_type| of_type.of_row.get(&op.id));
        of_row.into_iter().flatten().copied().chain(self.of_any(op.entity))
    }

    /// Iterates over the entries that may show any row of a type.
    pub(crate) fn of_any(&self, entity: TypeId) -> impl Iterator<Item = EntryId> {
        self.types.get(&entity).into_iter().flat_map(|of_type| of_type.of_any.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::OfType;
    use crate::heart::spec::EntryId;

    #[test]
    fn rows_lead_to_those_that_hold_them_whatever_comes_and_goes() {
        let mut random = crate::rows::tests::seeded();
        let (mut of_type, mut model) = (OfType::default(), BTreeMap::<u64, Vec<u64>>::new());
        for _ in 0..2_000 {
            let entry = random.u64(0..8);
            let rows = model.entry(entry).or_default();
            for _ in 0..random.u8(0..4) {
                match random.u8(0..3) {
                    0 if !rows.is_empty() => drop(rows.remove(random.usize(0..rows.len()))),
                    1 => rows.clear(),
                    // The same row may be there twice.
                    _ => rows.insert(random.usize(0..=rows.len()), random.u64(0..12)),
                }
            }
            of_type.hold(EntryId(entry), rows);
            let looked = super::Looked { base: std::sync::Weak::<u8>::new(), rows: rows.clone() };
            of_type.looked.insert(EntryId(entry), looked);
            for row in 0..12 {
                let held: BTreeSet<EntryId> =
                    of_type.held.get(&row).into_iter().flat_map(super::Holding::entries).copied().collect();
                let expected = model.iter().filter(|(_, rows)| rows.contains(&row)).map(|(entry, _)| EntryId(*entry));
                assert!(held.into_iter().eq(expected), "row {row}");
            }
        }
        (0..8).for_each(|entry| of_type.hold(EntryId(entry), &[]));
        assert!(of_type.held.is_empty(), "nothing is held for those that are gone");
    }
}
