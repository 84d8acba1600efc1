//! When does something run in a test: when the test says so, on its own thread, in the order in which it was woken.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use super::clock::ManualClock;
use crate::clock::{Clock as _, Moment};
use crate::env::Env;
use crate::marker::BoxFuture;
use crate::spawn::{Spawner, Task, TaskHandle, task};
use crate::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicBool, Ordering},
};

/// How many polls without a rest mean that a task wakes itself for ever.
const LIVELOCK: u32 = 1_000_000;

/// Runs spawned futures on the thread of the test, deterministically. Cloning shares it.
#[derive(Clone, Default)]
pub struct TestRuntime {
    clock: ManualClock,
    ready: Arc<Ready>,
    tasks: Arc<Mutex<Tasks>>,
}

/// The numbers of woken tasks, first come first served. Holds no future, so that wakers are `Send` on every target.
#[derive(Default)]
struct Ready {
    queue: Mutex<VecDeque<u64>>,
}

#[derive(Default)]
struct Tasks {
    waiting: BTreeMap<u64, Task>,
    spawned: u64,
}

/// Everything waits for something that the test has not done yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stalled {
    /// How many tasks are waiting.
    pub tasks: usize,
    /// The next moment that somebody waits for.
    pub next_deadline: Option<Moment>,
}

impl TestRuntime {
    /// Starts with a clock at its origin and nothing to run.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the clock.
    pub fn clock(&self) -> &ManualClock {
        &self.clock
    }

    /// Returns the moment it is.
    pub fn now(&self) -> Moment {
        self.clock.now()
    }

    /// Returns the ports for a client under test.
    pub fn env(&self) -> Env {
        Env::new(self.clock.clone(), self.clock.clone(), self.clone())
    }

    /// Returns how many tasks have not ended.
    pub fn tasks(&self) -> usize {
        self.lock().waiting.len()
    }

    fn lock(&self) -> MutexGuard<'_, Tasks> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs until every task waits, without moving the clock.
    ///
    /// # Panics
    ///
    /// A task wakes itself without end.
    pub fn run_until_stalled(&self) {
        let mut polls = 0;
        while let Some(number) = self.ready.pop() {
            // A task may have been woken twice, or have ended since.
            let Some(mut task) = self.lock().waiting.remove(&number) else { continue };
            let waker = Waker::from(Arc::new(WakeTask { number, ready: Arc::clone(&self.ready) }));
            if Pin::new(&mut task).poll(&mut Context::from_waker(&waker)).is_pending() {
                self.lock().waiting.insert(number, task);
            }
            polls += 1;
            assert!(polls < LIVELOCK, "a task wakes itself without end");
        }
    }

    /// Moves the clock by a duration, stopping at every deadline on the way; see [`advance_to`](Self::advance_to).
    pub fn advance(&self, duration: Duration) {
        self.advance_to(self.now() + duration);
    }

    /// Moves the clock to a moment, stopping at every deadline on the way to run what it wakes.
    pub fn advance_to(&self, moment: Moment) {
        self.run_until_stalled();
        while let Some(deadline) = self.clock.next_deadline().filter(|deadline| *deadline <= moment) {
            self.clock.set(deadline);
            self.run_until_stalled();
        }
        self.clock.set(moment);
        self.run_until_stalled();
    }

    /// Runs a future and everything spawned until it is done.
    ///
    /// # Errors
    ///
    /// Everything waits: for the clock, which this does not move, or for an answer of the test.
    pub fn block_on<F: Future>(&self, future: F) -> Result<F::Output, Stalled> {
        let mut future = pin!(future);
        let woken = Arc::new(WakeFlag(AtomicBool::new(true)));
        let waker = Waker::from(Arc::clone(&woken));
        loop {
            if woken.0.swap(false, Ordering::SeqCst)
                && let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker))
            {
                return Ok(output);
            }
            self.run_until_stalled();
            if !woken.0.load(Ordering::SeqCst) {
                return Err(Stalled { tasks: self.tasks(), next_deadline: self.clock.next_deadline() });
            }
        }
    }
}

impl Spawner for TestRuntime {
    fn spawn(&self, future: BoxFuture<'static, ()>) -> TaskHandle {
        let (task, handle) = task(future);
        let mut tasks = self.lock();
        tasks.spawned += 1;
        let number = tasks.spawned;
        tasks.waiting.insert(number, task);
        drop(tasks);
        self.ready.push(number);
        handle
    }
}

impl Ready {
    fn lock(&self) -> MutexGuard<'_, VecDeque<u64>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, number: u64) {
        let mut queue = self.lock();
        if !queue.contains(&number) {
            queue.push_back(number);
        }
    }

    fn pop(&self) -> Option<u64> {
        self.lock().pop_front()
    }
}

struct WakeTask {
    number: u64,
    ready: Arc<Ready>,
}

impl Wake for WakeTask {
    fn wake(self: Arc<Self>) {
        self.ready.push(self.number);
    }
}

struct WakeFlag(AtomicBool);

impl Wake for WakeFlag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl fmt::Debug for TestRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestRuntime").field("clock", &self.clock).field("tasks", &self.tasks()).finish_non_exhaustive()
    }
}

impl fmt::Display for Stalled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "everything waits ({} tasks)", self.tasks)?;
        match self.next_deadline {
            Some(moment) if !moment.is_never() => write!(f, "; the next deadline is {moment:?}"),
            _ => f.write_str("; nobody waits for the clock"),
        }
    }
}

impl std::error::Error for Stalled {}
