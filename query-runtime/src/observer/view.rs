//! Who keeps what an observer shows up to date, and tells whoever waits?

use std::sync::Arc;

use crate::{
    clock::Moment,
    observer::{
        result::QueryResult,
        seen::{Known, Seen},
        select::Select,
        target::Target,
        watch::{Shows, Watchable},
    },
    options::{QueryData, QueryOptions},
    shell::core::{News, Wake},
    signal::{Signal, lock},
    sync::Mutex,
};

/// What was computed from which state of the cache; later ones are larger.
type Stamp = (u64, u64, Moment);

struct State<T, R> {
    stamp: Stamp,
    known: Arc<Known<T, R>>,
    /// What was shown when `current` or `changed` was called last.
    seen: Option<QueryResult<R>>,
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
        let state = State { stamp: (0, 0, Moment::ZERO), known: Arc::default(), seen: None };
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

    /// Looks at the cache, tells whoever waits if something is different now, and returns what is shown.
    pub(crate) fn refresh(&self) -> QueryResult<R> {
        self.refresh_by(None).shown.clone()
    }

    /// As [`Self::refresh`], given what has just been published.
    fn refresh_by(&self, news: Option<&News<'_>>) -> Arc<Known<T, R>> {
        let known = lock(&self.state).known.clone();
        let (select, changes, look, failure) = {
            let select = lock(&self.select);
            let (look, failure) = self.target.look();
            (select.0.clone(), select.1 + look.generation, look, failure)
        };
        let asked;
        let (published, now) = match news {
            Some(News { now, published: Some(published) }) if published.snapshot.key == look.key => {
                (Some(*published), *now)
            }
            _ => {
                asked = self.target.core.published(&look.key);
                (asked.as_ref(), self.target.core.env.now())
            }
        };
        let stamp = (changes, published.map_or(0, |one| one.commit), now);
        let target = &*self.target;
        let new = Seen { target, look: &look, failure, select: &select, changes, published, now }.compute(&known);
        let mut state = lock(&self.state);
        if stamp < state.stamp {
            // Somebody else was faster and has seen more.
            return state.known.clone();
        }
        state.stamp = stamp;
        let differs = !new.shown.is_same(&state.known.shown);
        let result = new.clone();
        let old = std::mem::replace(&mut state.known, new);
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

impl<T: QueryData, R: QueryData> Shows for View<T, R> {
    type Shown = QueryResult<R>;

    fn signal(&self) -> &Arc<Signal> {
        &self.target.signal
    }

    fn is_over(&self) -> bool {
        self.target.is_closed()
    }

    fn shown(&self) -> QueryResult<R> {
        self.refresh()
    }

    fn heard(&self) -> QueryResult<R> {
        lock(&self.state).known.shown.clone()
    }

    fn is_same(&self, one: &QueryResult<R>, two: &QueryResult<R>) -> bool {
        one.shows_same(two)
    }
}

impl<T: QueryData, R: QueryData> Watchable for View<T, R> {
    fn is_identical(&self, one: &QueryResult<R>, two: &QueryResult<R>) -> bool {
        one.is_same(two)
    }
}

impl<T: QueryData, R: QueryData> Wake for View<T, R> {
    fn wake(&self, news: &News<'_>) {
        self.refresh_by(Some(news));
    }
}
