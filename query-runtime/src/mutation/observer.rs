//! What does whoever runs a mutation hold: a function to call and the state of the latest call?

use std::{fmt, sync::Arc};

use crate::{
    marker::{MaybeSend, MaybeSync},
    mutation::{MutationHandle, MutationOptions, MutationResult, Run},
    shell::Core,
    signal::{Callback, Signal, Subscription, lock},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

/// Runs a mutation and shows the state of its latest call.
///
/// Clones show the same call. Dropping it cancels nothing: the client owns the calls.
pub struct MutationObserver<V, T> {
    shared: Arc<Shared<V, T>>,
    /// How many changes this observer has shown; a clone has its own count.
    seen: AtomicU64,
}

/// What the clones of an observer share.
struct Shared<V, T> {
    core: Arc<Core>,
    options: Mutex<Arc<MutationOptions<V, T>>>,
    latest: Mutex<Option<Arc<Run<V, T>>>>,
    signal: Arc<Signal>,
}

impl<V, T> Shared<V, T> {
    /// Looks at another call, or at none. The old one may be collected from now on.
    fn look_at(&self, run: Option<Arc<Run<V, T>>>) {
        let old = std::mem::replace(&mut *lock(&self.latest), run);
        if let Some(old) = old {
            old.shown_by(None);
            let id = old.id;
            self.core.run(move |heart, now| heart.unobserve_mutation(id, now));
        }
    }
}

impl<V, T> Drop for Shared<V, T> {
    fn drop(&mut self) {
        self.look_at(None);
    }
}

impl<V, T> Clone for MutationObserver<V, T> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone(), seen: AtomicU64::new(self.seen.load(Ordering::Relaxed)) }
    }
}

impl<V, T> fmt::Debug for MutationObserver<V, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options = lock(&self.shared.options).clone();
        formatter.debug_struct("MutationObserver").field("options", &options).finish_non_exhaustive()
    }
}

impl<V, T> MutationObserver<V, T>
where
    V: Clone + Send + Sync + 'static,
    T: Send + Sync + 'static,
{
    #[cfg_attr(
        all(target_family = "wasm", target_os = "unknown"),
        expect(clippy::arc_with_non_send_sync, reason = "in the browser, futures and callbacks stay on one thread")
    )]
    pub(crate) fn new(core: Arc<Core>, options: MutationOptions<V, T>) -> Self {
        let options = Mutex::new(Arc::new(options.complete(&core)));
        let shared = Shared { core, options, latest: Mutex::default(), signal: Arc::default() };
        Self { shared: Arc::new(shared), seen: AtomicU64::new(0) }
    }

    /// Asks for the mutation: what it shows, shows at once, and it is sent as soon as it may be.
    ///
    /// # Errors
    ///
    /// The returned future ends with the error of the last attempt, or with a rejection where a row that it names was
    /// never created. Everything it showed is taken back by then, and nothing else.
    ///
    /// # Cancel safety
    ///
    /// The mutation runs whether or not the future is awaited; dropping it cancels nothing.
    pub fn mutate(&self, variables: V) -> MutationHandle<T> {
        let shared = &self.shared;
        let options = lock(&shared.options).clone();
        let run = Run::new(&shared.core, options, variables, None);
        run.shown_by(Some(shared.signal.clone()));
        shared.look_at(Some(run.clone()));
        run.clone().begin(&shared.core, 1, None);
        MutationHandle::new(shared.core.clone(), run)
    }

    /// Replaces the options, for later calls and for the latest one while it is not over: function, callbacks, note and
    /// `gc_time` of that change, the rest was decided when it was asked for. Another key [resets](Self::reset).
    #[cfg_attr(
        all(target_family = "wasm", target_os = "unknown"),
        expect(clippy::arc_with_non_send_sync, reason = "in the browser, futures and callbacks stay on one thread")
    )]
    pub fn set_options(&self, options: MutationOptions<V, T>) {
        let shared = &self.shared;
        let options = Arc::new(options.complete(&shared.core));
        let old = std::mem::replace(&mut *lock(&shared.options), options.clone());
        let latest = lock(&shared.latest).clone();
        if old.key != options.key {
            self.reset();
        } else if let Some(run) = latest {
            run.set_options(&shared.core, options);
        }
    }

    /// Returns the state of the latest call.
    pub fn current(&self) -> MutationResult<V, T> {
        // First the number of changes, then the state: a change in between is told of once more, not missed.
        self.seen.store(self.shared.signal.version(), Ordering::Relaxed);
        let latest = lock(&self.shared.latest).clone().filter(|run| run.belongs_to(&self.shared.core));
        latest.map_or_else(MutationResult::idle, |run| run.shown_result())
    }

    /// Waits until the state has changed since `current` or this returned last, and returns it.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when the future is dropped: the next one returns the change.
    pub async fn changed(&self) -> MutationResult<V, T> {
        self.shared.signal.changed(self.seen.load(Ordering::Relaxed)).await;
        self.current()
    }

    /// Calls a function after each change of the state, until the subscription is dropped.
    pub fn subscribe(&self, callback: impl Fn() + MaybeSend + MaybeSync + 'static) -> Subscription {
        let callback: Callback = Arc::new(callback);
        self.shared.signal.subscribe(callback)
    }

    /// Forgets the latest call: the state is idle again. The call itself goes on.
    pub fn reset(&self) {
        self.shared.look_at(None);
        self.shared.signal.raise();
    }
}
