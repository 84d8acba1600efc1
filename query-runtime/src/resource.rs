//! What must generated code say about an API, an entity, its changes and its lists?

use std::cmp::Ordering;
use std::fmt::Debug;
use std::hash::Hash;

use serde::Serialize;

use crate::level::{Level, Version};
use crate::page::Envelope;

/// One API: its name and what every request to it shares.
pub trait QueryApi: 'static {
    /// The name, which is the first segment of every key of the API.
    const NAME: &'static str;
    /// Where the API lives.
    const BASE_URL: Option<EnvText> = None;
    /// Headers of every request: name and value.
    const HEADERS: &'static [(&'static str, EnvText)] = &[];
    /// The response header in which the server says how far it has seen, a number that grows with every change anywhere in
    /// the API: a read has all changes up to it, and a change has happened at it. `None`: the server does not say.
    const WATERMARK: Option<&'static str> = None;
}

/// A text that an environment variable may override.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EnvText {
    /// The text if the variable is not set or not named.
    pub default: &'static str,
    /// The name of the variable.
    pub env: Option<&'static str>,
}

/// A row with an identity: what details hold one of and lists hold many of.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an entity",
    label = "this type has no id that the cache could know it by",
    note = "put `#[derive(QueryResource)]` and a `#[query(id)]` field on `{Self}`, or declare it as a resource in the schema"
)]
pub trait Entity: Clone + PartialEq + Debug + Send + Sync + 'static {
    /// What tells two rows apart.
    type Id: Clone + Eq + Hash + Debug + Serialize + Send + Sync + 'static;
    /// The ways a row can change; [`NoChange`] where there is none.
    type Change: Change<Self>;
    /// The first segments of every key of this entity: `["social", "users"]`.
    const ROOT: &'static [&'static str];
    /// How its lists look on the wire.
    const ENVELOPE: Envelope = Envelope::BARE;
    /// What the server promises about these rows.
    const LEVEL: Level = Level::Plain;

    /// Returns the id.
    fn id(&self) -> &Self::Id;

    /// Replaces the id: a temporary one by the server's.
    fn set_id(&mut self, id: Self::Id);

    /// Compares two rows by the fixed order of the lists; `None` if only the server knows it.
    fn compare(_a: &Self, _b: &Self) -> Option<Ordering> {
        None
    }

    /// Returns how new this state of the row is; `None` if the row does not say.
    fn version(&self) -> Option<Version> {
        None
    }
}

/// One change of a row, as data: it can be applied again and again to fresh rows.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say how it changes a `{E}`",
    label = "not a change of `{E}`",
    note = "implement `Change<{E}>` for `{Self}`, or use `NoChange` where rows of this type never change"
)]
pub trait Change<E>: Clone + Debug + PartialEq + Send + Sync + 'static {
    /// Applies the change.
    fn apply(&self, row: &mut E);

    /// Returns whether applying the change twice is the same as applying it once.
    ///
    /// `true` for setting fields; `false` for increments, toggles, moves and appends.
    fn is_idempotent(&self) -> bool {
        true
    }

    /// Returns the change as the server has carried it out: the same fields, with the values that they have in its answer.
    ///
    /// A server may trim, round or refuse part of what was sent. A confirmed change goes on showing where the cache cannot
    /// prove yet that the data has it; it must then show the server's values of its own fields, and of no others, since
    /// those of others may be older than what is there. The default is the change as it was asked for.
    #[must_use]
    fn settled(&self, _row: &E) -> Self {
        self.clone()
    }

    /// Returns whether the change may make a difference to which lists hold the row, or where in them.
    ///
    /// `false` spares lists that do not show the row from being looked at. The default is `true`, which is never wrong.
    fn moves(&self) -> bool {
        true
    }
}

/// The change of an entity that never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoChange {}

impl<E> Change<E> for NoChange {
    fn apply(&self, _row: &mut E) {
        match *self {}
    }
}

/// Whether a row belongs to a list, as far as the client can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Membership {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// Only the server can tell.
    Unknown,
}

impl Membership {
    /// Returns the three-valued AND: `No` if one is `No`, else `Unknown` if one is `Unknown`, else `Yes`.
    pub fn all(each: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::Yes;
        for one in each {
            match one {
                Self::No => return Self::No,
                Self::Unknown => all = Self::Unknown,
                Self::Yes => {}
            }
        }
        all
    }
}

impl From<bool> for Membership {
    fn from(belongs: bool) -> Self {
        if belongs { Self::Yes } else { Self::No }
    }
}

/// The parameters of a list that decide which rows it holds and in which order.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say which `{E}` rows its list holds",
    label = "not a list filter of `{E}`",
    note = "pass the generated filter of this list (`params.filter()`), or implement `ListFilter<{E}>` for `{Self}`: `matches` may answer `Membership::Unknown`"
)]
pub trait ListFilter<E: Entity>: Clone + PartialEq + Debug + Send + Sync + 'static {
    /// Tests whether the row belongs to the list.
    fn matches(&self, row: &E) -> Membership;

    /// Compares two rows by the order of the list; `None` if only the server knows it.
    ///
    /// The default is the entity's fixed order.
    fn compare(&self, a: &E, b: &E) -> Option<Ordering> {
        E::compare(a, b)
    }

    /// Returns whether a parameter changes the shape of the rows: such a list is never patched, only invalidated.
    fn is_shaped(&self) -> bool {
        false
    }
}

/// Which part of a list one cache entry holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ListWindow {
    /// All of it.
    All,
    /// One numbered page.
    Page {
        /// The number of the page, from 0.
        index: u64,
        /// The rows of a full page.
        size: u64,
    },
    /// One page behind a cursor.
    Cursor {
        /// Whether it is the page at the start.
        first: bool,
        /// The rows of a full page.
        size: u64,
    },
}

/// Which cached lists a mutation shows in at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ListReach {
    /// The lists whose filter the row matches.
    Matching,
    /// All lists but those whose filter excludes the row.
    All,
    /// None.
    None,
}

/// Where a created row goes in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InsertAt {
    /// Where the list's order puts it.
    Sorted,
    /// First, in lists that the server orders.
    Start,
    /// Last, in lists that the server orders.
    End,
    /// Nowhere: the list waits for the server.
    None,
}

#[cfg(test)]
mod tests {
    use super::Membership::{self, No, Unknown, Yes};

    #[test]
    fn membership_is_a_three_valued_and() {
        assert_eq!(Membership::all([]), Yes);
        assert_eq!(Membership::all([Yes, Yes]), Yes);
        assert_eq!(Membership::all([Yes, Unknown, Yes]), Unknown);
        assert_eq!(Membership::all([Unknown, No]), No);
        assert_eq!(Membership::all([No, Unknown]), No);
    }
}
