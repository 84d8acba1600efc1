//! Which tasks run, who waits for them, and whose functions do they call?

use std::{
    collections::HashMap,
    fmt,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    sync::{Arc, Mutex, Weak, atomic::AtomicBool},
    task::{Context, Poll, Waker},
};

use crate::{
    error::QueryError,
    heart::{EntryId, FetchId, MutationId, MutationSnapshot, ObserverId},
    marker::{BoxFuture, MaybeSend, MaybeSync},
    projection::Value,
    shell::{
        context::{FetchContext, FetchFn},
        core::{Core, Wake},
    },
    signal::lock,
    spawn::TaskHandle,
};

/// A call of a mutation, without its types.
pub(crate) trait ErasedRun: MaybeSend + MaybeSync {
    /// Sends it and sees it through.
    fn send(self: Arc<Self>, core: &Arc<Core>, attempt: u32) -> BoxFuture<'static, ()>;

    /// It has failed for good and is rolled back.
    fn failed(self: Arc<Self>, core: &Arc<Core>, error: QueryError) -> BoxFuture<'static, ()>;

    /// Notes what readers see of it now; `None`: it is gone. Called in the order of the commits.
    fn note(&self, now: Option<Arc<MutationSnapshot>>);

    /// Tells those who look at it, outside of everything.
    fn wake(&self);
}

/// The tasks of a client and what they need.
#[derive(Default)]
pub(crate) struct Tasks {
    /// A pair of a fetch and the task of its current attempt.
    pub(crate) running: HashMap<FetchId, Running>,
    /// A pair of a fetch and those who wait for it.
    pub(crate) waiters: HashMap<FetchId, Vec<Arc<WaiterSlot>>>,
    /// A pair of an entry and the function that fetches it where no observer's own does.
    pub(crate) fetches: HashMap<EntryId, FetchFn>,
    /// A pair of an entry and whether its last attempt took the abort signal.
    pub(crate) consumed: HashMap<EntryId, Arc<AtomicBool>>,
    /// A pair of an observer and who is told of changes.
    pub(crate) observers: HashMap<ObserverId, Arc<dyn Wake>>,
    /// A pair of an observer, the entry that it looks at and its own function for that.
    pub(crate) functions: HashMap<ObserverId, (EntryId, FetchFn)>,
    /// A pair of a mutation and what sends it.
    pub(crate) runs: HashMap<MutationId, Arc<dyn ErasedRun>>,
    /// A pair of a mutation and the task that sends it.
    pub(crate) sending: HashMap<MutationId, TaskHandle>,
}

impl Tasks {
    /// Returns the function that a fetch calls: the observer's own while it looks at the entry, or else the entry's.
    pub(crate) fn function(&self, entry: EntryId, observer: Option<ObserverId>) -> Option<FetchFn> {
        let own = observer.and_then(|observer| self.functions.get(&observer)).filter(|own| own.0 == entry);
        own.map(|own| &own.1).or_else(|| self.fetches.get(&entry)).cloned()
    }

    /// Adds somebody who waits for a fetch.
    pub(crate) fn wait(&mut self, fetch: FetchId) -> Waiter {
        let slot = Arc::new(WaiterSlot::default());
        self.waiters.entry(fetch).or_default().push(slot.clone());
        Waiter { slot }
    }

    /// Those who wait for one fetch now wait for another.
    pub(crate) fn follow(&mut self, fetch: FetchId, by: FetchId) {
        if let Some(waiters) = self.waiters.remove(&fetch) {
            self.waiters.entry(by).or_default().extend(waiters);
        }
    }
}

/// What an attempt of a fetch leaves to the next: pages that it has loaded.
pub(crate) type Kept = Arc<Mutex<Option<Value>>>;

/// The task of a fetch's current attempt; dropping it aborts the attempt.
pub(crate) struct Running {
    /// The task.
    #[expect(dead_code, reason = "dropping it aborts the task")]
    pub(crate) handle: TaskHandle,
    /// What the fetch's attempts leave to the next.
    pub(crate) kept: Kept,
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
pub(super) async fn attempt_of(context: FetchContext, fetch: FetchId, function: Option<FetchFn>, core: Weak<Core>) {
    let Some(owner) = core.upgrade() else { return };
    owner.run(move |heart, _| heart.attempt_began(fetch));
    // Who waits for the network must not keep the client alive.
    drop(owner);
    let (received, key) = (context.received(), context.key.clone());
    let result = match function {
        Some(function) => caught(async move { function.call(context).await }).await,
        None => Err(QueryError::missing_fetch()),
    };
    let bytes = received.load(std::sync::atomic::Ordering::Relaxed);
    if let Some(owner) = core.upgrade() {
        owner.run(move |heart, now| {
            if heart.expects(fetch, &key) {
                heart.received(fetch, bytes);
                heart.attempt_done(fetch, result, now);
            }
        });
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
