//! Which settings does an entry have?
//!
//! Those that it was given last, by an observer or by a fetch: a fetch that nobody in particular asks for, such as one after
//! an invalidation, runs with them (T20, T110).

use std::sync::Arc;

use crate::{
    clock::Moment,
    error::QueryError,
    heart::{Effect, EntryId, EntrySpec, Event, Heart, Kind, ObserverId, Source, entry::Entry, observe::Observer},
    key::QueryKey,
};

impl Heart {
    /// Returns the entry of a key, made where there is none, with these settings.
    ///
    /// # Errors
    ///
    /// Refuses a type other than the one that the entry holds already.
    pub(crate) fn entry(
        &mut self,
        key: &QueryKey,
        kind: &Arc<Kind>,
        spec: &EntrySpec,
        now: Moment,
    ) -> Result<EntryId, QueryError> {
        if let Some(id) = self.known(key, kind)? {
            self.adopt(id, spec, now);
            return Ok(id);
        }
        let id = self.add_entry(key, kind, spec, now);
        self.base_changed(id);
        if let Some(provides) = &spec.provides {
            self.provide(id, provides);
        }
        Ok(id)
    }

    /// Makes an entry.
    pub(crate) fn add_entry(&mut self, key: &QueryKey, kind: &Arc<Kind>, spec: &EntrySpec, now: Moment) -> EntryId {
        let id = EntryId(self.fresh_id());
        self.entries.insert(id, Box::new(Entry::new(key.clone(), kind.clone(), spec, now)));
        self.used(id);
        self.index.insert(key, id);
        self.learn_entity(id);
        self.effects.push(Effect::Event(Event::Added(key.clone())));
        self.arm_gc(id, now);
        id
    }

    /// Returns the entry of a key, if there is one, and leaves its settings as they are.
    ///
    /// # Errors
    ///
    /// Refuses a type other than the one that the entry holds.
    pub(crate) fn known(&mut self, key: &QueryKey, kind: &Arc<Kind>) -> Result<Option<EntryId>, QueryError> {
        let Some(id) = self.index.get(key) else { return Ok(None) };
        let was_raw = self.give_type(id, kind);
        let Some(entry) = self.entries.get_mut(&id) else { return Ok(Some(id)) };
        if entry.kind.type_id != kind.type_id {
            return Err(QueryError::wrong_type(kind.type_name, entry.kind.type_name));
        }
        let learned = entry.kind.learned(kind);
        let learns = was_raw || learned.is_some();
        entry.kind = learned.map_or_else(|| entry.kind.clone(), Arc::new);
        if learns {
            self.learn_entity(id);
            self.base_changed(id);
        }
        Ok(Some(id))
    }

    /// Gives an entry other settings.
    fn adopt(&mut self, id: EntryId, spec: &EntrySpec, now: Moment) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        entry.adopt(spec);
        self.counted.insert(id);
        // Initial data that comes late still seeds an entry that has none (T32).
        if let (None, Some((value, at))) = (&entry.base, &spec.initial) {
            entry.seed(value.clone(), *at, now);
            self.base_changed(id);
        }
        if let Some(provides) = &spec.provides {
            self.provide(id, provides);
        }
    }

    /// Gives an entry the settings and the function of one of its observers.
    pub(crate) fn adopt_from(&mut self, id: EntryId, observer: ObserverId, now: Moment) {
        let Some(one) = self.observers.get(&observer) else { return };
        let spec = one.spec.entry.clone();
        self.adopt(id, &spec, now);
        self.effects.push(Effect::TakeFunction { entry: id, observer });
    }

    /// Where an entry has no function, an observer of its lends one.
    pub(crate) fn borrow_function(&mut self, id: EntryId, now: Moment) {
        let Some(entry) = self.entries.get(&id).filter(|entry| entry.source != Source::Given) else { return };
        let has_one = |one: &Observer| one.spec.entry.source == Source::Given;
        let lender = entry.observers.iter().find(|id| self.observers.get(id).is_some_and(has_one)).copied();
        if let Some(lender) = lender {
            self.adopt_from(id, lender, now);
        }
    }

    /// Notes which rows an entry can show.
    pub(crate) fn learn_entity(&mut self, id: EntryId) {
        if let Some(projector) = self.entries.get(&id).and_then(|entry| entry.kind.projector.as_ref()) {
            self.rows.insert(&**projector, id);
        }
    }
}
