//! How are many schedules of one test tried, and where does a client run in one?

use std::{
    future::pending,
    sync::Arc,
    time::{Duration, Instant},
};

use query_runtime::{
    BoxFuture, Clock, DateTime, Env, Key, Moment, QueryClient, QueryKey, Sleeper, Spawner, TaskHandle, task,
};
use shuttle::{
    Config, Runner,
    scheduler::{PctScheduler, RandomScheduler},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// How many changes of priority a schedule of the second kind may have.
const DEPTH: usize = 3;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().expect("a number"))
}

/// Tries schedules of a test; one that fails is printed.
pub(crate) fn explore(name: &str, test: impl Fn() + Send + Sync + 'static) {
    let schedules = usize::try_from(number("SCHEDULES").unwrap_or(2_000)).expect("a number of schedules");
    let seed = number("SEED").unwrap_or_else(|| fastrand::u64(..));
    let mut config = Config::new();
    config.stack_size = 0x4_0000;
    config.silence_warnings = true;
    let (test, began) = (Arc::new(test), Instant::now());
    println!("{name}: SEED={seed}");
    let random = test.clone();
    Runner::new(RandomScheduler::new_from_seed(seed, schedules), config.clone()).run(move || random());
    Runner::new(PctScheduler::new_from_seed(seed, DEPTH, schedules), config).run(move || test());
    let rate = 2.0 * schedules as f64 / began.elapsed().as_secs_f64();
    println!("{name}: {schedules} random and {schedules} PCT schedules, {rate:.0} in a second");
}

/// The background of a client in a schedule: its tasks are interleaved like threads, and counted.
#[derive(Clone, Default)]
pub(crate) struct Background {
    running: Arc<AtomicUsize>,
}

impl Background {
    /// Waits until every task has ended, been aborted or waits for the clock; the schedule is too long if one never does.
    pub(crate) fn rest(&self) {
        while self.running.load(Ordering::SeqCst) > 0 {
            thread::yield_now();
        }
    }
}

/// A task that runs, or a sleep that somebody waits for.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Spawner for Background {
    fn spawn(&self, future: BoxFuture<'static, ()>) -> TaskHandle {
        self.running.fetch_add(1, Ordering::SeqCst);
        let counted = Counted(self.running.clone());
        let (task, handle) = task(Box::pin(async move {
            let _counted = counted;
            future.await;
        }));
        drop(shuttle::future::spawn(task));
        handle
    }
}

/// A clock that stands still: nobody who waits for it goes on.
#[derive(Clone, Copy)]
struct Still;

impl Clock for Still {
    fn now(&self) -> Moment {
        Moment::ZERO
    }

    fn wall(&self) -> DateTime {
        DateTime::UNIX_EPOCH
    }
}

/// Waits for ever. Who sleeps is not counted as running.
#[derive(Clone)]
struct Asleep(Arc<AtomicUsize>);

impl Sleeper for Asleep {
    fn sleep_until(&self, _: Moment) -> BoxFuture<'static, ()> {
        let running = self.0.clone();
        Box::pin(async move {
            let _back = Back::new(running);
            pending().await
        })
    }

    fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
        self.sleep_until(Moment::MAX)
    }
}

/// Takes a sleeper out of the count, and puts it back when the sleep is given up.
struct Back(Arc<AtomicUsize>);

impl Back {
    fn new(running: Arc<AtomicUsize>) -> Self {
        running.fetch_sub(1, Ordering::SeqCst);
        Self(running)
    }
}

impl Drop for Back {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Returns a client in a schedule, and its background.
pub(crate) fn client() -> (QueryClient, Background) {
    let background = Background::default();
    let asleep = Asleep(background.running.clone());
    let env = Env::new(Still, asleep, background.clone());
    (QueryClient::builder().env(env).seed(1).build(), background)
}

/// Returns the environment of a client in a schedule.
pub(crate) fn env() -> Env {
    let background = Background::default();
    Env::new(Still, Asleep(background.running.clone()), background)
}

pub(crate) fn key(name: &'static str) -> Key<u64> {
    Key::typed(QueryKey::new(["number", name]))
}

/// What was seen, in order.
#[derive(Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<Vec<u64>>>);

impl Seen {
    pub(crate) fn push(&self, number: u64) {
        self.0.lock().unwrap().push(number);
    }

    pub(crate) fn all(&self) -> Vec<u64> {
        self.0.lock().unwrap().clone()
    }
}
