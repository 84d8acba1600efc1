//! Who owns the heart, and who carries out what it decides?
//!
//! The heart sits on a seat: whoever wants to tell it something takes it, and puts it back. The lock of the seat is held
//! only for taking and putting back, never while the heart works: the heart compares and folds values with the user's
//! `PartialEq`, `Clone` and `Change` code. If such code calls the client, on the same thread, what it asks for is queued
//! and done right after, so that it cannot deadlock.
//!
//! One turn: 1. take the heart; 2. the event; 3. publish what it changed, under the gate; 4. start and note tasks;
//! 5. what was queued, likewise; 6. put the heart back; 7. drop aborted tasks, resolve waiters, wake observers, tell
//! subscribers, set the alarm: outside of everything.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{Arc, PoisonError},
};

use crate::{
    clock::Moment,
    env::Env,
    error::QueryError,
    event::CacheEvent,
    heart::{Commit, Effect, FetchId, Heart, MutationId, ObserverId},
    marker::{MaybeSend, MaybeSync},
    projection::Value,
    shell::{
        Shared,
        alarm::Alarm,
        context::{Attempt, FetchContext, FetchFn},
        counters::Count,
        fence::Fence,
        published::{Board, Published},
        sending::{ErasedRun, Sending},
        tasks::{Running, Tasks, Waiter, WaiterSlot, attempt_of},
    },
    signal::{Signal, lock},
    spawn::TaskHandle,
    sync::{
        Condvar, Mutex,
        atomic::{AtomicU64, Ordering},
        thread::{self, ThreadId},
    },
    transport::Transport,
};

/// Is told when an observer's entry has changed, outside of every lock.
pub(crate) trait Wake: MaybeSend + MaybeSync {
    /// The entry changed, or time made a difference.
    fn wake(&self, news: &News<'_>);
}

/// What those who are woken hear of, so that not each of them has to ask.
#[derive(Clone, Copy, Debug)]
pub(crate) struct News<'a> {
    /// When it happened.
    pub(crate) now: Moment,
    /// What readers see of the entry, where it has changed.
    pub(crate) published: Option<&'a Published>,
}

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
type Deferred = Box<dyn FnOnce(&mut Heart, Moment) + Send>;
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
type Deferred = Box<dyn FnOnce(&mut Heart, Moment)>;

/// A listener of the cache.
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub(crate) type Listener = Arc<dyn Fn(&CacheEvent) + Send + Sync>;
/// A listener of the cache.
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
pub(crate) type Listener = Arc<dyn Fn(&CacheEvent)>;

#[derive(Default)]
struct Seat {
    heart: Option<Box<Heart>>,
    owner: Option<ThreadId>,
    queue: VecDeque<Deferred>,
}

/// The shell around the heart of one client.
pub(crate) struct Core {
    pub(crate) env: Env,
    pub(crate) transport: Option<Arc<dyn Transport>>,
    /// What all clones of the client share beside the cache.
    pub(crate) shared: Shared,
    seat: Mutex<Seat>,
    free: Condvar,
    pub(super) board: Board,
    pub(super) fence: Arc<Fence>,
    pub(super) tasks: Mutex<Tasks>,
    pub(super) alarm: Mutex<Alarm>,
    listeners: Mutex<BTreeMap<u64, Listener>>,
    /// Raised after each turn that changed something.
    pub(crate) changes: Arc<Signal>,
    next_id: AtomicU64,
}

impl fmt::Debug for Core {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Core").finish_non_exhaustive()
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        self.changes.close();
    }
}

/// The heart, taken from its seat; dropping this puts it back, also when user code panics.
struct Turn<'a> {
    core: &'a Core,
    heart: Option<Box<Heart>>,
}

impl Turn<'_> {
    /// Takes the next queued event, or puts the heart back where there is none.
    fn next_or_end(&mut self) -> Option<Deferred> {
        let mut seat = lock(&self.core.seat);
        if let Some(next) = seat.queue.pop_front() {
            return Some(next);
        }
        seat.heart = self.heart.take();
        seat.owner = None;
        drop(seat);
        self.core.free.notify_one();
        None
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if let Some(heart) = self.heart.take() {
            let mut seat = lock(&self.core.seat);
            seat.heart = Some(heart);
            seat.owner = None;
            drop(seat);
            self.core.free.notify_one();
        }
    }
}

/// Those who waited for a fetch, and how it ended.
type Resolved = (Vec<Arc<WaiterSlot>>, Result<Value, QueryError>);

/// What is left to do when the heart is back on its seat.
#[derive(Default)]
struct After {
    aborted: Vec<Running>,
    given_up: Vec<TaskHandle>,
    unsent: Vec<Sending>,
    functions: Vec<FetchFn>,
    old: Vec<Published>,
    unheeded: Vec<Arc<Signal>>,
    settled: Vec<Resolved>,
    /// Who is told of which of `news`.
    wakes: Vec<(Arc<dyn Wake>, Option<usize>)>,
    news: Vec<Published>,
    now: Moment,
    runs: Vec<Arc<dyn ErasedRun>>,
    events: Vec<CacheEvent>,
    /// Whether anything that readers see is different.
    changed: bool,
    deadline: Option<Moment>,
}

impl Core {
    /// Returns a core with an empty cache.
    #[cfg_attr(
        all(target_family = "wasm", target_os = "unknown"),
        expect(clippy::arc_with_non_send_sync, reason = "in the browser, futures and callbacks stay on one thread")
    )]
    pub(crate) fn new(env: Env, transport: Option<Arc<dyn Transport>>, seed: u64) -> Arc<Self> {
        Arc::new(Self {
            env,
            transport,
            shared: Shared::default(),
            seat: Mutex::new(Seat { heart: Some(Box::new(Heart::new(seed))), ..Seat::default() }),
            free: Condvar::new(),
            board: Board::default(),
            fence: Arc::default(),
            tasks: Mutex::default(),
            alarm: Mutex::default(),
            listeners: Mutex::default(),
            changes: Arc::default(),
            next_id: AtomicU64::new(1),
        })
    }

    /// Tells the heart something and carries out what follows.
    ///
    /// `None`: this was called by user code that the heart runs on this thread; it is done right after.
    pub(crate) fn run<R: 'static>(
        self: &Arc<Self>,
        event: impl FnOnce(&mut Heart, Moment) -> R + MaybeSend + 'static,
    ) -> Option<R> {
        let me = thread::current().id();
        let mut seat = lock(&self.seat);
        let heart = loop {
            if let Some(heart) = seat.heart.take() {
                seat.owner = Some(me);
                break heart;
            }
            if seat.owner == Some(me) {
                seat.queue.push_back(Box::new(move |heart, now| drop(event(heart, now))));
                return None;
            }
            seat = self.free.wait(seat).unwrap_or_else(PoisonError::into_inner);
        };
        drop(seat);
        let mut turn = Turn { core: self, heart: Some(heart) };
        let now = self.env.now();
        let mut after = After { now, ..After::default() };
        let result = turn.heart.as_mut().map(|heart| {
            let result = event(heart, now);
            self.carry_out(heart.finish(), &mut after);
            result
        });
        while let Some(next) = turn.next_or_end() {
            if let Some(heart) = turn.heart.as_mut() {
                next(heart, now);
                self.carry_out(heart.finish(), &mut after);
            }
        }
        self.finish(after);
        result
    }

    /// As [`Self::run`], for an event that returns fetches: also returns a waiter for each.
    pub(crate) fn run_and_wait<R: 'static>(
        self: &Arc<Self>,
        event: impl FnOnce(&mut Heart, Moment) -> (R, Vec<FetchId>) + MaybeSend + 'static,
    ) -> Option<(R, Vec<Waiter>)> {
        let core = self.clone();
        self.run(move |heart, now| {
            let (result, fetches) = event(heart, now);
            // Still in the turn: nothing can have settled yet.
            let waiters = fetches.into_iter().map(|fetch| lock(&core.tasks).wait(fetch)).collect();
            (result, waiters)
        })
    }

    /// Publishes a commit and starts its tasks, while the heart is ours.
    fn carry_out(self: &Arc<Self>, commit: Commit, after: &mut After) {
        let id = commit.id;
        after.deadline = commit.deadline;
        after.changed |= !commit.entries.is_empty() || !commit.mutations.is_empty();
        if let Some((number, principal)) = commit.principal {
            // Before anything of the next one begins.
            self.raise_fence(number, principal);
            let unheeded = std::mem::take(&mut lock(&self.tasks).unheeded);
            after.given_up.extend(unheeded.into_values());
        }
        let mut woken: Vec<(ObserverId, Option<usize>)> = Vec::new();
        for entry in &commit.entries {
            if let Some(snapshot) = entry.snapshot.clone().filter(|_| !entry.observers.is_empty()) {
                woken.extend(entry.observers.iter().map(|observer| (*observer, Some(after.news.len()))));
                after.news.push(Published { entry: entry.entry, commit: id, snapshot });
            }
        }
        after.old.extend(self.board.publish(&commit.entries, id));
        for effect in commit.effects {
            match effect {
                Effect::TakeFunction { entry, observer } => {
                    let old = lock(&self.tasks).take_function(entry, observer);
                    after.functions.extend(old);
                }
                Effect::FetchBegan { entry, fetch } => lock(&self.tasks).fix_function(entry, fetch),
                Effect::StartAttempt { entry, key, fetch, attempt, direction, meta } => {
                    let (function, kept, follows_consumed) = {
                        let tasks = lock(&self.tasks);
                        let before = tasks.running.get(&fetch).filter(|_| attempt > 0);
                        let kept = before.map(|before| before.kept.clone()).unwrap_or_default();
                        (tasks.function_of(entry, fetch), kept, tasks.expects_drop(entry))
                    };
                    let (number, principal) = (attempt, self.principal());
                    let of =
                        Attempt { fetch, direction, number, kept: kept.clone(), follows_consumed, meta, principal };
                    let context = FetchContext::new(Arc::downgrade(self), key, of);
                    let (consumed, aborted) = context.marks();
                    let handle = self.env.spawn(Box::pin(attempt_of(context, function, Arc::downgrade(self))));
                    let running = Running { attempt, handle, kept, consumed: consumed.clone(), aborted };
                    let mut tasks = lock(&self.tasks);
                    tasks.consumed.insert(entry, consumed);
                    after.aborted.extend(tasks.running.insert(fetch, running));
                }
                Effect::AbortAttempt { fetch } => {
                    let (aborted, unheeded) = lock(&self.tasks).abort(fetch);
                    after.aborted.extend(aborted);
                    after.unheeded.extend(unheeded);
                }
                Effect::FetchSettled { fetch, result } => {
                    let mut tasks = lock(&self.tasks);
                    after.aborted.extend(tasks.running.remove(&fetch));
                    after.functions.extend(tasks.fixed.remove(&fetch));
                    if let Some(waiters) = tasks.waiters.remove(&fetch) {
                        after.settled.push((waiters, result));
                    }
                }
                Effect::FetchReplaced { fetch, by } => {
                    let mut tasks = lock(&self.tasks);
                    after.aborted.extend(tasks.follow(fetch, by));
                    after.functions.extend(tasks.fixed.remove(&fetch));
                }
                Effect::SendMutation { mutation, attempt } => {
                    after.unsent.extend(self.send_mutation(mutation, attempt));
                }
                Effect::AbortMutation { mutation } => after.unsent.extend(lock(&self.tasks).sending.remove(&mutation)),
                Effect::MutationFailed { mutation, error } => self.go_on(mutation, |run| run.failed(self, error)),
                Effect::MutationConflict { mutation, error, is_uncertain, round } => {
                    self.go_on(mutation, |run| run.conflict(self, error, is_uncertain, round));
                }
                Effect::MutationAssumed { mutation } => self.go_on(mutation, |run| run.assumed(self)),
                Effect::Wake(observer) => woken.push((observer, None)),
                Effect::Event(event) => after.events.push(event),
            }
        }
        let mut tasks = lock(&self.tasks);
        for gone in commit.entries.iter().filter(|entry| entry.snapshot.is_none()) {
            after.functions.extend(tasks.functions.remove(&gone.entry));
            tasks.consumed.remove(&gone.entry);
        }
        // Who is woken twice is told once, and of what has changed.
        woken.sort_unstable_by_key(|(observer, news)| (*observer, news.is_none()));
        woken.dedup_by_key(|(observer, _)| *observer);
        let told = woken.iter().filter_map(|(observer, news)| Some((tasks.observers.get(observer)?.clone(), *news)));
        after.wakes.extend(told);
        drop(tasks);
        after.runs.extend(self.note_mutations(commit.mutations));
    }

    /// What is left to do when the heart is back on its seat.
    fn finish(self: &Arc<Self>, after: After) {
        // Each may be code of the program: when one panics, the others are still told and the alarm is set; then it goes on.
        let mut panicked = None;
        let mut call = |work: &mut dyn FnMut()| {
            if let Err(payload) = catch_unwind(AssertUnwindSafe(work)) {
                self.shared.counters.add(Count::Panics);
                panicked.get_or_insert(payload);
            }
        };
        for running in after.aborted {
            let mut running = Some(running);
            call(&mut || drop(running.take()));
        }
        for task in after.given_up {
            let mut task = Some(task);
            call(&mut || drop(task.take()));
        }
        for sending in after.unsent {
            let mut sending = Some(sending);
            call(&mut || drop(sending.take()));
        }
        for function in after.functions {
            let mut function = Some(function);
            call(&mut || drop(function.take()));
        }
        let mut old = after.old;
        call(&mut || drop(std::mem::take(&mut old)));
        for signal in after.unheeded {
            call(&mut || signal.close());
        }
        for (waiters, result) in after.settled {
            for waiter in waiters {
                call(&mut || waiter.resolve(result.clone()));
            }
        }
        for (wake, news) in after.wakes {
            let news = News { now: after.now, published: news.map(|place| &after.news[place]) };
            call(&mut || wake.wake(&news));
        }
        for run in after.runs {
            call(&mut || run.wake());
        }
        if !after.events.is_empty() {
            let listeners: Vec<Listener> = lock(&self.listeners).values().cloned().collect();
            for event in &after.events {
                for listener in &listeners {
                    call(&mut || listener(event));
                }
            }
        }
        if after.changed {
            self.changes.raise();
        }
        self.arm(after.deadline);
        if let Some(payload) = panicked.filter(|_| !thread::panicking()) {
            resume_unwind(payload);
        }
    }

    /// Tells subscribers something.
    pub(crate) fn tell(self: &Arc<Self>, event: CacheEvent) {
        self.run(move |heart, _| heart.tell_all(event));
    }

    /// Adds a listener and returns its number.
    pub(crate) fn listen(&self, listener: Listener) -> u64 {
        let id = self.fresh_id();
        lock(&self.listeners).insert(id, listener);
        id
    }

    /// Removes a listener.
    pub(crate) fn unlisten(&self, id: u64) {
        let old = lock(&self.listeners).remove(&id);
        drop(old);
    }

    /// Returns a new observer's name.
    pub(crate) fn new_observer_id(&self) -> ObserverId {
        ObserverId(self.fresh_id())
    }

    /// Returns a new mutation's name; later ones are larger.
    pub(crate) fn new_mutation_id(&self) -> MutationId {
        MutationId(self.fresh_id())
    }

    fn fresh_id(&self) -> u64 {
        self.next_id.fetch_add(1, Ordering::Relaxed)
    }
}
