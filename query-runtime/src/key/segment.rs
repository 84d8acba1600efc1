//! What is one step of a key, and which steps does it stand for in a prefix?

use std::borrow::Cow;
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// One step of a key: a JSON value in one canonical form.
///
/// Whole numbers from zero up are [`UInt`](Self::UInt) and below zero [`Int`](Self::Int), whatever integer or float type they
/// came from, so that values that print the same JSON are equal. Build segments with [`of`](Self::of) or `From` to keep that form.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeySegment {
    /// JSON `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number below zero.
    Int(i64),
    /// A whole number from zero up.
    UInt(u64),
    /// A number that is not whole, or too large for the integers.
    Float(KeyFloat),
    /// A string.
    Text(Cow<'static, str>),
    /// A list; the order counts.
    List(Arc<[Self]>),
    /// Members sorted by their names, each name once.
    Map(Arc<[(Self, Self)]>),
    /// A value that could not be serialized: equal to nothing but its own clones.
    Unique(u64),
}

impl KeySegment {
    /// Makes a list.
    pub fn list(elements: impl IntoIterator<Item = Self>) -> Self {
        Self::List(elements.into_iter().collect())
    }

    /// Makes a map; members are sorted, and of members with the same name the last one counts.
    pub fn map(members: impl IntoIterator<Item = (Self, Self)>) -> Self {
        let mut members: Vec<(Self, Self)> = members.into_iter().collect();
        members.reverse();
        members.sort_by(|a, b| a.0.cmp(&b.0));
        members.dedup_by(|later, kept| later.0 == kept.0);
        Self::Map(members.into())
    }

    /// Returns whether this segment lies under `part`: equal, or a list that begins with its elements, or a map with its members.
    pub fn includes(&self, part: &Self) -> bool {
        match (self, part) {
            (Self::List(own), Self::List(part)) => {
                own.len() >= part.len() && own.iter().zip(part.iter()).all(|(own, part)| own.includes(part))
            }
            (Self::Map(own), Self::Map(part)) => part.iter().all(|(name, wanted)| {
                own.binary_search_by(|(own_name, _)| own_name.cmp(name))
                    .is_ok_and(|index| own[index].1.includes(wanted))
            }),
            _ => self == part,
        }
    }

    /// Returns the text of a text segment.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// A floating-point number that can be compared and hashed.
///
/// Zero has one sign and not-a-number one form, so that a number always finds its own entry again.
#[derive(Clone, Copy, Debug)]
pub struct KeyFloat(f64);

impl KeyFloat {
    /// Wraps a number in its canonical form.
    pub fn new(value: f64) -> Self {
        if value.is_nan() {
            Self(f64::NAN)
        } else if value == 0.0 {
            Self(0.0)
        } else {
            Self(value)
        }
    }

    /// Returns the number.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl PartialEq for KeyFloat {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl Eq for KeyFloat {}

impl Hash for KeyFloat {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0.to_bits());
    }
}

impl PartialOrd for KeyFloat {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for KeyFloat {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl From<&'static str> for KeySegment {
    fn from(text: &'static str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for KeySegment {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<bool> for KeySegment {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<f64> for KeySegment {
    /// A whole number becomes an integer: JSON has only one kind of number, and `1.0` must find the entry of `1`.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "only whole numbers below 2^53 are cast, and negative ones to i64"
    )]
    fn from(value: f64) -> Self {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        if value.fract() != 0.0 || value.is_nan() || value.abs() > EXACT {
            Self::Float(KeyFloat::new(value))
        } else if value < 0.0 {
            Self::Int(value as i64)
        } else {
            Self::UInt(value as u64)
        }
    }
}

macro_rules! from_unsigned {
    ($($integer:ty),*) => {$(
        impl From<$integer> for KeySegment {
            fn from(value: $integer) -> Self {
                Self::UInt(u64::from(value))
            }
        }
    )*};
}

macro_rules! from_signed {
    ($($integer:ty),*) => {$(
        impl From<$integer> for KeySegment {
            fn from(value: $integer) -> Self {
                u64::try_from(value).map_or_else(|_| Self::Int(i64::from(value)), Self::UInt)
            }
        }
    )*};
}

from_unsigned!(u8, u16, u32, u64);
from_signed!(i8, i16, i32, i64);

impl From<usize> for KeySegment {
    fn from(value: usize) -> Self {
        Self::UInt(value as u64)
    }
}

impl<T: Into<Self>> From<Option<T>> for KeySegment {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl From<&serde_json::Value> for KeySegment {
    fn from(json: &serde_json::Value) -> Self {
        Self::from_json(json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_form() {
        assert_eq!(KeySegment::from(7_i32), KeySegment::UInt(7));
        assert_eq!(KeySegment::from(7_u8), KeySegment::UInt(7));
        assert_eq!(KeySegment::from(7.0), KeySegment::UInt(7));
        assert_eq!(KeySegment::from(-7.0), KeySegment::Int(-7));
        assert_eq!(KeySegment::from(-0.0), KeySegment::UInt(0));
        assert_eq!(KeySegment::from(7.5), KeySegment::Float(KeyFloat::new(7.5)));
        assert_eq!(KeySegment::from(f64::NAN), KeySegment::from(-f64::NAN));
        assert_eq!(KeySegment::from(1e300), KeySegment::Float(KeyFloat::new(1e300)));
        assert_ne!(KeySegment::from(f64::INFINITY), KeySegment::from(f64::NAN));
    }

    #[test]
    fn the_last_of_equal_members_counts() {
        let map = KeySegment::map([("a".into(), 1_u8.into()), ("b".into(), 2_u8.into()), ("a".into(), 3_u8.into())]);
        assert_eq!(map, KeySegment::map([("b".into(), 2_u8.into()), ("a".into(), 3_u8.into())]));
    }

    #[test]
    fn null_lies_only_under_null() {
        assert!(KeySegment::Null.includes(&KeySegment::Null));
        assert!(!KeySegment::Null.includes(&KeySegment::map([])));
        assert!(!KeySegment::map([]).includes(&KeySegment::Null));
    }
}
