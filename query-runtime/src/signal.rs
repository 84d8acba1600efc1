//! How does a waiting task or a callback learn that something has changed?
//!
//! A [`Signal`] counts changes. Whoever waits remembers the count it has seen; a waiter that comes late sees at once that
//! the count has moved. Wakers and callbacks are called after the lock is gone, from a copy of their list, so that they
//! may do anything, also unsubscribe.

use std::{
    collections::BTreeMap,
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, PoisonError, Weak},
    task::{Context, Poll, Waker},
};

use crate::{
    marker::{MaybeSend, MaybeSync},
    sync::{Mutex, MutexGuard},
};

/// Locks, also after a panic of another thread: what our locks guard is whole between any two statements.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a subscriber is called with: nothing; it reads the newest state itself.
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub(crate) type Callback = Arc<dyn Fn() + Send + Sync>;
/// What a subscriber is called with: nothing; it reads the newest state itself.
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
pub(crate) type Callback = Arc<dyn Fn()>;

#[derive(Default)]
struct State {
    version: u64,
    closed: bool,
    next: u64,
    wakers: BTreeMap<u64, Waker>,
    /// Shared with whoever calls them; changed only in a copy then.
    callbacks: Arc<Vec<(u64, Callback)>>,
}

/// Counts changes and wakes who waits for the next.
#[derive(Default)]
pub(crate) struct Signal {
    state: Mutex<State>,
}

impl fmt::Debug for Signal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Signal").field("version", &self.version()).finish_non_exhaustive()
    }
}

impl Signal {
    /// Returns how many changes there were.
    pub(crate) fn version(&self) -> u64 {
        lock(&self.state).version
    }

    /// Counts a change and wakes everybody.
    pub(crate) fn raise(&self) {
        let (wakers, callbacks) = {
            let mut state = lock(&self.state);
            state.version += 1;
            (std::mem::take(&mut state.wakers), state.callbacks.clone())
        };
        wakers.into_values().for_each(Waker::wake);
        for (_, callback) in &*callbacks {
            callback();
        }
    }

    /// No change will come any more: whoever waits goes on, and callbacks are called for the last time and forgotten.
    pub(crate) fn close(&self) {
        lock(&self.state).closed = true;
        self.raise();
        let gone = std::mem::take(&mut lock(&self.state).callbacks);
        drop(gone);
    }

    /// Waits until there are more changes than `seen`. Cancel safe: nothing is lost when the future is dropped.
    pub(crate) fn changed(self: &Arc<Self>, seen: u64) -> Changed {
        Changed { signal: self.clone(), seen, slot: None }
    }

    /// Calls a function after each change, until the subscription is dropped. Where none can come any more, nothing is kept.
    pub(crate) fn subscribe(self: &Arc<Self>, callback: Callback) -> Subscription {
        let mut state = lock(&self.state);
        state.next += 1;
        let slot = state.next;
        let unheard = if state.closed {
            Some(callback)
        } else {
            Arc::make_mut(&mut state.callbacks).push((slot, callback));
            None
        };
        drop(state);
        drop(unheard);
        let from: Weak<Self> = Arc::downgrade(self);
        Subscription::new(from, slot)
    }
}

/// The future of [`Signal::changed`]: the number of changes there are now.
#[derive(Debug)]
pub(crate) struct Changed {
    signal: Arc<Signal>,
    seen: u64,
    slot: Option<u64>,
}

impl Future for Changed {
    type Output = u64;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<u64> {
        let signal = self.signal.clone();
        let mut state = lock(&signal.state);
        if state.version > self.seen || state.closed {
            if let Some(slot) = self.slot.take() {
                state.wakers.remove(&slot);
            }
            return Poll::Ready(state.version);
        }
        let slot = self.slot.unwrap_or_else(|| {
            state.next += 1;
            state.next
        });
        state.wakers.insert(slot, context.waker().clone());
        self.slot = Some(slot);
        Poll::Pending
    }
}

impl Drop for Changed {
    fn drop(&mut self) {
        if let Some(slot) = self.slot {
            lock(&self.signal.state).wakers.remove(&slot);
        }
    }
}

/// Something that can forget a subscriber.
pub(crate) trait Forget: MaybeSend + MaybeSync {
    /// Forgets the subscriber in this slot.
    fn forget(&self, slot: u64);
}

impl Forget for Signal {
    fn forget(&self, slot: u64) {
        let mut state = lock(&self.state);
        let place = state.callbacks.binary_search_by_key(&slot, |(own, _)| *own).ok();
        let gone = place.map(|place| Arc::make_mut(&mut state.callbacks).remove(place));
        drop(state);
        drop(gone);
    }
}

/// A callback that is subscribed; dropping this unsubscribes it.
#[must_use = "dropping the subscription ends it"]
pub struct Subscription {
    from: Weak<dyn Forget>,
    slot: u64,
}

impl Subscription {
    pub(crate) fn new(from: Weak<dyn Forget>, slot: u64) -> Self {
        Self { from, slot }
    }

    /// Keeps the callback subscribed for as long as there is something to subscribe to.
    pub fn forever(self) {
        std::mem::forget(self);
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Subscription").field("slot", &self.slot).finish_non_exhaustive()
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(from) = self.from.upgrade() {
            from.forget(self.slot);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
        task::{Context, Poll, Wake, Waker},
    };

    use super::Signal;

    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn late_waiter_sees_the_change_and_a_dropped_one_is_forgotten() {
        let signal = Arc::new(Signal::default());
        let count = Arc::new(Count(AtomicUsize::new(0)));
        let waker = Waker::from(count.clone());
        let mut context = Context::from_waker(&waker);
        let mut waits = Box::pin(signal.changed(0));
        assert_eq!(waits.as_mut().poll(&mut context), Poll::Pending);
        let mut dropped = Box::pin(signal.changed(0));
        assert_eq!(dropped.as_mut().poll(&mut context), Poll::Pending);
        drop(dropped);
        signal.raise();
        assert_eq!(count.0.load(Ordering::SeqCst), 1);
        assert_eq!(waits.as_mut().poll(&mut context), Poll::Ready(1));
        assert_eq!(Box::pin(signal.changed(0)).as_mut().poll(&mut context), Poll::Ready(1));
    }

    #[test]
    fn callback_may_end_its_own_subscription() {
        let signal = Arc::new(Signal::default());
        let slot = Arc::new(std::sync::Mutex::new(None));
        let calls = Arc::new(AtomicUsize::new(0));
        let (inner, seen) = (slot.clone(), calls.clone());
        let subscription = signal.subscribe(Arc::new(move || {
            seen.fetch_add(1, Ordering::SeqCst);
            let gone = inner.lock().ok().and_then(|mut slot| slot.take());
            drop(gone);
        }));
        *slot.lock().expect("no panic before") = Some(subscription);
        signal.raise();
        signal.raise();
        assert_eq!(calls.load(Ordering::SeqCst), 1);
    }
}
