//! What does an observer show, given what the cache has published and the observer's own options?

use std::sync::{Arc, Mutex};

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
    options::{Placeholder, QueryData, QueryOptions},
    shell::{
        core::{Published, Wake},
        is_stale, typed,
    },
    signal::lock,
    status::QueryStatus,
};

/// What was computed from which state of the cache; later ones are larger.
type Stamp = (u64, u64, Moment);

struct State<T, R> {
    stamp: Stamp,
    shown: QueryResult<R>,
    /// What was shown when `current` or `changed` was called last.
    seen: Option<QueryResult<R>>,
    memory: Memory<T, R>,
}

/// What is remembered from one computation to the next.
struct Memory<T, R> {
    /// What the last computation saw: while it is the same, only time makes a difference.
    basis: Option<Basis>,
    /// The projection that ran last, and its last good outcome, of whichever key.
    selected: Option<Selected<T, R>>,
    /// Why it failed, and when, if it did.
    failed: Option<(QueryError, Moment)>,
    /// The data of the query at the last computation.
    data: Option<Arc<T>>,
    /// The last data that was no placeholder, and of which query.
    last: Option<(QueryKey, EntryId, Arc<T>)>,
    /// The placeholder of the options at the last computation.
    placeholder: Placeholder<T>,
}

/// A projection, and its last good outcome.
type Selected<T, R> = (Select<T, R>, Option<Arc<R>>);

/// The change of options and the commit that were seen.
type Basis = (u64, Option<(EntryId, u64)>);

impl<T, R> Clone for Memory<T, R> {
    fn clone(&self) -> Self {
        Self {
            basis: self.basis,
            selected: self.selected.clone(),
            failed: self.failed.clone(),
            data: self.data.clone(),
            last: self.last.clone(),
            placeholder: self.placeholder.clone(),
        }
    }
}

/// What an observer shows.
pub(crate) struct View<T, R> {
    pub(crate) target: Arc<Target<T>>,
    /// What is shown of the data, and how often that was changed. Held while the options change, so that both change at
    /// once.
    select: Mutex<(Select<T, R>, u64)>,
    state: Mutex<State<T, R>>,
}

impl<T: QueryData, R: QueryData> View<T, R> {
    pub(crate) fn new(target: Arc<Target<T>>, select: Select<T, R>) -> Self {
        let memory = Memory {
            basis: None,
            selected: None,
            failed: None,
            data: None,
            last: None,
            placeholder: Placeholder::None,
        };
        let state = State { stamp: (0, 0, Moment::ZERO), shown: QueryResult::default(), seen: None, memory };
        Self { target, select: Mutex::new((select, 0)), state: Mutex::new(state) }
    }

    /// Changes the options and what is shown of the data, whichever is given, in one step.
    pub(crate) fn set(&self, options: Option<QueryOptions<T>>, select: Option<Select<T, R>>) {
        let mut own = lock(&self.select);
        let old_select = select.map(|new| {
            own.1 += 1;
            std::mem::replace(&mut own.0, new)
        });
        let old_options = options.map(|new| self.target.exchange(new));
        drop(own);
        drop(old_select);
        if let Some(old) = old_options {
            self.target.moved(&old);
        }
        self.refresh();
    }

    /// Looks at the cache, tells whoever waits if something else is shown now, and returns what is shown.
    pub(crate) fn refresh(&self) -> QueryResult<R> {
        let (shown, mut memory) = {
            let state = lock(&self.state);
            (state.shown.clone(), state.memory.clone())
        };
        let (select, changes, look, failure) = {
            let select = lock(&self.select);
            let (look, failure) = self.target.look();
            (select.0.clone(), select.1 + look.generation, look, failure)
        };
        let published = self.target.core.published(&look.key);
        let now = self.target.core.env.now();
        let stamp = (changes, published.as_ref().map_or(0, |one| one.commit), now);
        let seen = Seen { target: &self.target, look: &look, select: &select, published: published.as_ref(), now };
        let result = seen.compute(changes, failure, &shown, &mut memory);
        let mut state = lock(&self.state);
        if stamp < state.stamp {
            // Somebody else was faster and has seen more.
            return state.shown.clone();
        }
        state.stamp = stamp;
        let differs = !result.is_same(&state.shown);
        let old = (std::mem::replace(&mut state.shown, result.clone()), std::mem::replace(&mut state.memory, memory));
        drop(state);
        if differs {
            self.target.signal.raise();
        }
        drop(old);
        result
    }

    /// Returns what is shown, and notes that it was seen.
    pub(crate) fn current(&self) -> QueryResult<R> {
        let result = self.refresh();
        let old = lock(&self.state).seen.replace(result.clone());
        drop(old);
        result
    }

    /// Returns what is shown and notes that it was seen, if it is something else than was seen last.
    pub(crate) fn unseen(&self) -> Option<QueryResult<R>> {
        let result = self.refresh();
        let mut state = lock(&self.state);
        if state.seen.as_ref().is_some_and(|seen| seen.shows_same(&result)) {
            return None;
        }
        let old = state.seen.replace(result.clone());
        drop(state);
        drop(old);
        Some(result)
    }
}

/// What there is to be seen: calls code of the user's, so no lock is held.
struct Seen<'a, T, R> {
    target: &'a Target<T>,
    look: &'a Look<T>,
    select: &'a Select<T, R>,
    published: Option<&'a Published>,
    now: Moment,
}

impl<T: QueryData, R: QueryData> Seen<'_, T, R> {
    /// Computes what is shown; `shown`: what was shown before.
    fn compute(
        &self,
        changes: u64,
        failure: Option<QueryError>,
        shown: &QueryResult<R>,
        memory: &mut Memory<T, R>,
    ) -> QueryResult<R> {
        if let Some(error) = failure {
            memory.basis = None;
            return QueryResult { is_enabled: self.look.enabled, ..QueryResult::failed(error) };
        }
        let mut result = self.without_data();
        let basis = (changes, self.published.map(|one| (one.entry, one.commit)));
        if memory.basis == Some(basis) {
            return QueryResult { is_stale: result.is_stale, ..shown.clone() };
        }
        let data = match self.published.and_then(|one| one.snapshot.data.clone()).map(typed::<T>).transpose() {
            Ok(data) => data,
            Err(error) => {
                memory.basis = None;
                return QueryResult { is_enabled: self.look.enabled, ..QueryResult::failed(error) };
            }
        };
        if let Some(data) = &data {
            let same = memory.data.as_ref().is_some_and(|known| Arc::ptr_eq(known, data))
                && memory.selected.as_ref().is_some_and(|(known, _)| known.is(self.select));
            if !same {
                self.project(data, shown, memory);
            }
            result.data = memory.selected.as_ref().and_then(|(_, outcome)| outcome.clone());
        } else if result.status == QueryStatus::Pending
            && shown.is_placeholder
            && self.look.placeholder.is(&memory.placeholder)
        {
            result.show_placeholder(shown.data.clone());
        } else if result.status == QueryStatus::Pending
            && let Some(placeholder) = self.placeholder(memory)
        {
            let placeholder = self.select.placeholder(placeholder, shown.data.as_ref(), self.look.keeps_parts);
            self.project(&placeholder, shown, memory);
            result.show_placeholder(memory.selected.as_ref().and_then(|(_, outcome)| outcome.clone()));
        } else {
            memory.failed = None;
        }
        if let Some((error, at)) = &memory.failed {
            // The cache is as it was; only this observer shows the error (T113).
            result.status = QueryStatus::Error;
            result.error = Some(error.clone());
            result.error_updated_at = Some(*at);
            result.is_placeholder = false;
            result.data = memory.selected.as_ref().and_then(|(_, outcome)| outcome.clone());
        }
        if let (Some(data), Some(one)) = (&data, self.published) {
            memory.last = Some((self.look.key.clone(), one.entry, data.clone()));
        }
        memory.basis = Some(basis);
        memory.data = data;
        memory.placeholder = self.look.placeholder.clone();
        result
    }

    /// Runs the projection and remembers what came of it.
    fn project(&self, data: &Arc<T>, shown: &QueryResult<R>, memory: &mut Memory<T, R>) {
        let good = memory.selected.take().and_then(|(_, outcome)| outcome);
        let good = match self.select.run(data, shown.data.as_ref(), self.look.keeps_parts) {
            Ok(outcome) => {
                memory.failed = None;
                Some(outcome)
            }
            Err(error) => {
                memory.failed = Some((error, self.now));
                good
            }
        };
        memory.selected = Some((self.select.clone(), good));
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
        QueryResult {
            status: snapshot.status,
            fetch_status: snapshot.fetch_status,
            data: None,
            error: snapshot.error.clone(),
            is_enabled: look.enabled,
            // Who is disabled would not fetch it anyway (T73).
            is_stale: look.enabled && is_stale(snapshot, look.stale, self.now),
            is_placeholder: false,
            is_optimistic: snapshot.is_optimistic,
            is_gone: snapshot.is_gone,
            is_slow: snapshot.is_slow,
            is_fetched_after_mount: arrived.0 > look.arrived_before.0 || arrived.1 > look.arrived_before.1,
            failure_count: snapshot.failure_count,
            failure_reason: snapshot.failure_reason.clone(),
            data_updated_at: snapshot.data_updated_at,
            data_update_count: snapshot.data_update_count,
            error_updated_at: snapshot.error_updated_at,
            error_update_count: snapshot.error_update_count,
            direction: snapshot.direction,
        }
    }
}

impl<T: QueryData, R: QueryData> Wake for View<T, R> {
    fn wake(&self, _commit: u64) {
        self.refresh();
    }
}
