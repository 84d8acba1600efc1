//! How much does a server tell about the order of what happened, and how new is a row?

use crate::value::DateTime;

/// What a server promises about one entity: the more it tells, the more the cache can prove.
///
/// The levels are ordered: each gives what those before it give. With every one of them, nothing that a user changed is
/// undone by an answer that is merely late, and what is shown ends equal to what the server has.
///
/// | level | the server | what the cache does with it |
/// |---|---|---|
/// | [`Plain`](Self::Plain) (L0) | answers a read with what it had when the read reached it | an answer to a fetch that began before a confirmation is not used where it may lack the change; where a read and a change overlap, the change stays shown until a read that began after its confirmation |
/// | [`Keyed`](Self::Keyed) (L1) | also carries out requests with the same `Idempotency-Key` only once | a mutation whose outcome is unknown is sent again with the same key and the same bytes: it takes effect once |
/// | [`Versioned`](Self::Versioned) (L2) | also numbers the states of each row ([`Entity::version`](crate::Entity::version)) | a row never goes back to an older state, whichever answer comes last; a change is proven by the version of its row; pushed rows are written into the cache |
/// | [`Watermarked`](Self::Watermarked) (L3) | also says with each answer how far it has seen ([`QueryApi::WATERMARK`](crate::QueryApi::WATERMARK)) | an answer is used if and only if it is as new as what is there: no fetch is repeated because it might lack something |
///
/// An answer that lacks what its level promises (a row without a version, a response without the header) is judged as at
/// the level before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// L0: reads see every change that was answered before they began.
    #[default]
    Plain,
    /// L1: a request is carried out once a key.
    Keyed,
    /// L2: rows have versions.
    Versioned,
    /// L3: answers have watermarks.
    Watermarked,
}

/// How new a row is: of two states of one row, the later one has the larger version.
///
/// Versions of different rows are never compared, and `1` need not follow on `0`: a counter and a time of change both fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version(pub i128);

/// Makes a version of a number.
macro_rules! from {
    ($($number:ty),*) => {
        $(impl From<$number> for Version {
            fn from(number: $number) -> Self {
                Self(number.into())
            }
        })*
    };
}

from!(i8, i16, i32, i64, i128, u8, u16, u32, u64);

/// A time of change, to the nanosecond. It must be the server's: clocks of clients do not agree.
impl From<DateTime> for Version {
    fn from(time: DateTime) -> Self {
        Self(time.as_nanosecond())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_level_is_more_than_the_one_before() {
        let all = [Level::Plain, Level::Keyed, Level::Versioned, Level::Watermarked];
        assert!(all.is_sorted_by(|a, b| a < b));
        assert_eq!(Level::default(), Level::Plain);
    }

    #[test]
    fn later_time_is_a_newer_version() {
        let at = |text: &str| Version::from(text.parse::<DateTime>().expect("a time"));
        assert!(at("2026-01-02T03:04:05.000000001Z") > at("2026-01-02T03:04:05Z"));
        assert!(at("1969-12-31T23:59:59Z") < at("1970-01-01T00:00:00Z"));
        assert!(Version::from(u64::MAX) > Version::from(i64::MAX));
    }
}
