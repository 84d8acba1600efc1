//! Which clock, which waiting and which background does a client use?

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use crate::clock::{Clock, Moment, Sleeper, SystemClock};
use crate::error::QueryError;
use crate::marker::BoxFuture;
use crate::spawn::{Spawner, TaskHandle};

/// The ports that a client needs besides its transport. Cloning shares them.
#[derive(Clone)]
pub struct Env {
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Waits for moments of `clock`.
    pub sleeper: Arc<dyn Sleeper>,
    /// Runs fetches and mutations.
    pub spawner: Arc<dyn Spawner>,
}

impl Env {
    /// Bundles three ports; `sleeper` must follow `clock`.
    pub fn new(clock: impl Clock, sleeper: impl Sleeper, spawner: impl Spawner) -> Self {
        Self { clock: Arc::new(clock), sleeper: Arc::new(sleeper), spawner: Arc::new(spawner) }
    }

    /// Returns what this target offers: the tokio runtime of the caller, or the browser.
    ///
    /// # Errors
    ///
    /// Natively, the caller is not inside a tokio runtime.
    pub fn detect() -> Result<Self, QueryError> {
        #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
        return Self::native();
        #[cfg(all(target_family = "wasm", target_os = "unknown"))]
        return Ok(Self::browser());
    }

    /// Returns the tokio runtime of the caller and the system's clock.
    ///
    /// # Errors
    ///
    /// The caller is not inside a tokio runtime.
    #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
    pub fn native() -> Result<Self, QueryError> {
        tokio::runtime::Handle::try_current().map(Self::tokio).map_err(|_| {
            QueryError::message(
                "there is no tokio runtime here: build the client inside one (`#[tokio::main]`, `#[tokio::test]`, \
                 `runtime.enter()`), or give it `Env::tokio(handle)`",
            )
        })
    }

    /// Returns the runtime behind `handle`, which must have its time driver, and the system's clock.
    #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
    pub fn tokio(handle: tokio::runtime::Handle) -> Self {
        let clock = SystemClock::new();
        let sleeper = crate::clock::TokioSleeper::new(clock, handle.clone());
        Self::new(clock, sleeper, crate::spawn::TokioSpawner::new(handle))
    }

    /// Returns the browser's event loop and clock.
    #[cfg(all(target_family = "wasm", target_os = "unknown"))]
    pub fn browser() -> Self {
        let clock = SystemClock::new();
        Self::new(clock, crate::clock::BrowserSleeper::new(clock), crate::spawn::BrowserSpawner)
    }

    /// Returns the moment it is.
    pub fn now(&self) -> Moment {
        self.clock.now()
    }

    /// Returns the wall clock's time: for values that people see, never to order events.
    pub fn wall(&self) -> jiff::Timestamp {
        self.clock.wall()
    }

    /// Waits until a moment.
    pub fn sleep_until(&self, moment: Moment) -> BoxFuture<'static, ()> {
        self.sleeper.sleep_until(moment)
    }

    /// Waits for a duration.
    pub fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.sleeper.sleep(duration)
    }

    /// Starts to run a future in the background.
    pub fn spawn(&self, future: BoxFuture<'static, ()>) -> TaskHandle {
        self.spawner.spawn(future)
    }

    /// Runs a future as far as it comes at once, and the rest in the background.
    pub(crate) fn run_now(&self, mut future: BoxFuture<'static, ()>) {
        let mut is_over = false;
        self.spawner.enter(&mut || {
            is_over = future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready();
        });
        if !is_over {
            // Polled again from there, it learns whom to wake.
            self.spawn(future).detach();
        }
    }
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Env").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_runtime_the_error_says_what_to_do() {
        let error = Env::native().expect_err("this test runs outside of a runtime");
        assert!(error.to_string().contains("Env::tokio(handle)"), "{error}");
    }

    #[tokio::test]
    async fn inside_a_runtime_everything_is_found() {
        let env = Env::detect().unwrap();
        let before = env.now();
        let (done, wait) = tokio::sync::oneshot::channel();
        let inner = env.clone();
        env.spawn(Box::pin(async move {
            inner.sleep(Duration::from_nanos(1)).await;
            done.send(inner.now()).expect("the test waits");
        }))
        .detach();
        assert!(wait.await.unwrap() > before);
    }
}
