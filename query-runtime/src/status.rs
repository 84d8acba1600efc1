//! Which words describe a query, a mutation and when they use the network?

use std::time::Duration;

/// Whether a query has data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum QueryStatus {
    /// It has none yet.
    #[default]
    Pending,
    /// It has.
    Success,
    /// Its last fetch failed; data of an earlier one may still be there.
    Error,
}

/// Whether a query's fetch is running.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum FetchStatus {
    /// No fetch.
    #[default]
    Idle,
    /// A fetch runs, or waits for its next attempt.
    Fetching,
    /// A fetch waits for the connection or for focus.
    Paused,
}

/// How far a mutation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum MutationStatus {
    /// Nothing was asked for yet.
    #[default]
    Idle,
    /// It waits, runs, or its callbacks run.
    Pending,
    /// The server confirmed it.
    Success,
    /// It failed for good, and what it showed is taken back.
    Error,
}

/// What the program says of a mutation of which nobody knows whether the server has carried it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Decision {
    /// It is sent again, the same bytes with the same idempotency key.
    SendAgain,
    /// The server has carried it out; its answer is lost.
    Confirm,
    /// It is given up, and what it showed is taken back.
    Discard,
}

/// When a fetch or a mutation may use the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum NetworkMode {
    /// Only with a connection; otherwise it pauses until there is one.
    #[default]
    Online,
    /// Whatever the connection.
    Always,
    /// The first attempt whatever the connection, retries only with one.
    OfflineFirst,
}

/// Which way a page function goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum PageDirection {
    /// The page follows the last one, or is loaded again with all others.
    #[default]
    Forward,
    /// The page comes before the first one.
    Backward,
}

/// When an event makes an observer fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum RefetchWhen {
    /// Never.
    Never,
    /// When the data is stale.
    #[default]
    Stale,
    /// Even when it is fresh.
    Always,
}

/// How long data counts as fresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StaleTime {
    /// This long after it arrived.
    For(Duration),
    /// Until it is invalidated.
    Forever,
    /// Always, even when it is invalidated.
    Static,
}

impl Default for StaleTime {
    fn default() -> Self {
        Self::For(Duration::ZERO)
    }
}

impl From<Duration> for StaleTime {
    fn from(time: Duration) -> Self {
        Self::For(time)
    }
}

/// How long data without observers is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GcTime {
    /// This long after the last observer left.
    For(Duration),
    /// For ever.
    Never,
}

impl GcTime {
    /// Returns the longer of the two: of all times that an entry has seen, the longest counts.
    #[must_use]
    pub fn longer(self, other: Self) -> Self {
        match (self, other) {
            (Self::For(one), Self::For(two)) => Self::For(one.max(two)),
            _ => Self::Never,
        }
    }
}

impl Default for GcTime {
    fn default() -> Self {
        Self::For(Duration::from_mins(5))
    }
}

impl From<Duration> for GcTime {
    fn from(time: Duration) -> Self {
        Self::For(time)
    }
}
