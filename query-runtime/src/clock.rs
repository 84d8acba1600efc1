//! What time is it, and how does one wait?
//!
//! Ports, so that tests own the time. Deciding code gets a [`Moment`] passed in and never asks for it.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

use web_time::Instant;

use crate::marker::{BoxFuture, MaybeSend, MaybeSync};

/// A point on a clock that never goes back.
///
/// *Units*: nanoseconds since the clock's origin; 64 bits last for 584 years. [`MAX`](Self::MAX) is never reached.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Moment(u64);

impl Moment {
    /// The clock's origin.
    pub const ZERO: Self = Self(0);
    /// Never.
    pub const MAX: Self = Self(u64::MAX);

    /// Returns the moment that many nanoseconds after the origin.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Returns the nanoseconds since the origin.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Returns whether this moment is never reached.
    pub const fn is_never(self) -> bool {
        self.0 == u64::MAX
    }

    /// Returns the time from `earlier` to this moment; nothing if it is later.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Moment {
    type Output = Self;

    /// Returns the moment after a duration; one too long leads to never.
    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)))
    }
}

impl Sub<Duration> for Moment {
    type Output = Self;

    /// Returns the moment a duration before; one too long leads to the origin.
    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)))
    }
}

impl fmt::Debug for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_never() { f.write_str("never") } else { write!(f, "{:?}", Duration::from_nanos(self.0)) }
    }
}

/// Tells the time.
pub trait Clock: MaybeSend + MaybeSync + 'static {
    /// Returns the moment it is; never earlier than one returned before.
    fn now(&self) -> Moment;

    /// Returns the date and time of day, which may jump.
    fn wall(&self) -> jiff::Timestamp;
}

/// Waits.
pub trait Sleeper: MaybeSend + MaybeSync + 'static {
    /// Waits until a moment of the clock that belongs to this sleeper.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future forgets the wait.
    fn sleep_until(&self, moment: Moment) -> BoxFuture<'static, ()>;

    /// Waits for a duration.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future forgets the wait.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;
}

/// How long before its start the origin of a [`SystemClock`] lies.
const BEFORE_START: Duration = Duration::from_hours(100 * 365 * 24);

/// The system's clock. Copies share their origin, which lies a hundred years before the first one's start, so that data can
/// be older than the clock.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    origin: Instant,
}

impl SystemClock {
    /// Starts a clock now.
    #[cfg_attr(
        not(all(target_family = "wasm", target_os = "unknown")),
        expect(clippy::disallowed_methods, reason = "this is the Clock that everybody else asks")
    )]
    pub fn new() -> Self {
        Self { origin: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Moment {
        Moment::ZERO + BEFORE_START + self.origin.elapsed()
    }

    #[cfg_attr(
        not(all(target_family = "wasm", target_os = "unknown")),
        expect(clippy::disallowed_methods, reason = "this is the Clock that everybody else asks")
    )]
    fn wall(&self) -> jiff::Timestamp {
        // `Timestamp::now` panics in the browser without its own feature; the wall clock of `web_time` works on every target.
        let since_epoch =
            web_time::SystemTime::now().duration_since(web_time::SystemTime::UNIX_EPOCH).unwrap_or_default();
        let nanos = i128::try_from(since_epoch.as_nanos()).unwrap_or(i128::MAX);
        jiff::Timestamp::from_nanosecond(nanos).unwrap_or(jiff::Timestamp::MAX)
    }
}

/// Waits on tokio's timer.
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
#[derive(Clone, Debug)]
pub struct TokioSleeper {
    clock: SystemClock,
    handle: tokio::runtime::Handle,
}

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
impl TokioSleeper {
    /// Waits on the timer of the runtime behind `handle`, which must have been built with its time driver.
    pub fn new(clock: SystemClock, handle: tokio::runtime::Handle) -> Self {
        Self { clock, handle }
    }
}

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
impl Sleeper for TokioSleeper {
    fn sleep_until(&self, moment: Moment) -> BoxFuture<'static, ()> {
        if moment.is_never() {
            return Box::pin(std::future::pending());
        }
        self.sleep(moment.since(self.clock.now()))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the Sleeper that everybody else asks")]
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        // A timer takes its driver from the context it is made in; the caller may be outside of any.
        let _context = self.handle.enter();
        Box::pin(tokio::time::sleep(duration))
    }
}

/// Waits on the browser's timer.
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
#[derive(Clone, Debug)]
pub struct BrowserSleeper {
    clock: SystemClock,
}

#[cfg(all(target_family = "wasm", target_os = "unknown"))]
impl BrowserSleeper {
    /// Waits for moments of `clock`.
    pub fn new(clock: SystemClock) -> Self {
        Self { clock }
    }
}

#[cfg(all(target_family = "wasm", target_os = "unknown"))]
impl Sleeper for BrowserSleeper {
    fn sleep_until(&self, moment: Moment) -> BoxFuture<'static, ()> {
        if moment.is_never() {
            return Box::pin(std::future::pending());
        }
        self.sleep(moment.since(self.clock.now()))
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            for slice in slices(duration) {
                gloo_timers::future::TimeoutFuture::new(slice).await;
            }
        })
    }
}

/// Cuts a wait into milliseconds that the browser's timer can take.
///
/// `setTimeout` keeps its delay in 32 bits with a sign; a longer one fires at once. A fraction of a millisecond is rounded up,
/// so that one never wakes too early.
#[cfg(any(test, all(target_family = "wasm", target_os = "unknown")))]
fn slices(duration: Duration) -> impl Iterator<Item = u32> {
    const LONGEST: u32 = i32::MAX.unsigned_abs();
    let mut left = duration.as_nanos().div_ceil(1_000_000);
    std::iter::from_fn(move || {
        let slice = u32::try_from(left).unwrap_or(u32::MAX).min(LONGEST);
        left -= u128::from(slice);
        (slice > 0).then_some(slice)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adding_too_much_leads_to_never() {
        let moment = Moment::from_nanos(5) + Duration::from_nanos(7);
        assert_eq!(moment, Moment::from_nanos(12));
        assert!((moment + Duration::MAX).is_never());
        assert_eq!(Moment::MAX + Duration::from_secs(1), Moment::MAX);
        assert_eq!(Moment::ZERO.since(moment), Duration::ZERO);
        assert_eq!(moment.since(Moment::from_nanos(2)), Duration::from_nanos(10));
        assert_eq!(moment - Duration::from_nanos(2), Moment::from_nanos(10));
        assert_eq!(moment - Duration::from_nanos(13), Moment::ZERO);
    }

    #[test]
    fn long_waits_are_cut_into_slices_the_browser_can_take() {
        assert_eq!(slices(Duration::ZERO).count(), 0);
        assert_eq!(slices(Duration::from_micros(1_500)).collect::<Vec<_>>(), [2]);
        let sixty_days: Vec<u32> = slices(Duration::from_hours(60 * 24)).collect();
        assert_eq!(sixty_days.len(), 3);
        assert!(sixty_days.iter().all(|slice| i32::try_from(*slice).is_ok()));
        assert_eq!(sixty_days.iter().copied().map(u64::from).sum::<u64>(), 60 * 24 * 3_600_000);
    }

    #[test]
    fn the_system_clock_goes_forward_and_knows_the_century() {
        let clock = SystemClock::new();
        let first = clock.now();
        assert!(clock.now() >= first);
        let last_year = first - Duration::from_hours(365 * 24);
        assert_eq!(first.since(last_year), Duration::from_hours(365 * 24));
        assert!(clock.wall() > "2020-01-01T00:00:00Z".parse::<jiff::Timestamp>().unwrap());
    }

    #[test]
    fn tokio_wakes_from_outside_of_its_context() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let sleeper = TokioSleeper::new(SystemClock::new(), runtime.handle().clone());
        let wait = sleeper.sleep_until(Moment::ZERO);
        runtime.block_on(wait);
    }
}
