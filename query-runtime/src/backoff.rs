//! Is a failed attempt tried again, and when?
//!
//! Pure: the caller counts failures and brings the random number.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::error::QueryError;

/// How often and how soon a failed attempt is tried again.
///
/// *Defaults*: three retries, after a random part of 1 s, 2 s and 4 s (full jitter: a server that comes back is not met by all
/// clients at once). What may pass by itself is retried: a broken connection, no answer in time, 408, 425, 429 and 5xx, and
/// errors of the user's own; nothing else. A `Retry-After` of up to one hour is waited for. What is not idempotent is never
/// retried, unless [`when`](Self::when) decides.
#[derive(Clone)]
pub struct RetryPolicy {
    /// Shared, since each entry has one and few say their own.
    rules: Arc<Rules>,
}

/// What a policy says.
#[derive(Clone)]
struct Rules {
    limit: Option<u32>,
    base: Duration,
    factor: f64,
    longest: Duration,
    longest_retry_after: Duration,
    jitter: bool,
    skipped_statuses: Vec<u16>,
    skipped_classes: Vec<u8>,
    when: Option<Arc<Predicate>>,
    delay: Option<Arc<Delay>>,
}

type Predicate = dyn Fn(u32, &QueryError) -> bool + Send + Sync;
type Delay = dyn Fn(u32, &QueryError) -> Duration + Send + Sync;

/// What to do after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryDecision {
    /// Try again after this time.
    Retry(Duration),
    /// The error is final.
    GiveUp,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            limit: Some(3),
            base: Duration::from_secs(1),
            factor: 2.0,
            longest: Duration::from_secs(30),
            longest_retry_after: Duration::from_hours(1),
            jitter: true,
            skipped_statuses: Vec::new(),
            skipped_classes: Vec::new(),
            when: None,
            delay: None,
        }
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        static USUAL: OnceLock<Arc<Rules>> = OnceLock::new();
        Self { rules: USUAL.get_or_init(Arc::default).clone() }
    }
}

impl RetryPolicy {
    /// Returns what it says, to change it; nobody else's policy changes.
    fn own(&mut self) -> &mut Rules {
        Arc::make_mut(&mut self.rules)
    }

    /// Returns the policy that takes the first error for final.
    pub fn never() -> Self {
        Self::default().max(0)
    }

    /// Returns the policy that tries for as long as the error may pass.
    pub fn forever() -> Self {
        Self { rules: Arc::new(Rules { limit: None, ..Rules::default() }) }
    }

    /// Sets how many retries follow the first attempt.
    #[must_use]
    pub fn max(mut self, retries: u32) -> Self {
        self.own().limit = Some(retries);
        self
    }

    /// Never retries after this status, such as 503.
    #[must_use]
    pub fn skip_status(mut self, status: u16) -> Self {
        self.own().skipped_statuses.push(status);
        self
    }

    /// Never retries after a status of this class, such as 5 for 500 to 599.
    #[must_use]
    pub fn skip_class(mut self, class: u8) -> Self {
        self.own().skipped_classes.push(class);
        self
    }

    /// Sets the first delay, by how much each next one is longer, and the longest.
    #[must_use]
    pub fn backoff(mut self, base: Duration, factor: f64, longest: Duration) -> Self {
        let own = self.own();
        own.base = base;
        own.factor = factor;
        own.longest = longest;
        self
    }

    /// Sets whether a delay is a random part of its length (the default) or all of it.
    #[must_use]
    pub fn jitter(mut self, jitter: bool) -> Self {
        self.own().jitter = jitter;
        self
    }

    /// Sets the longest `Retry-After` that is waited for; a longer one is cut to it.
    #[must_use]
    pub fn longest_retry_after(mut self, longest: Duration) -> Self {
        self.own().longest_retry_after = longest;
        self
    }

    /// Decides by a function which errors are retried, given how many attempts failed before this one (from 0).
    ///
    /// It replaces the whole judgement, idempotence included; only the number of retries, a cancellation and
    /// [`QueryError::without_retry`] still end it.
    #[must_use]
    pub fn when(mut self, predicate: impl Fn(u32, &QueryError) -> bool + Send + Sync + 'static) -> Self {
        self.own().when = Some(Arc::new(predicate));
        self
    }

    /// Computes delays by a function, given how many attempts failed before this one (from 0); it is taken as it is.
    #[must_use]
    pub fn delay(mut self, delay: impl Fn(u32, &QueryError) -> Duration + Send + Sync + 'static) -> Self {
        self.own().delay = Some(Arc::new(delay));
        self
    }

    /// Decides what follows a failure.
    ///
    /// `failures` counts the attempts that failed before this one, so it is 0 for the first. `random` lies between 0 and 1.
    pub fn decide(&self, failures: u32, error: &QueryError, idempotent: bool, random: f64) -> RetryDecision {
        if error.is_cancelled() || error.is_final() || self.rules.limit.is_some_and(|limit| failures >= limit) {
            return RetryDecision::GiveUp;
        }
        let wanted = match &self.rules.when {
            Some(predicate) => predicate(failures, error),
            None => idempotent && self.may_pass(error),
        };
        if wanted { RetryDecision::Retry(self.delay_after(failures, error, random)) } else { RetryDecision::GiveUp }
    }

    fn may_pass(&self, error: &QueryError) -> bool {
        let skipped = error.status().is_some_and(|status| {
            self.rules.skipped_statuses.contains(&status)
                || self.rules.skipped_classes.iter().any(|class| u16::from(*class) == status / 100)
        });
        !skipped && is_retryable(error)
    }

    fn delay_after(&self, failures: u32, error: &QueryError, random: f64) -> Duration {
        if let Some(delay) = &self.rules.delay {
            return delay(failures, error);
        }
        let own = self.backoff_after(failures);
        let own = if self.rules.jitter { scaled(own, random.clamp(0.0, 1.0)) } else { own };
        // The server knows when it will be back; sooner is in vain, later is our own patience.
        error.retry_after().map_or(own, |asked| asked.min(self.rules.longest_retry_after).max(own))
    }

    fn backoff_after(&self, failures: u32) -> Duration {
        let factor = self.rules.factor.powi(i32::try_from(failures).unwrap_or(i32::MAX));
        scaled(self.rules.base, factor).min(self.rules.longest)
    }
}

/// Returns whether the same attempt may succeed later: nobody is known to have said no for good.
fn is_retryable(error: &QueryError) -> bool {
    match error.status() {
        Some(status) => matches!(status, 408 | 425 | 429 | 500..=599),
        None => {
            !(error.is_cancelled()
                || error.is_decode()
                || error.is_invalid_request()
                || error.is_rejected()
                || error.is_missing_fetch()
                || error.is_missing_mutation()
                || error.is_wrong_type())
        }
    }
}

/// Multiplies without the panics of `Duration::mul_f64`: what is too long is the longest, what makes no sense is nothing.
fn scaled(duration: Duration, factor: f64) -> Duration {
    let seconds = duration.as_secs_f64() * factor;
    if seconds.is_nan() || seconds <= 0.0 {
        return Duration::ZERO;
    }
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

impl fmt::Debug for RetryPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryPolicy")
            .field("limit", &self.rules.limit)
            .field("base", &self.rules.base)
            .field("factor", &self.rules.factor)
            .field("longest", &self.rules.longest)
            .field("jitter", &self.rules.jitter)
            .field("skipped_statuses", &self.rules.skipped_statuses)
            .field("skipped_classes", &self.rules.skipped_classes)
            .field("has_predicate", &self.rules.when.is_some())
            .field("has_delay", &self.rules.delay.is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use RetryDecision::{GiveUp, Retry};

    use super::*;
    use crate::error::HttpFailure;

    fn network() -> QueryError {
        QueryError::network("refused")
    }

    fn busy(retry_after: Duration) -> QueryError {
        QueryError::http_failure(HttpFailure {
            status: 503,
            retry_after: Some(retry_after),
            text: String::new(),
            body: None,
            message: None,
        })
    }

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn three_retries_follow_with_growing_delays() {
        let policy = RetryPolicy::default().jitter(false);
        let decisions: Vec<_> = (0..5).map(|failures| policy.decide(failures, &network(), true, 0.5)).collect();
        assert_eq!(decisions, [Retry(seconds(1)), Retry(seconds(2)), Retry(seconds(4)), GiveUp, GiveUp]);
    }

    #[test]
    fn delays_end_at_the_longest_and_never_overflow() {
        let policy = RetryPolicy::forever().jitter(false);
        assert_eq!(policy.decide(4, &network(), true, 0.0), Retry(seconds(16)));
        assert_eq!(policy.decide(5, &network(), true, 0.0), Retry(seconds(30)));
        assert_eq!(policy.decide(u32::MAX, &network(), true, 0.0), Retry(seconds(30)));
        let odd = RetryPolicy::forever().jitter(false).backoff(seconds(1), f64::NAN, seconds(30));
        assert_eq!(odd.decide(3, &network(), true, 0.0), Retry(Duration::ZERO));
    }

    #[test]
    fn jitter_takes_a_random_part_of_the_whole_delay() {
        let policy = RetryPolicy::default();
        assert_eq!(policy.decide(2, &network(), true, 0.0), Retry(Duration::ZERO));
        assert_eq!(policy.decide(2, &network(), true, 0.25), Retry(seconds(1)));
        assert_eq!(policy.decide(2, &network(), true, 1.0), Retry(seconds(4)));
        assert_eq!(policy.decide(2, &network(), true, 7.0), Retry(seconds(4)));
    }

    #[test]
    fn only_errors_that_may_pass_are_retried() {
        let policy = RetryPolicy::default();
        let retried = |error: &QueryError| policy.decide(0, error, true, 0.0) != GiveUp;
        for status in [408, 425, 429, 500, 502, 503, 504, 599] {
            assert!(retried(&QueryError::http(status)), "{status}");
        }
        for status in [301, 400, 401, 403, 404, 409, 410, 412, 422, 451, 499] {
            assert!(!retried(&QueryError::http(status)), "{status}");
        }
        for error in [network(), QueryError::timeout(seconds(1)), QueryError::message("my own")] {
            assert!(retried(&error), "{error}");
        }
        for error in [
            QueryError::cancelled(),
            QueryError::decode("x"),
            QueryError::invalid_request("x"),
            QueryError::rejected("x"),
            QueryError::missing_fetch(),
            QueryError::wrong_type("A", "B"),
        ] {
            assert!(!retried(&error), "{error}");
        }
    }

    #[test]
    fn what_is_not_idempotent_is_not_retried() {
        assert_eq!(RetryPolicy::forever().decide(0, &network(), false, 0.0), GiveUp);
    }

    #[test]
    fn the_server_is_waited_for_but_not_for_ever() {
        let policy = RetryPolicy::default().jitter(false);
        assert_eq!(policy.decide(0, &busy(seconds(5)), true, 0.0), Retry(seconds(5)));
        assert_eq!(policy.decide(2, &busy(seconds(1)), true, 0.0), Retry(seconds(4)));
        assert_eq!(policy.decide(0, &busy(seconds(1_000_000_000)), true, 0.0), Retry(seconds(3600)));
        let impatient = policy.longest_retry_after(seconds(10));
        assert_eq!(impatient.decide(0, &busy(seconds(60)), true, 0.0), Retry(seconds(10)));
    }

    #[test]
    fn statuses_and_classes_can_be_skipped() {
        let policy = RetryPolicy::default().skip_status(429).skip_class(5);
        assert_eq!(policy.decide(0, &QueryError::http(429), true, 0.0), GiveUp);
        assert_eq!(policy.decide(0, &QueryError::http(502), true, 0.0), GiveUp);
        assert_eq!(policy.decide(0, &QueryError::http(408), true, 0.0), Retry(Duration::ZERO));
    }

    #[test]
    fn functions_of_the_user_decide_within_the_limit() {
        let policy = RetryPolicy::default()
            .max(2)
            .when(|_, error| error.status() == Some(404))
            .delay(|failures, _| seconds(10 + u64::from(failures)));
        let missing = QueryError::http(404);
        assert_eq!(policy.decide(0, &missing, false, 0.0), Retry(seconds(10)));
        assert_eq!(policy.decide(1, &missing, false, 0.0), Retry(seconds(11)));
        assert_eq!(policy.decide(2, &missing, false, 0.0), GiveUp);
        assert_eq!(policy.decide(0, &network(), true, 0.0), GiveUp);
        let always = RetryPolicy::forever().when(|_, _| true);
        assert_eq!(always.decide(0, &QueryError::cancelled(), true, 0.0), GiveUp);
        assert_eq!(RetryPolicy::never().when(|_, _| true).decide(0, &network(), true, 0.0), GiveUp);
    }
}
