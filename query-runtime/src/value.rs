//! Which small value types do generated models, patches and parameters use?

use std::cmp::Ordering;

use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::Error as _};

/// An instant, in RFC 3339 on the wire.
pub type DateTime = jiff::Timestamp;

/// Any JSON value.
pub type Json = serde_json::Value;

/// A field that may be absent, `null` or a value; the three stay distinct in both directions.
///
/// In a struct it needs `#[serde(default, skip_serializing_if = "Maybe::is_absent")]`: an absent member is filled by the default, and an
/// absent value is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Maybe<T> {
    /// The member is not there.
    #[default]
    Absent,
    /// The member is `null`.
    Null,
    /// The member has a value.
    Value(T),
}

impl<T> Maybe<T> {
    /// Returns whether the member is not there.
    pub const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Returns whether the member is there and `null`.
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Returns the value, if there is one.
    pub const fn as_option(&self) -> Option<&T> {
        match self {
            Self::Absent | Self::Null => None,
            Self::Value(value) => Some(value),
        }
    }

    /// Returns the value, if there is one.
    pub fn into_option(self) -> Option<T> {
        match self {
            Self::Absent | Self::Null => None,
            Self::Value(value) => Some(value),
        }
    }
}

impl<'a, T> From<&'a Maybe<T>> for Option<&'a T> {
    fn from(maybe: &'a Maybe<T>) -> Self {
        maybe.as_option()
    }
}

impl<T> From<T> for Maybe<T> {
    fn from(value: T) -> Self {
        Self::Value(value)
    }
}

impl<T> From<Option<T>> for Maybe<T> {
    /// `None` becomes `null`, not absent.
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::Value)
    }
}

impl<T: Serialize> Serialize for Maybe<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent | Self::Null => serializer.serialize_none(),
            Self::Value(value) => value.serialize(serializer),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Maybe<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Self::from)
    }
}

/// What a patch does to a field: keeps it or sets it.
///
/// In a struct it needs `#[serde(skip_serializing_if = "Patch::is_keep")]`; a kept field has no text on the wire, so serialising one is an error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Patch<T> {
    /// The field stays as it is.
    #[default]
    Keep,
    /// The field becomes this.
    Set(T),
}

impl<T> Patch<T> {
    /// Returns whether the field stays as it is.
    pub const fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }
}

impl<T: Clone> Patch<T> {
    /// Applies the patch to a field.
    pub fn apply(&self, field: &mut T) {
        if let Self::Set(value) = self {
            field.clone_from(value);
        }
    }

    /// Applies the patch to an optional field; it can set it but not clear it.
    pub fn apply_option(&self, field: &mut Option<T>) {
        if let Self::Set(value) = self {
            *field = Some(value.clone());
        }
    }
}

impl<T> From<T> for Patch<T> {
    fn from(value: T) -> Self {
        Self::Set(value)
    }
}

impl<T: Serialize> Serialize for Patch<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Keep => Err(kept::<S>("Patch::is_keep")),
            Self::Set(value) => value.serialize(serializer),
        }
    }
}

/// What a patch does to a field that can be `null`: keeps it, clears it or sets it.
///
/// In a struct it needs `#[serde(skip_serializing_if = "NullablePatch::is_keep")]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum NullablePatch<T> {
    /// The field stays as it is.
    #[default]
    Keep,
    /// The field becomes `null`.
    Null,
    /// The field becomes this.
    Set(T),
}

impl<T> NullablePatch<T> {
    /// Returns whether the field stays as it is.
    pub const fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }
}

impl<T: Clone> NullablePatch<T> {
    /// Applies the patch to a nullable field.
    pub fn apply_option(&self, field: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Null => *field = None,
            Self::Set(value) => *field = Some(value.clone()),
        }
    }

    /// Applies the patch to a field that is both optional and nullable; clearing it gives `null`, not absent.
    pub fn apply_maybe(&self, field: &mut Maybe<T>) {
        match self {
            Self::Keep => {}
            Self::Null => *field = Maybe::Null,
            Self::Set(value) => *field = Maybe::Value(value.clone()),
        }
    }
}

impl<T> From<T> for NullablePatch<T> {
    fn from(value: T) -> Self {
        Self::Set(value)
    }
}

impl<T> From<Option<T>> for NullablePatch<T> {
    /// `None` clears the field.
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::Set)
    }
}

impl<T: Serialize> Serialize for NullablePatch<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Keep => Err(kept::<S>("NullablePatch::is_keep")),
            Self::Null => serializer.serialize_none(),
            Self::Set(value) => value.serialize(serializer),
        }
    }
}

/// Writing `null` for a kept field would clear it on the server; refusing is the only safe answer.
fn kept<S: Serializer>(skip: &str) -> S::Error {
    S::Error::custom(format_args!(
        "a kept field cannot be serialised: add `#[serde(skip_serializing_if = \"{skip}\")]` to it"
    ))
}

/// The direction of a sort parameter, `"asc"` or `"desc"` on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SortOrder {
    /// Smallest first.
    #[default]
    Asc,
    /// Largest first.
    Desc,
}

impl SortOrder {
    /// Turns an ascending comparison into one of this direction.
    #[must_use]
    pub const fn apply(self, ordering: Ordering) -> Ordering {
        match self {
            Self::Asc => ordering,
            Self::Desc => ordering.reverse(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use serde::{Deserialize, Serialize};

    use super::{Maybe, NullablePatch, Patch, SortOrder};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Row {
        #[serde(default, skip_serializing_if = "Maybe::is_absent")]
        bio: Maybe<String>,
    }

    #[derive(Default, Serialize)]
    struct RowPatch {
        #[serde(skip_serializing_if = "Patch::is_keep")]
        name: Patch<String>,
        #[serde(skip_serializing_if = "NullablePatch::is_keep")]
        bio: NullablePatch<String>,
    }

    #[test]
    fn absent_null_and_value_survive_a_round_trip() {
        for (text, bio) in
            [("{}", Maybe::Absent), (r#"{"bio":null}"#, Maybe::Null), (r#"{"bio":"x"}"#, Maybe::Value("x".to_owned()))]
        {
            let row: Row = serde_json::from_str(text).unwrap();
            assert_eq!(row, Row { bio });
            assert_eq!(serde_json::to_string(&row).unwrap(), text);
        }
    }

    #[test]
    fn patch_writes_only_what_it_changes() {
        let write = |patch: &RowPatch| serde_json::to_string(patch).unwrap();
        assert_eq!(write(&RowPatch::default()), "{}");
        assert_eq!(write(&RowPatch { bio: None.into(), ..RowPatch::default() }), r#"{"bio":null}"#);
        let both = RowPatch { name: "Ada".to_owned().into(), bio: Some("b".to_owned()).into() };
        assert_eq!(write(&both), r#"{"name":"Ada","bio":"b"}"#);
    }

    #[test]
    fn kept_field_that_is_not_skipped_is_refused_instead_of_cleared() {
        let error = serde_json::to_string(&Patch::<u8>::Keep).unwrap_err().to_string();
        assert!(error.contains("Patch::is_keep"), "{error}");
        assert!(serde_json::to_string(&NullablePatch::<u8>::Keep).is_err());
    }

    #[test]
    fn patches_apply_to_plain_optional_and_maybe_fields() {
        let (mut plain, mut optional, mut maybe) = (1, Some(1), Maybe::Absent);
        Patch::Keep.apply(&mut plain);
        Patch::Keep.apply_option(&mut optional);
        NullablePatch::<u8>::Keep.apply_maybe(&mut maybe);
        assert_eq!((plain, optional, maybe), (1, Some(1), Maybe::Absent));
        Patch::Set(2).apply(&mut plain);
        NullablePatch::Null.apply_option(&mut optional);
        NullablePatch::Null.apply_maybe(&mut maybe);
        assert_eq!((plain, optional, maybe), (2, None, Maybe::Null));
        Patch::Set(3).apply_option(&mut optional);
        NullablePatch::Set(3).apply_maybe(&mut maybe);
        assert_eq!((optional, maybe), (Some(3), Maybe::Value(3)));
        NullablePatch::Set(4).apply_option(&mut optional);
        assert_eq!((optional, maybe.as_option(), maybe.into_option()), (Some(4), Some(&3), Some(3)));
    }

    #[test]
    fn sort_order_reverses_and_has_wire_names() {
        assert_eq!(SortOrder::Desc.apply(Ordering::Less), Ordering::Greater);
        assert_eq!(SortOrder::default().apply(Ordering::Less), Ordering::Less);
        assert_eq!(serde_json::to_string(&SortOrder::Desc).unwrap(), r#""desc""#);
        assert_eq!(serde_json::from_str::<SortOrder>(r#""asc""#).unwrap(), SortOrder::Asc);
    }
}
