//! What does an observer show, given what the cache has published, the observer's own options and what it showed before?

use std::sync::Arc;

use crate::{
    clock::Moment,
    error::QueryError,
    heart::EntryId,
    key::QueryKey,
    observer::{
        result::QueryResult,
        select::Select,
        target::{Look, Target},
    },
    options::{Ends, Placeholder, QueryData},
    shell::{Published, is_stale, typed},
    status::QueryStatus,
};

/// What an observer shows, and what it must remember to show what comes next.
pub(crate) struct Known<T, R> {
    pub(crate) shown: QueryResult<R>,
    memory: Memory<T, R>,
    /// How often somebody else had come to use the cache.
    fence: u64,
}

impl<T, R> Default for Known<T, R> {
    fn default() -> Self {
        let memory = Memory {
            basis: None,
            selected: None,
            input: None,
            failed: None,
            failed_at: None,
            data: None,
            last: None,
            placeholder: Placeholder::None,
        };
        Self { shown: QueryResult::default(), memory, fence: 0 }
    }
}

/// What is remembered from one computation to the next.
struct Memory<T, R> {
    /// What the last computation saw: while it is the same, only time makes a difference.
    basis: Option<Basis>,
    /// The projection that ran last, and its last good outcome, of whichever key.
    selected: Option<Selected<T, R>>,
    /// What it was made of, if that did not fail.
    input: Option<Arc<T>>,
    /// Why it failed, and when, if it did.
    failed: Option<(QueryError, Moment)>,
    /// What it was when it failed for a placeholder: without another event, it is not tried again.
    failed_at: Option<Events>,
    /// The data of the query at the last computation.
    data: Option<Arc<T>>,
    /// The last data that was no placeholder, and of which query.
    last: Option<(QueryKey, EntryId, Arc<T>)>,
    /// The placeholder of the options at the last computation.
    placeholder: Placeholder<T>,
}

/// A projection, and its last good outcome.
type Selected<T, R> = (Select<T, R>, Option<Arc<R>>);

/// How often the options had changed, and the commit.
type Basis = (u64, Option<(EntryId, u64)>);

/// How often the options had changed, and something had happened to the query.
type Events = (u64, Option<(EntryId, u64)>);

impl<T, R> Clone for Memory<T, R> {
    fn clone(&self) -> Self {
        Self {
            basis: self.basis,
            selected: self.selected.clone(),
            input: self.input.clone(),
            failed: self.failed.clone(),
            failed_at: self.failed_at,
            data: self.data.clone(),
            last: self.last.clone(),
            placeholder: self.placeholder.clone(),
        }
    }
}

/// What there is to be seen: calls code of the user's, so no lock may be held.
pub(crate) struct Seen<'a, T, R> {
    pub(crate) target: &'a Target<T>,
    pub(crate) look: &'a Look<T>,
    /// Why the query cannot be looked at.
    pub(crate) failure: Option<QueryError>,
    pub(crate) select: &'a Select<T, R>,
    /// How often the options or the projection were changed.
    pub(crate) changes: u64,
    pub(crate) published: Option<&'a Published>,
    pub(crate) now: Moment,
}

impl<T: QueryData, R: QueryData> Seen<'_, T, R> {
    /// Computes what is shown; `known`: what was shown before.
    pub(crate) fn compute(&self, known: &Arc<Known<T, R>>) -> Arc<Known<T, R>> {
        let fence = self.published.map_or_else(|| self.target.core.fence(), |one| one.snapshot.fence);
        // What was shown to somebody else is not remembered (invariant I14).
        let fresh = (known.fence != fence).then(|| Arc::new(Known { fence, ..Known::default() }));
        let known = fresh.as_ref().unwrap_or(known);
        let mut result = self.without_data();
        let basis = (self.changes, self.published.map(|one| (one.entry, one.commit)));
        if known.memory.basis == Some(basis) && self.failure.is_none() {
            if result.is_stale == known.shown.is_stale {
                return known.clone();
            }
            let shown = QueryResult { is_stale: result.is_stale, ..known.shown.clone() };
            return Arc::new(Known { shown, memory: known.memory.clone(), fence });
        }
        let mut memory = known.memory.clone();
        let data = match &self.failure {
            Some(failure) => Err(failure.clone()),
            None => self.published.and_then(|one| one.snapshot.data.clone()).map(typed::<T>).transpose(),
        };
        memory.basis = data.is_ok().then_some(basis);
        match data {
            Ok(data) => self.show(data, &known.shown, &mut memory, &mut result),
            Err(error) => result = QueryResult { is_enabled: self.look.enabled, ..QueryResult::failed(error) },
        }
        Arc::new(Known { shown: result, memory, fence })
    }

    /// Puts the data, a placeholder, or why there is none, into the result.
    fn show(
        &self,
        data: Option<Arc<T>>,
        before: &QueryResult<R>,
        memory: &mut Memory<T, R>,
        result: &mut QueryResult<R>,
    ) {
        let waits = result.status == QueryStatus::Pending;
        let events = (self.changes, self.published.map(|one| (one.entry, one.snapshot.events)));
        if let Some(data) = &data {
            memory.failed_at = None;
            result.ends = self.look.ends.as_ref().map(|ends| ends.ends(data)).unwrap_or_default();
            // A projection that failed for this data would fail again.
            let same = memory.data.as_ref().is_some_and(|known| Arc::ptr_eq(known, data));
            result.data =
                if same && memory.has_run(self.select) { memory.good() } else { self.project(data, before, memory) };
        } else if waits && before.is_placeholder && self.look.placeholder.is(&memory.placeholder) {
            result.show_placeholder(before.data.clone());
        } else if waits && memory.failed.is_some() && memory.failed_at == Some(events) {
            // It fails for the same placeholder as before.
        } else if waits && let Some(placeholder) = self.placeholder(memory) {
            let placeholder = self.select.placeholder(placeholder, before.data.as_ref(), self.look.keeps_parts);
            result.show_placeholder(self.project(&placeholder, before, memory));
            memory.failed_at = memory.failed.is_some().then_some(events);
        } else {
            memory.failed = None;
        }
        if let Some((error, at)) = &memory.failed {
            // The cache is as it was; only this observer shows the error (T113).
            result.status = QueryStatus::Error;
            result.error = Some(error.clone());
            result.error_updated_at = Some(*at);
            result.is_placeholder = false;
            result.data = memory.good();
        }
        if let (Some(data), Some(one)) = (&data, self.published) {
            memory.last = Some((self.look.key.clone(), one.entry, data.clone()));
        }
        memory.data = data;
        memory.placeholder = self.look.placeholder.clone();
    }

    /// Returns what is shown of the data; runs the projection where it must, and remembers what came of it.
    fn project(&self, data: &Arc<T>, before: &QueryResult<R>, memory: &mut Memory<T, R>) -> Option<Arc<R>> {
        if let Some(whole) = self.select.whole_of(data) {
            // The failure of a projection outlives it (T113).
            return Some(whole);
        }
        if memory.has_run(self.select) && memory.input.as_ref().is_some_and(|known| Arc::ptr_eq(known, data)) {
            memory.failed = None;
            return memory.good();
        }
        let good = match self.select.run(data, before.data.as_ref(), self.look.keeps_parts) {
            Ok(outcome) => {
                memory.failed = None;
                memory.input = Some(data.clone());
                Some(outcome)
            }
            Err(error) => {
                memory.failed = Some((error, self.now));
                memory.input = None;
                memory.good()
            }
        };
        memory.selected = Some((self.select.clone(), good.clone()));
        good
    }

    /// Returns what the options show while there is no data.
    fn placeholder(&self, memory: &Memory<T, R>) -> Option<Arc<T>> {
        let value = |last: &(QueryKey, EntryId, Arc<T>)| {
            // It may have changed since the observer left it.
            let now = self.target.core.published(&last.0).filter(|one| one.entry == last.1);
            match now {
                Some(one) => one.snapshot.data.clone().and_then(|data| typed(data).ok()),
                None => Some(last.2.clone()),
            }
        };
        match &self.look.placeholder {
            Placeholder::None => None,
            Placeholder::Previous => memory.last.as_ref().and_then(value),
            Placeholder::Value(placeholder) => Some(placeholder.clone()),
            Placeholder::By(make) => {
                let last = memory.last.as_ref().and_then(|last| Some((&last.0, value(last)?)));
                make.make(last.as_ref().map(|(key, data)| (*key, data)))
            }
        }
    }

    /// Returns all but the data.
    fn without_data(&self) -> QueryResult<R> {
        let look = self.look;
        let Some(published) = self.published else {
            return QueryResult { is_enabled: look.enabled, is_stale: look.enabled, ..QueryResult::default() };
        };
        let snapshot = &published.snapshot;
        let arrived = (snapshot.data_update_count, snapshot.error_update_count);
        let adapted = look.by.as_ref().and_then(|by| by.adapt(snapshot.data.as_ref(), &snapshot.state));
        let (enabled, stale) = adapted.map_or((look.enabled, look.stale), |adapted| (adapted.enabled, adapted.stale));
        QueryResult {
            status: snapshot.status,
            fetch_status: snapshot.fetch_status,
            data: None,
            error: snapshot.error.clone(),
            is_enabled: enabled,
            // Who is disabled would not fetch it anyway (T73).
            is_stale: enabled && is_stale(snapshot, stale, self.now),
            is_placeholder: false,
            is_optimistic: snapshot.is_optimistic,
            is_gone: snapshot.is_gone,
            is_slow: snapshot.is_slow,
            is_restoring: snapshot.is_restoring,
            is_fetched_after_mount: arrived.0 > look.arrived_before.0 || arrived.1 > look.arrived_before.1,
            failure_count: snapshot.failure_count,
            failure_reason: snapshot.failure_reason.clone(),
            data_updated_at: snapshot.data_updated_at,
            data_update_count: snapshot.data_update_count,
            error_updated_at: snapshot.error_updated_at,
            error_update_count: snapshot.error_update_count,
            direction: snapshot.direction,
            ends: Ends::default(),
        }
    }
}

impl<T, R> Memory<T, R> {
    /// Returns whether this is the projection that ran last.
    fn has_run(&self, select: &Select<T, R>) -> bool {
        self.selected.as_ref().is_some_and(|(known, _)| known.is(select))
    }

    /// Returns the last good outcome of the projection.
    fn good(&self) -> Option<Arc<R>> {
        self.selected.as_ref().and_then(|(_, outcome)| outcome.clone())
    }
}
