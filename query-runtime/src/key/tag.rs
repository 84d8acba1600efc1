//! What says what an entry is made of, beside its key?

use std::{borrow::Cow, fmt};

use serde::Serialize;

use super::segment::KeySegment;

/// Names something that entries are made of, whatever their keys: everything of a kind, or one thing of it.
///
/// Queries say by [`QueryOptions::provides`](crate::QueryOptions::provides) which tags their data has; mutations and
/// [`QueryFilter::tagged`](crate::QueryFilter::tagged) say which are meant. A kind means all of its tags; a kind with an id
/// means the tags with that very id. An id and its text are the same id, and `0` and `""` are ids.
///
/// # Examples
///
/// ```
/// use query_runtime::Tag;
///
/// assert!(Tag::kind("User").means(&Tag::of("User", &7)));
/// assert!(Tag::of("User", &7).means(&Tag::of("User", "7")));
/// assert!(!Tag::of("User", &7).means(&Tag::kind("User")));
/// assert!(!Tag::list("User").means(&Tag::of("User", &7)));
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag {
    kind: Cow<'static, str>,
    id: Option<KeySegment>,
}

impl Tag {
    /// Returns the tag of a kind as a whole.
    pub fn kind(kind: impl Into<Cow<'static, str>>) -> Self {
        Self { kind: kind.into(), id: None }
    }

    /// Returns the tag of one thing of a kind.
    pub fn of<T: Serialize + ?Sized>(kind: impl Into<Cow<'static, str>>, id: &T) -> Self {
        let id = match KeySegment::of(id) {
            KeySegment::UInt(id) => KeySegment::from(id.to_string()),
            KeySegment::Int(id) => KeySegment::from(id.to_string()),
            id => id,
        };
        Self { kind: kind.into(), id: Some(id) }
    }

    /// Returns the tag of the lists of a kind: what a new thing invalidates without touching the details of others.
    pub fn list(kind: impl Into<Cow<'static, str>>) -> Self {
        Self::of(kind, "LIST")
    }

    /// Returns whether who says this tag means that one.
    pub fn means(&self, other: &Self) -> bool {
        self.kind == other.kind && (self.id.is_none() || self.id == other.id)
    }

    pub(crate) fn parts(&self) -> (&Cow<'static, str>, Option<&KeySegment>) {
        (&self.kind, self.id.as_ref())
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.id {
            None => write!(formatter, "{}", self.kind),
            Some(id) => write!(formatter, "{}({})", self.kind, id.to_json()),
        }
    }
}
