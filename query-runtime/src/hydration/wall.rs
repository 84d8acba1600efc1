//! When was a moment of this clock, for somebody with another clock?

use std::time::Duration;

use crate::{clock::Moment, env::Env};

/// One and the same time on the client's clock and by the time of day.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WallClock {
    moment: Moment,
    /// Nanoseconds since 1970.
    wall: i128,
}

impl WallClock {
    /// Reads both clocks.
    pub(crate) fn of(env: &Env) -> Self {
        Self { moment: env.now(), wall: env.wall().as_nanosecond() }
    }

    /// Returns the time of day in milliseconds since 1970.
    pub(crate) fn now(self) -> i64 {
        self.millis(self.moment)
    }

    /// Returns when a moment was, or will be, in milliseconds since 1970, rounded down: on the way back nothing gets newer.
    pub(crate) fn millis(self, moment: Moment) -> i64 {
        let nanos = self.wall + i128::from(moment.as_nanos()) - i128::from(self.moment.as_nanos());
        i64::try_from(nanos.div_euclid(1_000_000)).unwrap_or(i64::MAX)
    }

    /// Returns whether a time of day, in milliseconds since 1970, is longer ago than this.
    pub(crate) fn is_older(self, millis: i64, age: Duration) -> bool {
        let nanos = self.wall - i128::from(millis) * 1_000_000;
        i128::try_from(age.as_nanos()).is_ok_and(|age| nanos > age)
    }

    /// Returns the moment of a time of day.
    ///
    /// `None`: it is before the clock's origin, or further ahead than the clock reaches; such data is older than all that
    /// has a moment.
    pub(crate) fn moment(self, millis: i64) -> Option<Moment> {
        self.at(i128::from(millis) * 1_000_000)
    }

    /// Returns the moment of this clock at which another clock had one of its own.
    pub(crate) fn moment_of(self, other: Self, moment: Moment) -> Option<Moment> {
        self.at(other.wall + i128::from(moment.as_nanos()) - i128::from(other.moment.as_nanos()))
    }

    fn at(self, wall: i128) -> Option<Moment> {
        let nanos = i128::from(self.moment.as_nanos()) + wall - self.wall;
        u64::try_from(nanos).ok().map(Moment::from_nanos).filter(|moment| !moment.is_never())
    }
}

#[cfg(test)]
mod tests {
    use super::WallClock;
    use crate::clock::Moment;

    const CLOCK: WallClock = WallClock { moment: Moment::from_nanos(5_000_000_000), wall: 1_700_000_000_000_400_000 };

    #[test]
    fn a_moment_comes_back_as_it_was_to_the_millisecond_and_never_newer() {
        for nanos in [0, 1, 999_999, 1_000_000, 4_999_999_999, 5_000_000_000, 9_000_000_001] {
            let moment = Moment::from_nanos(nanos);
            let back = CLOCK.moment(CLOCK.millis(moment)).unwrap_or_default();
            assert!(back <= moment, "{nanos}");
            assert!(moment.since(back).as_nanos() < 1_000_000, "{nanos}");
        }
    }

    #[test]
    fn two_clocks_agree_on_a_moment() {
        let later = WallClock { moment: Moment::from_nanos(1_000), wall: CLOCK.wall + 500 };
        assert_eq!(later.moment_of(CLOCK, Moment::from_nanos(5_000_000_000)), Some(Moment::from_nanos(500)));
        assert_eq!(later.moment_of(CLOCK, Moment::from_nanos(4_999_999_499)), None);
    }

    #[test]
    fn what_is_older_than_the_clock_or_beyond_it_has_no_moment() {
        assert_eq!(CLOCK.moment(CLOCK.now() - 5_001), None);
        assert!(CLOCK.moment(CLOCK.now() - 4_999).is_some());
        assert_eq!(CLOCK.moment(i64::MIN), None);
        assert_eq!(CLOCK.moment(i64::MAX), None);
    }
}
