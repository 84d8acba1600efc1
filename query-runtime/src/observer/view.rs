//! What does an observer show, given what the cache has published and the observer's own options?

use std::sync::{Arc, Mutex};

use crate::{
    clock::Moment,
    error::QueryError,
    key::QueryKey,
    marker::{MaybeSend, MaybeSync},
    observer::{
        result::QueryResult,
        target::{Look, Target},
    },
    options::{Placeholder, QueryData},
    shell::{
        core::{Published, Wake},
        is_stale, typed,
    },
    signal::lock,
    status::QueryStatus,
};

/// Makes what is shown of the data.
trait Project<T, R>: MaybeSend + MaybeSync {
    fn project(&self, data: &Arc<T>) -> Result<Arc<R>, QueryError>;
    /// Returns the old outcome where the new one equals it.
    fn share(&self, old: &Arc<R>, new: Arc<R>) -> Arc<R>;
}

/// Shows the data itself.
struct Whole;

impl<T: QueryData> Project<T, T> for Whole {
    fn project(&self, data: &Arc<T>) -> Result<Arc<T>, QueryError> {
        Ok(data.clone())
    }

    fn share(&self, _old: &Arc<T>, new: Arc<T>) -> Arc<T> {
        // The cache has compared them already.
        new
    }
}

/// Shows what a function makes of the data.
struct Selected<F>(F);

impl<T, R, F> Project<T, R> for Selected<F>
where
    T: QueryData,
    R: QueryData,
    F: Fn(&T) -> Result<R, QueryError> + MaybeSend + MaybeSync,
{
    fn project(&self, data: &Arc<T>) -> Result<Arc<R>, QueryError> {
        (self.0)(data).map(Arc::new)
    }

    fn share(&self, old: &Arc<R>, new: Arc<R>) -> Arc<R> {
        if *old == new { old.clone() } else { new }
    }
}

/// What was computed from which state of the cache; later ones are larger.
type Stamp = (u64, u64, Moment);

struct State<T, R> {
    stamp: Stamp,
    shown: QueryResult<R>,
    /// What was shown when `current` or `changed` was called last.
    seen: Option<QueryResult<R>>,
    memory: Memory<T, R>,
}

/// Data, and what became of it.
type Projected<T, R> = (Arc<T>, Result<Arc<R>, QueryError>);

/// What is remembered from one computation to the next.
struct Memory<T, R> {
    /// The data that was projected last, and the outcome: the same data is not projected again.
    projected: Option<Projected<T, R>>,
    /// The last good outcome, and of which key.
    good: Option<(QueryKey, Arc<R>)>,
    /// The last data that was no placeholder, and of which key.
    data: Option<(QueryKey, Arc<T>)>,
    /// The data of the key before this one.
    previous: Option<Arc<T>>,
}

impl<T, R> Clone for Memory<T, R> {
    fn clone(&self) -> Self {
        Self {
            projected: self.projected.clone(),
            good: self.good.clone(),
            data: self.data.clone(),
            previous: self.previous.clone(),
        }
    }
}

/// What an observer shows.
pub(crate) struct View<T, R> {
    pub(crate) target: Arc<Target<T>>,
    project: Box<dyn Project<T, R>>,
    state: Mutex<State<T, R>>,
}

impl<D: QueryData> View<D, D> {
    /// Shows the data itself.
    pub(crate) fn whole(target: Arc<Target<D>>) -> Self {
        Self::of(target, Box::new(Whole))
    }
}

impl<T: QueryData, R: QueryData> View<T, R> {
    /// Shows what a function makes of the data.
    pub(crate) fn selected(
        target: Arc<Target<T>>,
        select: impl Fn(&T) -> Result<R, QueryError> + MaybeSend + MaybeSync + 'static,
    ) -> Self {
        Self::of(target, Box::new(Selected(select)))
    }

    fn of(target: Arc<Target<T>>, project: Box<dyn Project<T, R>>) -> Self {
        let state = State {
            stamp: (0, 0, Moment::ZERO),
            shown: QueryResult::default(),
            seen: None,
            memory: Memory { projected: None, good: None, data: None, previous: None },
        };
        Self { target, project, state: Mutex::new(state) }
    }

    /// Looks at the cache, tells whoever waits if something else is shown now, and returns what is shown.
    pub(crate) fn refresh(&self) -> QueryResult<R> {
        let mut memory = lock(&self.state).memory.clone();
        let (look, failure) = self.target.look();
        let published = self.target.core.published(&look.key);
        let now = self.target.core.env.now();
        let stamp = (look.generation, published.as_ref().map_or(0, |one| one.commit), now);
        let result = self.compute(&look, failure, published.as_ref(), now, &mut memory);
        let mut state = lock(&self.state);
        if stamp < state.stamp {
            // Somebody else was faster and has seen more.
            return state.shown.clone();
        }
        state.stamp = stamp;
        let differs = !result.shows_same(&state.shown);
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

    /// Computes what is shown. Calls code of the user's, so no lock is held.
    fn compute(
        &self,
        look: &Look<T>,
        failure: Option<QueryError>,
        published: Option<&Published>,
        now: Moment,
        memory: &mut Memory<T, R>,
    ) -> QueryResult<R> {
        if let Some((key, data)) = &memory.data
            && *key != look.key
        {
            memory.previous = Some(data.clone());
        }
        if memory.good.as_ref().is_some_and(|(key, _)| *key != look.key) && !look.keeps_previous() {
            memory.good = None;
        }
        if let Some(error) = failure {
            return QueryResult { status: QueryStatus::Error, error: Some(error), ..QueryResult::default() };
        }
        let mut result = published.map_or_else(QueryResult::default, |one| shown_of(one, look, now));
        let data = match published.and_then(|one| one.snapshot.data.clone()).map(typed::<T>) {
            Some(Ok(data)) => {
                memory.data = Some((look.key.clone(), data.clone()));
                Some(data)
            }
            Some(Err(error)) => {
                return QueryResult { status: QueryStatus::Error, error: Some(error), ..QueryResult::default() };
            }
            None => None,
        };
        let data = data.or_else(|| {
            let placeholder = (result.status == QueryStatus::Pending).then(|| look.placeholder(memory)).flatten()?;
            result.status = QueryStatus::Success;
            result.is_placeholder = true;
            Some(placeholder)
        });
        if let Some(data) = data {
            self.project(&data, look, memory, &mut result);
        }
        result
    }

    /// Puts the projection of the data, or why there is none, into the result.
    fn project(&self, data: &Arc<T>, look: &Look<T>, memory: &mut Memory<T, R>, result: &mut QueryResult<R>) {
        let outcome = match &memory.projected {
            Some((known, outcome)) if Arc::ptr_eq(known, data) => outcome.clone(),
            _ => {
                let outcome = self.project.project(data).map(|new| match &memory.good {
                    Some((_, old)) => self.project.share(old, new),
                    None => new,
                });
                memory.projected = Some((data.clone(), outcome.clone()));
                outcome
            }
        };
        match outcome {
            Ok(shown) => {
                memory.good = Some((look.key.clone(), shown.clone()));
                result.data = Some(shown);
            }
            Err(error) => {
                // The cache is as it was; only this observer shows the error (T113).
                result.status = QueryStatus::Error;
                result.error = Some(error);
                result.is_placeholder = false;
                let good = memory.good.as_ref().filter(|(key, _)| *key == look.key);
                result.data = good.map(|(_, shown)| shown.clone());
            }
        }
    }
}

impl<T> Look<T> {
    fn keeps_previous(&self) -> bool {
        matches!(self.placeholder, Placeholder::Previous)
    }

    /// Returns what is shown while there is no data.
    fn placeholder<R>(&self, memory: &Memory<T, R>) -> Option<Arc<T>> {
        match &self.placeholder {
            Placeholder::None => None,
            Placeholder::Previous => memory.previous.clone(),
            Placeholder::Value(value) => Some(value.clone()),
        }
    }
}

/// Returns all but the data.
fn shown_of<T, R>(published: &Published, look: &Look<T>, now: Moment) -> QueryResult<R> {
    let snapshot = &published.snapshot;
    let arrived = (snapshot.data_update_count, snapshot.error_update_count);
    QueryResult {
        status: snapshot.status,
        fetch_status: snapshot.fetch_status,
        data: None,
        error: snapshot.error.clone(),
        // Who is disabled would not fetch it anyway (T73).
        is_stale: look.enabled && is_stale(snapshot, look.stale, now),
        is_placeholder: false,
        is_optimistic: snapshot.is_optimistic,
        is_gone: snapshot.is_gone,
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

impl<T: QueryData, R: QueryData> Wake for View<T, R> {
    fn wake(&self, _commit: u64) {
        self.refresh();
    }
}
