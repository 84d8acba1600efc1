//! When is instant 0?

use std::time::Duration;

use query_runtime::{Json, Moment, testing::TestRuntime};

/// Turns the milliseconds of a scenario, which may be negative, into moments of the clock and back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeline {
    start: Moment,
}

/// So late that everything that a scenario names lies after the clock's origin.
const START: Duration = Duration::from_secs(1_600_000_000);

impl Timeline {
    /// Moves a new clock to instant 0.
    pub(crate) fn begin(runtime: &TestRuntime) -> Self {
        runtime.clock().set(Moment::ZERO + START);
        Self { start: Moment::ZERO + START }
    }

    /// Returns a moment.
    pub(crate) fn moment(self, milliseconds: i64) -> Moment {
        let distance = Duration::from_millis(milliseconds.unsigned_abs());
        if milliseconds < 0 {
            Moment::ZERO + self.start.since(Moment::ZERO).saturating_sub(distance)
        } else {
            self.start + distance
        }
    }

    /// Returns an instant of the scenario.
    pub(crate) fn instant(self, moment: Moment) -> i64 {
        let milliseconds = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        if moment < self.start {
            -milliseconds(self.start.since(moment))
        } else {
            milliseconds(moment.since(self.start))
        }
    }

    /// Returns the instant it is.
    pub(crate) fn now(self, runtime: &TestRuntime) -> i64 {
        self.instant(runtime.now())
    }

    /// Returns an instant as a trace writes it: null is never.
    pub(crate) fn written(self, moment: Option<Moment>) -> Json {
        moment.filter(|moment| *moment > Moment::ZERO).map_or(Json::Null, |moment| self.instant(moment).into())
    }
}
