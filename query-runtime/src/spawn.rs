//! Who runs a future that nobody awaits, and how is it stopped?
//!
//! Every spawner wraps the future in the same [`task`], so that stopping means the same on every target: the future is dropped,
//! and with it the request it was waiting for.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::marker::{BoxFuture, MaybeSend, MaybeSync};
use crate::sync::{Mutex, MutexGuard};

/// Runs futures in the background.
pub trait Spawner: MaybeSend + MaybeSync + 'static {
    /// Starts to run a future.
    fn spawn(&self, future: BoxFuture<'static, ()>) -> TaskHandle;

    /// Runs something at once, on this thread, as if it were part of a task that was spawned here.
    fn enter(&self, work: &mut dyn FnMut()) {
        work();
    }
}

/// Wraps a future so that its handle can drop it at any time; for implementations of [`Spawner`].
#[cfg_attr(
    all(target_family = "wasm", target_os = "unknown"),
    expect(clippy::arc_with_non_send_sync, reason = "in the browser, futures and callbacks stay on one thread")
)]
pub fn task(future: BoxFuture<'static, ()>) -> (Task, TaskHandle) {
    let slot = Arc::new(Slot { state: Mutex::new(State::Waiting(future, None)) });
    (Task { slot: Arc::clone(&slot) }, TaskHandle { slot: Some(slot) })
}

/// A future that ends when it is done or aborted.
pub struct Task {
    slot: Arc<Slot>,
}

/// Holds a background task. Dropping the handle aborts it.
#[must_use = "dropping the handle aborts the task; `detach` lets it run"]
pub struct TaskHandle {
    slot: Option<Arc<Slot>>,
}

struct Slot {
    state: Mutex<State>,
}

/// Waiting -> Polling -> Waiting -> … -> Over. An abort while it is polled (from within, or from another thread) makes it Over at
/// once; the poll that runs then drops the future instead of putting it back.
enum State {
    Waiting(BoxFuture<'static, ()>, Option<Waker>),
    Polling,
    Over,
}

impl Slot {
    /// Nothing of the user's runs under this lock, so a poisoned one is still whole.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn swap(&self, state: State) -> State {
        std::mem::replace(&mut *self.lock(), state)
    }
}

impl Future for Task {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let State::Waiting(mut future, _) = self.slot.swap(State::Polling) else {
            self.slot.swap(State::Over);
            return Poll::Ready(());
        };
        if future.as_mut().poll(context).is_ready() {
            self.slot.swap(State::Over);
            return Poll::Ready(());
        }
        let mut state = self.slot.lock();
        if matches!(*state, State::Over) {
            drop(state);
            return Poll::Ready(());
        }
        *state = State::Waiting(future, Some(context.waker().clone()));
        Poll::Pending
    }
}

impl Drop for Task {
    /// A runtime that shuts down drops its tasks; their futures must not live on in a handle.
    fn drop(&mut self) {
        drop(self.slot.swap(State::Over));
    }
}

impl TaskHandle {
    /// Stops the task by dropping its future, before this returns unless the task runs at this very moment.
    pub fn abort(self) {
        drop(self);
    }

    /// Lets the task run to its end without a handle.
    pub fn detach(mut self) {
        self.slot = None;
    }

    /// Returns whether the task has ended.
    pub fn is_over(&self) -> bool {
        self.slot.as_ref().is_none_or(|slot| matches!(*slot.lock(), State::Over))
    }
}

impl Drop for TaskHandle {
    fn drop(&mut self) {
        let Some(slot) = self.slot.take() else { return };
        // The future and the waker are the user's: they go after the lock.
        if let State::Waiting(future, waker) = slot.swap(State::Over) {
            drop(future);
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task").finish_non_exhaustive()
    }
}

impl fmt::Debug for TaskHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskHandle").field("is_over", &self.is_over()).finish()
    }
}

/// Runs futures on a tokio runtime.
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
#[derive(Clone, Debug)]
pub struct TokioSpawner {
    handle: tokio::runtime::Handle,
}

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
impl TokioSpawner {
    /// Runs futures on the runtime behind `handle`, from whatever thread they are spawned.
    pub fn new(handle: tokio::runtime::Handle) -> Self {
        Self { handle }
    }
}

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
impl Spawner for TokioSpawner {
    fn spawn(&self, future: BoxFuture<'static, ()>) -> TaskHandle {
        let (task, handle) = task(future);
        // Tokio's own handle detaches when dropped; ours does the aborting.
        drop(self.handle.spawn(task));
        handle
    }

    fn enter(&self, work: &mut dyn FnMut()) {
        let _context = self.handle.enter();
        work();
    }
}

/// Runs futures on the browser's event loop.
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
#[derive(Clone, Copy, Debug, Default)]
pub struct BrowserSpawner;

#[cfg(all(target_family = "wasm", target_os = "unknown"))]
impl Spawner for BrowserSpawner {
    fn spawn(&self, future: BoxFuture<'static, ()>) -> TaskHandle {
        let (task, handle) = task(future);
        wasm_bindgen_futures::spawn_local(task);
        handle
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    /// Counts the drops of the future that owns it.
    struct Counted(Arc<AtomicUsize>);

    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    struct CountWakes(AtomicUsize);

    impl Wake for CountWakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn endless(drops: &Arc<AtomicUsize>) -> BoxFuture<'static, ()> {
        let counted = Counted(Arc::clone(drops));
        Box::pin(async move {
            let _counted = counted;
            std::future::pending::<()>().await;
        })
    }

    fn poll(task: &mut Task) -> Poll<()> {
        Pin::new(task).poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn aborting_drops_the_future_at_once_and_wakes_the_task() {
        let drops = Arc::new(AtomicUsize::new(0));
        let counter = Arc::new(CountWakes(AtomicUsize::new(0)));
        let (mut task, handle) = task(endless(&drops));
        let waker = Waker::from(Arc::clone(&counter));
        assert!(Pin::new(&mut task).poll(&mut Context::from_waker(&waker)).is_pending());
        assert!(!handle.is_over());
        handle.abort();
        assert_eq!((drops.load(Ordering::SeqCst), counter.0.load(Ordering::SeqCst)), (1, 1));
        assert!(poll(&mut task).is_ready());
    }

    #[test]
    fn a_dropped_handle_aborts_and_a_detached_one_does_not() {
        let drops = Arc::new(AtomicUsize::new(0));
        let (_never_polled, handle) = task(endless(&drops));
        drop(handle);
        assert_eq!(drops.load(Ordering::SeqCst), 1);
        let (mut detached, handle) = task(endless(&drops));
        handle.detach();
        assert!(poll(&mut detached).is_pending());
        assert_eq!(drops.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_task_that_its_runtime_drops_is_over() {
        let drops = Arc::new(AtomicUsize::new(0));
        let (dropped, handle) = task(endless(&drops));
        drop(dropped);
        assert_eq!(drops.load(Ordering::SeqCst), 1);
        assert!(handle.is_over());
    }

    #[test]
    fn a_task_can_abort_itself_while_it_runs() {
        let own: Arc<Mutex<Option<TaskHandle>>> = Arc::default();
        let drops = Arc::new(AtomicUsize::new(0));
        let counted = Counted(Arc::clone(&drops));
        let itself = Arc::clone(&own);
        let (mut task, handle) = task(Box::pin(async move {
            let _counted = counted;
            let handle = itself.lock().unwrap_or_else(PoisonError::into_inner).take();
            drop(handle);
            std::future::pending::<()>().await;
        }));
        *own.lock().unwrap() = Some(handle);
        assert!(poll(&mut task).is_ready());
        assert_eq!(drops.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn tokio_runs_and_aborts_tasks_spawned_from_any_thread() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let spawner = TokioSpawner::new(runtime.handle().clone());
        let (done, wait) = tokio::sync::oneshot::channel();
        spawner
            .spawn(Box::pin(async move {
                done.send(()).expect("the test waits");
            }))
            .detach();
        runtime.block_on(wait).unwrap();
        let drops = Arc::new(AtomicUsize::new(0));
        spawner.spawn(endless(&drops)).abort();
        assert_eq!(drops.load(Ordering::SeqCst), 1);
    }
}
