//! What time is it in a test: whatever the test says.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::clock::{Clock, Moment, Sleeper};
use crate::marker::BoxFuture;
use crate::sync::{Mutex, MutexGuard};

/// A clock that stands still until it is moved, and the waiting on it. Cloning shares it.
///
/// Its time of day begins at 2026-01-01T00:00:00Z and moves with it.
#[derive(Clone)]
pub struct ManualClock {
    state: Arc<Mutex<State>>,
}

/// 2026-01-01T00:00:00Z.
const NEW_YEAR: jiff::Timestamp = jiff::Timestamp::constant(1_767_225_600, 0);

struct State {
    now: Moment,
    wall_at_origin: jiff::Timestamp,
    waiting: BTreeMap<(Moment, u64), Waker>,
    next_number: u64,
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl ManualClock {
    /// Starts a clock at its origin.
    pub fn new() -> Self {
        let state = State { now: Moment::ZERO, wall_at_origin: NEW_YEAR, waiting: BTreeMap::new(), next_number: 0 };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves the clock forward to a moment and wakes whoever waited for it or for less; never moves it back.
    ///
    /// It jumps: use [`TestRuntime::advance`](super::TestRuntime::advance) to stop at every deadline on the way.
    pub fn set(&self, moment: Moment) {
        let mut state = self.lock();
        let now = state.now.max(moment);
        state.now = now;
        let later = state.waiting.split_off(&(now, u64::MAX));
        let due = std::mem::replace(&mut state.waiting, later);
        drop(state);
        for waker in due.into_values() {
            waker.wake();
        }
    }

    /// Sets the time of day, which may go back, without moving the clock.
    pub fn set_wall(&self, wall: jiff::Timestamp) {
        let mut state = self.lock();
        let since_origin = state.now.since(Moment::ZERO);
        state.wall_at_origin = wall.checked_sub(since_origin).unwrap_or(jiff::Timestamp::MIN);
    }

    /// Returns the next moment that somebody waits for.
    pub fn next_deadline(&self) -> Option<Moment> {
        self.lock().waiting.keys().next().map(|(moment, _)| *moment)
    }

    /// Returns how many are waiting.
    pub fn sleepers(&self) -> usize {
        self.lock().waiting.len()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Moment {
        self.lock().now
    }

    fn wall(&self) -> jiff::Timestamp {
        let state = self.lock();
        state.wall_at_origin.checked_add(state.now.since(Moment::ZERO)).unwrap_or(jiff::Timestamp::MAX)
    }
}

impl Sleeper for ManualClock {
    fn sleep_until(&self, moment: Moment) -> BoxFuture<'static, ()> {
        Box::pin(Sleep { clock: self.clone(), moment, number: None })
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.sleep_until(self.now() + duration)
    }
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManualClock").field("now", &self.now()).field("sleepers", &self.sleepers()).finish()
    }
}

struct Sleep {
    clock: ManualClock,
    moment: Moment,
    number: Option<u64>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.moment.is_never() {
            return Poll::Pending;
        }
        let clock = self.clock.clone();
        let mut state = clock.lock();
        if state.now >= self.moment {
            return Poll::Ready(());
        }
        let number = *self.number.get_or_insert_with(|| {
            state.next_number += 1;
            state.next_number
        });
        let previous = state.waiting.insert((self.moment, number), context.waker().clone());
        drop(state);
        // Wakers are somebody else's and are not dropped under our lock.
        drop(previous);
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        let Some(number) = self.number else { return };
        let waker = self.clock.lock().waiting.remove(&(self.moment, number));
        drop(waker);
    }
}
