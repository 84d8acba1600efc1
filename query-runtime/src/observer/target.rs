//! Which query does an observer look at, and how does the heart know of it?

use std::{fmt, sync::Arc};

use crate::{
    clock::Moment,
    error::QueryError,
    heart::{Adapting, Direction, EntryId, FetchRequest, Heart, ObserverId, ObserverSpec},
    key::QueryKey,
    options::{FindEnds, ListSeed, Placeholder, QueryData, QueryOptions},
    projection::Value,
    shell::{
        Settled,
        core::{Core, Wake},
        served,
    },
    signal::{Signal, lock},
    status::{FetchStatus, StaleTime},
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

/// What an observer looks at, and with which options.
pub(crate) struct Look<T> {
    pub(crate) key: QueryKey,
    pub(crate) stale: StaleTime,
    pub(crate) enabled: bool,
    /// How these depend on the state of the query.
    pub(crate) by: Option<Adapting>,
    pub(crate) placeholder: Placeholder<T>,
    /// Whether what equals the old keeps its place.
    pub(crate) keeps_parts: bool,
    /// What is beyond its pages, where it has any.
    pub(crate) ends: Option<Arc<dyn FindEnds<T>>>,
    /// How often data and errors had arrived before.
    pub(crate) arrived_before: (u64, u64),
    /// One more with each change of the options.
    pub(crate) generation: u64,
}

struct State<T> {
    look: Arc<Look<T>>,
    options: QueryOptions<T>,
    /// Whether the heart knows the observer.
    attached: bool,
    /// Why it does not.
    failure: Option<QueryError>,
}

/// The part of an observer that does not depend on what it shows.
pub(crate) struct Target<T> {
    pub(crate) core: Arc<Core>,
    pub(crate) signal: Arc<Signal>,
    closed: AtomicBool,
    id: ObserverId,
    state: Mutex<State<T>>,
    wake: Mutex<Option<Arc<dyn Wake>>>,
}

impl<T: QueryData> Target<T> {
    pub(crate) fn new(core: Arc<Core>, options: QueryOptions<T>) -> Self {
        let look = Arc::new(look_of(&core, &options, 0));
        let id = core.new_observer_id();
        Self {
            core,
            signal: Arc::default(),
            closed: AtomicBool::new(false),
            id,
            state: Mutex::new(State { look, options, attached: false, failure: None }),
            wake: Mutex::default(),
        }
    }

    /// Returns what the observer looks at, and why it cannot.
    pub(crate) fn look(&self) -> (Arc<Look<T>>, Option<QueryError>) {
        let state = lock(&self.state);
        (state.look.clone(), state.failure.clone())
    }

    /// Returns the key that the observer looks at.
    pub(crate) fn key(&self) -> QueryKey {
        lock(&self.state).look.key.clone()
    }

    /// Returns whether the observer was dropped.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Changes the options, and perhaps the query. The heart hears of it by [`Self::moved`], with what this returns.
    pub(crate) fn exchange(&self, options: QueryOptions<T>) -> (Arc<Look<T>>, QueryOptions<T>) {
        let mut state = lock(&self.state);
        let mut look = look_of(&self.core, &options, state.look.generation + 1);
        if look.key == state.look.key {
            look.arrived_before = state.look.arrived_before;
        }
        let old_look = std::mem::replace(&mut state.look, Arc::new(look));
        (old_look, std::mem::replace(&mut state.options, options))
    }

    /// Tells the heart what the observer looks at after an exchange of options.
    pub(crate) fn moved(&self, old: &(Arc<Look<T>>, QueryOptions<T>)) {
        self.attach(Some(&old.0.key));
    }

    /// Tells the heart what the observer looks at now; `before`: what it looked at until now.
    fn attach(&self, before: Option<&QueryKey>) {
        // Several threads may change the options: who told the heart last tells it again if that was not the newest.
        while !self.attach_newest(before) {}
    }

    /// Tells the heart what the observer looks at, and returns whether it still looks at that.
    fn attach_newest(&self, before: Option<&QueryKey>) -> bool {
        let (options, known, generation) = {
            let state = lock(&self.state);
            (state.options.clone(), state.attached, state.look.generation)
        };
        let key = options.key.untyped().clone();
        let settings = self.core.shared.settings(&key, options.settings.clone());
        if before != Some(&key) && options.is_enabled(&settings) {
            let published = self.core.published(&key);
            let stale = settings.stale.unwrap_or_default();
            self.core.shared.counters.add(served(
                published.as_ref().map(|one| &*one.snapshot),
                stale,
                self.core.env.now(),
            ));
        }
        let (spec, function) = options.entry_spec(&settings);
        let consumed =
            before.and_then(|key| self.core.published(key)).is_some_and(|old| self.core.is_consumed(old.entry));
        let (kind, seed) = (options.kind.clone(), ListSeed::of(&options));
        let observer = ObserverSpec { by: options.adapting(&settings, &spec), ..settings.observer_spec(spec.clone()) };
        let (id, owner) = (self.id, self.core.clone());
        let done = self.core.run(move |heart, now| {
            let entry = match seed.entry(heart, &key, &kind, spec, now) {
                Ok(entry) => entry,
                Err(error) => {
                    heart.unobserve(id, consumed, now);
                    return Err(error);
                }
            };
            owner.set_own_function(id, entry, function.clone());
            owner.set_function(entry, function);
            if known {
                heart.reobserve(id, entry, observer, consumed, now);
            } else {
                heart.observe(id, entry, observer, now);
            }
            Ok(())
        });
        let failure = done.and_then(Result::err);
        let mut state = lock(&self.state);
        state.attached = failure.is_none();
        state.failure = failure;
        state.look.generation == generation
    }

    /// Fetches the query with this observer's function.
    pub(crate) fn fetch(&self, direction: Direction, replace: bool) -> Settled {
        let (options, failure) = {
            let state = lock(&self.state);
            (state.options.clone(), state.failure.clone())
        };
        if let Some(failure) = failure {
            return Settled::failed(failure);
        }
        let id = self.id;
        let key = options.key.untyped().clone();
        let done = self.core.run_and_wait(move |heart: &mut Heart, now: Moment| {
            let started = heart.find(&key).and_then(|entry: EntryId| {
                let request = FetchRequest { observer: Some(id), direction, replace };
                heart.fetch(entry, request, now)
            });
            ((), started.into_iter().collect())
        });
        Settled::of(done.map(|((), waiters)| waiters).unwrap_or_default())
    }

    /// Returns the server's data, without optimistic operations.
    pub(crate) fn base(&self) -> Option<Arc<T>> {
        let key = self.key();
        self.core.run(move |heart, _| heart.base(heart.find(&key)?))??.downcast().ok()
    }

    /// Changes the server's data in place; it is as old as it was.
    pub(crate) fn rewrite(&self, change: impl Fn(&T) -> T) {
        let key = self.key();
        while let Some(base) = self.base() {
            let changed: Arc<T> = Arc::new(change(&base));
            let key = key.clone();
            let written = self.core.run(move |heart, now| heart.rewrite(&key, &(base as Value), changed, now));
            if written != Some(false) {
                return;
            }
        }
    }

    /// Returns whether the query's fetch runs.
    pub(crate) fn fetching(&self) -> Option<Direction> {
        let snapshot = self.core.published(&self.key())?.snapshot;
        (snapshot.fetch_status != FetchStatus::Idle).then_some(snapshot.direction)
    }
}

/// Returns what options make an observer look at.
fn look_of<T: QueryData>(core: &Core, options: &QueryOptions<T>, generation: u64) -> Look<T> {
    let key = options.key.untyped().clone();
    let settings = core.shared.settings(&key, options.settings.clone());
    let arrived_before =
        core.published(&key).map_or((0, 0), |one| (one.snapshot.data_update_count, one.snapshot.error_update_count));
    Look {
        key,
        stale: settings.stale.unwrap_or_default(),
        enabled: options.is_enabled(&settings),
        by: options.adapting(&settings, &options.entry_spec(&settings).0),
        placeholder: options.placeholder.clone(),
        keeps_parts: settings.keep_parts.unwrap_or(true),
        ends: options.ends.clone(),
        arrived_before,
        generation,
    }
}

/// Keeps an observer known to the heart; dropping this ends it.
pub(crate) struct Attached<T: QueryData> {
    target: Arc<Target<T>>,
}

impl<T: QueryData> fmt::Debug for Attached<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Attached").field("id", &self.target.id).finish()
    }
}

impl<T: QueryData> Attached<T> {
    /// Makes the observer known to the heart; `wake` hears of changes.
    pub(crate) fn new(target: Arc<Target<T>>, wake: Arc<dyn Wake>) -> Self {
        *lock(&target.wake) = Some(wake.clone());
        target.core.set_observer(target.id, wake);
        target.attach(None);
        Self { target }
    }

    /// Returns what the observer looks at.
    pub(crate) fn target(&self) -> &Arc<Target<T>> {
        &self.target
    }

    /// Lets somebody else hear of changes.
    pub(crate) fn show(&self, wake: Arc<dyn Wake>) {
        let old = lock(&self.target.wake).replace(wake.clone());
        self.target.core.set_observer(self.target.id, wake);
        drop(old);
    }
}

impl<T: QueryData> Drop for Attached<T> {
    fn drop(&mut self) {
        let (target, id) = (&self.target, self.target.id);
        let published = target.core.published(&target.key());
        let consumed = published.is_some_and(|one| target.core.is_consumed(one.entry));
        target.core.run(move |heart, now| heart.unobserve(id, consumed, now));
        target.core.drop_observer(id);
        // The view and its target hold each other through this until now.
        let wake = lock(&target.wake).take();
        drop(wake);
        target.closed.store(true, Ordering::Release);
        target.signal.close();
    }
}
