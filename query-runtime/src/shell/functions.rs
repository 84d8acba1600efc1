//! Whose functions fetch the entries, and who is told of what changes in them?

use std::sync::Arc;

use crate::{
    clock::Moment,
    error::QueryError,
    heart::{EntryId, EntrySpec, Heart, Kind, ObserverId},
    key::QueryKey,
    shell::{
        context::FetchFn,
        core::{Core, Wake},
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
