//! What has the server told of single rows lately, beside the answers to fetches?
//!
//! A fetch that was running then may not know of it yet: what it brings must neither bring a deleted row back nor take a
//! newer one away. Only so much is remembered; what is forgotten too early is made good by one more fetch.

use std::{any::TypeId, collections::BTreeMap, collections::HashMap};

use crate::{
    heart::{Heart, spec::Epoch},
    key::KeySegment,
    level::Version,
    projection::{Op, OpKind, Projector, Value, safely},
};

/// How many rows are remembered.
const MOST: usize = 10_000;

/// What names a row.
type RowName = (TypeId, KeySegment);

/// The state of a row that was told last.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    /// When it was told.
    pub(crate) at: Epoch,
    /// How new it is; `None`: a deletion of our own, of which the server told no number.
    pub(crate) version: Option<Version>,
    /// The row, as one that is created, or its deletion.
    pub(crate) op: Op,
}

/// The rows that were told of, by name and by when.
#[derive(Debug, Default)]
pub(crate) struct News {
    rows: HashMap<RowName, Told>,
    order: BTreeMap<(Epoch, u64), RowName>,
    /// Tells those of one event apart.
    count: u64,
    places: HashMap<RowName, (Epoch, u64)>,
}

impl News {
    /// Returns what was told last of the row of an operation.
    pub(crate) fn of(&self, op: &Op) -> Option<&Told> {
        if self.rows.is_empty() {
            return None;
        }
        self.rows.get(&(op.entity, op.id.clone()))
    }

    /// Remembers what was told. Returns when the row was told of that is forgotten for it, and its entity.
    pub(crate) fn tell(&mut self, told: Told) -> Option<(Epoch, TypeId)> {
        let name = (told.op.entity, told.op.id.clone());
        self.count += 1;
        let place = (told.at, self.count);
        if let Some(old) = self.places.insert(name.clone(), place) {
            self.order.remove(&old);
        }
        self.order.insert(place, name.clone());
        self.rows.insert(name, told);
        if self.rows.len() <= MOST {
            return None;
        }
        let (_, oldest) = self.order.pop_first()?;
        self.places.remove(&oldest);
        let told = self.rows.remove(&oldest)?;
        Some((told.at, oldest.0))
    }

    /// Forgets what was told of the row of an operation.
    pub(crate) fn forget(&mut self, op: &Op) {
        let name = (op.entity, op.id.clone());
        if self.rows.remove(&name).is_some()
            && let Some(place) = self.places.remove(&name)
        {
            self.order.remove(&place);
        }
    }

    /// Iterates over what was told of rows of a type since a fetch began.
    fn since(&self, start: Epoch, entity: TypeId) -> impl Iterator<Item = &Told> {
        let later = self.order.range((start, u64::MAX)..);
        later.filter(move |(_, name)| name.0 == entity).filter_map(|(_, name)| self.rows.get(name))
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

impl Heart {
    /// Remembers what the server told of a row.
    pub(crate) fn told(&mut self, version: Option<Version>, op: Op) {
        let at = self.epoch;
        let Some((forgotten, entity)) = self.news.tell(Told { at, version, op }) else { return };
        // What fetches bring that began before is not looked at for it any more: they do not end the staleness.
        let unsure = |entry: &crate::heart::entry::Entry| {
            entry.flight.as_ref().is_some_and(|flight| flight.start < forgotten)
                && entry.kind.projector.as_ref().is_some_and(|projector| projector.entity() == entity)
        };
        let unsure: Vec<_> = self.entries.iter().filter(|(_, entry)| unsure(entry)).map(|(id, _)| *id).collect();
        for id in unsure {
            self.mark_invalid(id, at);
        }
    }

    /// Returns whether a detail's row is an older state of one that was told to be deleted.
    pub(crate) fn is_buried(&self, projector: &dyn Projector, value: &Value) -> bool {
        let Ok(Some((name, version))) = safely(|| projector.only_version(value)) else { return false };
        let told = self.news.rows.get(&name).filter(|told| told.op.kind == OpKind::Delete);
        told.is_some_and(|told| told.version.is_some_and(|deleted| version <= deleted))
    }

    /// Returns what a fetch has brought with all that was told while it ran, and with no row older than it is there. Also
    /// whether it could not be decided where a row belongs.
    pub(crate) fn with_news(
        &self,
        projector: &dyn Projector,
        base: Option<&Value>,
        brought: Value,
        start: Epoch,
    ) -> (Value, bool) {
        let mut unsure = false;
        let mut value = brought;
        if let Some(base) = base {
            match safely(|| projector.keep_newer(base, &value)) {
                Ok(Some((newer, undecided))) => (value, unsure) = (newer, undecided),
                Ok(None) => {}
                Err(_) => unsure = true,
            }
        }
        for told in self.news.since(start, projector.entity()) {
            let Some(version) = told.version.filter(|_| projector.could_touch(&told.op)) else { continue };
            let held = projector.holds_row_of(&value, &told.op);
            let is_newer = safely(|| projector.version_of(&value, &told.op)).is_ok_and(|row| row < Some(version));
            if !is_newer || (!held && told.op.kind == OpKind::Delete) {
                continue;
            }
            // A row that the answer lacks may have gone since.
            unsure |= !held;
            match safely(|| projector.renew(&value, &told.op, None)) {
                Ok(Some(renewed)) => value = renewed,
                Ok(None) | Err(_) => unsure = true,
            }
        }
        (value, unsure)
    }
}
