//! Whose functions fetch the entries, and who is told of what changes in them?

use std::{any::TypeId, sync::Arc};

use crate::{
    clock::Moment,
    error::QueryError,
    event::CacheAction,
    heart::{Carried, CarriedData, EntryId, EntrySpec, Heart, Hydration, Kind, ObserverId},
    key::QueryKey,
    shell::{
        context::FetchFn,
        core::{Core, Wake},
        settings::Settings,
    },
    signal::lock,
};

impl Core {
    /// Sets the function that fetches an entry.
    pub(crate) fn set_function(&self, entry: EntryId, function: Option<FetchFn>) {
        let old = lock(&self.tasks).set_function(entry, function);
        drop(old);
    }

    /// Returns the entry of a key as it is, or makes one with these settings.
    ///
    /// # Errors
    ///
    /// Refuses a type other than the one that the entry holds.
    pub(crate) fn known_or_new(
        &self,
        heart: &mut Heart,
        key: &QueryKey,
        kind: &Arc<Kind>,
        spec: &EntrySpec,
        function: Option<FetchFn>,
        now: Moment,
    ) -> Result<EntryId, QueryError> {
        if let Some(entry) = heart.known(key, kind)? {
            return Ok(entry);
        }
        let entry = heart.entry(key, kind, spec, now)?;
        self.set_function(entry, function);
        Ok(entry)
    }

    /// Takes an entry that comes from elsewhere. A new one has these settings, and their function for data of its type; where
    /// that is not known, the one that brings JSON.
    ///
    /// `raw`: what can be done with JSON of unknown type.
    pub(crate) fn hydrate(
        &self,
        heart: &mut Heart,
        carried: Carried,
        raw: &Arc<Kind>,
        settings: &Settings,
        action: CacheAction,
        now: Moment,
    ) -> Hydration {
        let key = carried.key.clone();
        let type_id = match &carried.data {
            CarriedData::Value(_, kind) => kind.type_id,
            // A function that brings JSON does not load pages.
            CarriedData::Json(_, true) => TypeId::of::<()>(),
            CarriedData::Json(..) | CarriedData::None => raw.type_id,
        };
        let (source, function) = settings.function(type_id);
        let is_new = heart.find(&key).is_none();
        let hydration = heart.hydrate(carried, raw, &settings.entry_spec(source), action, now);
        if let Some(entry) = heart.find(&key).filter(|_| is_new) {
            self.set_function(entry, function);
        }
        hydration
    }

    /// Sets who is told of an observer's changes.
    pub(crate) fn set_observer(&self, observer: ObserverId, wake: Arc<dyn Wake>) {
        let old = lock(&self.tasks).observers.insert(observer, wake);
        drop(old);
    }

    /// Sets an observer's own function for the entry that it looks at; in the turn in which it comes to look at it.
    pub(crate) fn set_own_function(&self, observer: ObserverId, entry: EntryId, function: Option<FetchFn>) {
        let mut tasks = lock(&self.tasks);
        let old = match function {
            Some(function) => tasks.own.insert(observer, (entry, function)),
            None => tasks.own.remove(&observer),
        };
        drop(tasks);
        drop(old);
    }

    /// Forgets an observer.
    pub(crate) fn drop_observer(&self, observer: ObserverId) {
        let mut tasks = lock(&self.tasks);
        let old = (tasks.observers.remove(&observer), tasks.own.remove(&observer));
        drop(tasks);
        drop(old);
    }

    /// Returns whether the last attempt of an entry's fetch took the abort signal: it ends when its future is dropped, and a
    /// fetch that waits to go on would, too.
    pub(crate) fn is_consumed(&self, entry: EntryId) -> bool {
        lock(&self.tasks).expects_drop(entry)
    }
}
