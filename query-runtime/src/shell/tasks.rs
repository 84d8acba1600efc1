//! Which tasks run, who waits for them, and whose functions do they call?

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    sync::{Arc, Weak},
    task::{Context, Poll, Waker},
};

use crate::{
    error::QueryError,
    heart::{EntryId, FetchId, MutationId, ObserverId},
    projection::Value,
    shell::{
        context::{FetchContext, FetchFn},
        core::{Core, Wake},
        sending::{ErasedRun, Sending},
    },
    signal::{Signal, lock},
    spawn::TaskHandle,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

/// The tasks of a client and what they need.
#[derive(Default)]
pub(crate) struct Tasks {
    /// A pair of a fetch and the task of its current attempt.
    pub(crate) running: HashMap<FetchId, Running>,
    /// A pair of a fetch and those who wait for it.
    pub(crate) waiters: HashMap<FetchId, Vec<Arc<WaiterSlot>>>,
    /// A pair of a fetch and an attempt of its, given up, whose function does not expect to be dropped: it runs to its end.
    pub(crate) unheeded: HashMap<(FetchId, u32), TaskHandle>,
    /// A pair of an entry and the function that fetches it.
    pub(crate) functions: HashMap<EntryId, FetchFn>,
    /// A pair of a fetch and the function that it began with, where all its attempts are made with that.
    pub(crate) fixed: HashMap<FetchId, FetchFn>,
    /// A pair of an entry and whether the last attempt for it may be dropped at any time.
    pub(crate) consumed: HashMap<EntryId, Arc<AtomicBool>>,
    /// A pair of an observer and who is told of changes.
    pub(crate) observers: HashMap<ObserverId, Arc<dyn Wake>>,
    /// A pair of an observer, the entry that it looks at and its own function for that.
    pub(crate) own: HashMap<ObserverId, (EntryId, FetchFn)>,
    /// A pair of a mutation and what sends it, in the order in which they were asked for.
    pub(crate) runs: BTreeMap<MutationId, Arc<dyn ErasedRun>>,
    /// A pair of a mutation and the task that sends it.
    pub(crate) sending: HashMap<MutationId, Sending>,
}

impl Tasks {
    /// Sets the function that fetches an entry; returns the one until now.
    pub(crate) fn set_function(&mut self, entry: EntryId, function: Option<FetchFn>) -> Option<FetchFn> {
        match function {
            Some(function) => self.functions.insert(entry, function),
            None => self.functions.remove(&entry),
        }
    }

    /// Lets an entry have an observer's function; returns the one until now.
    pub(crate) fn take_function(&mut self, entry: EntryId, observer: ObserverId) -> Option<FetchFn> {
        let own = self.own.get(&observer).filter(|own| own.0 == entry);
        let function = own.map(|own| own.1.clone());
        self.set_function(entry, function)
    }

    /// Notes the function that a fetch begins with, if it stays with that.
    pub(crate) fn fix_function(&mut self, entry: EntryId, fetch: FetchId) {
        if let Some(function) = self.functions.get(&entry).filter(|function| function.stays()) {
            self.fixed.insert(fetch, function.clone());
        }
    }

    /// Returns the function for the next attempt of a fetch: the entry's as it is now, unless the fetch stays with another.
    pub(crate) fn function_of(&self, entry: EntryId, fetch: FetchId) -> Option<FetchFn> {
        self.fixed.get(&fetch).or_else(|| self.functions.get(&entry)).cloned()
    }

    /// Gives up the current attempt of a fetch. Returns the task to drop, if it may be dropped in the middle; another one
    /// runs to its end, and only its signal is to be closed.
    pub(crate) fn abort(&mut self, fetch: FetchId) -> (Option<Running>, Option<Arc<Signal>>) {
        match self.running.remove(&fetch) {
            Some(running) if !running.consumed.load(Ordering::Acquire) => {
                self.unheeded.insert((fetch, running.attempt), running.handle);
                (None, Some(running.aborted))
            }
            running => (running, None),
        }
    }

    /// Returns whether the last attempt for an entry may be dropped at any time.
    pub(crate) fn expects_drop(&self, entry: EntryId) -> bool {
        self.consumed.get(&entry).is_some_and(|consumed| consumed.load(Ordering::Acquire))
    }

    /// Adds somebody who waits for a fetch.
    pub(crate) fn wait(&mut self, fetch: FetchId) -> Waiter {
        let slot = Arc::new(WaiterSlot::default());
        self.waiters.entry(fetch).or_default().push(slot.clone());
        Waiter { slot }
    }

    /// Those who wait for one fetch now wait for another. Returns what is left of the first.
    pub(crate) fn follow(&mut self, fetch: FetchId, by: FetchId) -> Option<Running> {
        if let Some(waiters) = self.waiters.remove(&fetch) {
            self.waiters.entry(by).or_default().extend(waiters);
        }
        self.running.remove(&fetch)
    }
}

/// What an attempt of a fetch leaves to the next: pages that it has loaded.
pub(crate) type Kept = Arc<Mutex<Option<Value>>>;

/// The task of a fetch's current attempt; dropping it aborts the attempt.
pub(crate) struct Running {
    /// The number of the attempt.
    pub(crate) attempt: u32,
    /// The task.
    pub(crate) handle: TaskHandle,
    /// What the fetch's attempts leave to the next.
    pub(crate) kept: Kept,
    /// Whether the fetch function took the abort signal.
    pub(crate) consumed: Arc<AtomicBool>,
    /// The abort signal.
    pub(crate) aborted: Arc<Signal>,
}

#[derive(Default)]
struct SlotState {
    result: Option<Result<Value, QueryError>>,
    waker: Option<Waker>,
}

/// Where the result of a fetch is put for one who waits.
#[derive(Default)]
pub(crate) struct WaiterSlot {
    state: Mutex<SlotState>,
}

impl WaiterSlot {
    /// Puts the result and wakes who waits.
    pub(crate) fn resolve(&self, result: Result<Value, QueryError>) {
        let waker = {
            let mut state = lock(&self.state);
            state.result = Some(result);
            state.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// Waits for a fetch to settle; dropping it gives up waiting, not the fetch.
pub(crate) struct Waiter {
    slot: Arc<WaiterSlot>,
}

impl Waiter {
    /// Waits for what is put into the slot.
    pub(crate) fn of(slot: Arc<WaiterSlot>) -> Self {
        Self { slot }
    }
}

impl fmt::Debug for Waiter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Waiter").finish_non_exhaustive()
    }
}

impl Future for Waiter {
    type Output = Result<Value, QueryError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = lock(&self.slot.state);
        if let Some(result) = state.result.take() {
            return Poll::Ready(result);
        }
        state.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

/// Runs one attempt of a fetch and reports how it ended.
pub(super) async fn attempt_of(context: FetchContext, function: Option<FetchFn>, core: Weak<Core>) {
    let (fetch, attempt) = (context.of.fetch, context.of.number);
    let Some(owner) = core.upgrade() else { return };
    owner.run(move |heart, _| heart.attempt_began(fetch));
    // Who waits for the network must not keep the client alive.
    drop(owner);
    let (received, stored, key) = (context.received(), context.stored(), context.key.clone());
    let marks = context.watermarks();
    let result = match function.clone() {
        Some(function) => caught(async move { function.call(context).await }).await,
        None => Err(QueryError::missing_fetch()),
    };
    let (bytes, mark) = (received.load(Ordering::Relaxed), marks.lowest());
    if let Some(owner) = core.upgrade() {
        let stored = lock(&stored).take();
        let own = key.clone();
        let landed = owner.run(move |heart, now| {
            if !heart.expects(fetch, &own) {
                return false;
            }
            let is_new = result.is_ok() && stored.is_none();
            heart.received(fetch, bytes);
            heart.watermarked(fetch, mark);
            if let Some(stored) = stored {
                heart.found_stored(fetch, stored);
            }
            heart.attempt_done(fetch, result, now);
            is_new
        });
        // This is that task: it ends by itself.
        let own = lock(&owner.tasks).unheeded.remove(&(fetch, attempt));
        own.map(TaskHandle::detach).unwrap_or_default();
        if let (Some(function), Some(true)) = (function, landed) {
            function.landed(&owner, &key);
        }
    }
}

/// Runs code of the program; a panic in it is an error and not the end of the task, so that nobody waits for ever.
pub(crate) async fn caught<T>(future: impl Future<Output = Result<T, QueryError>>) -> Result<T, QueryError> {
    let mut future = pin!(future);
    poll_fn(move |context| {
        // Nothing looks at the future again after a panic.
        catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context)))
            .unwrap_or_else(|_| Poll::Ready(Err(QueryError::message("a function of the program panicked"))))
    })
    .await
}
