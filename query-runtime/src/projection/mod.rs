//! How does one optimistic operation show in one cache entry?
//!
//! Pure: no lock, no client, no time. The heart knows entries as erased values and operations as erased data; a [`Projector`] is what the typed
//! front registers for an entry so that the heart can fold operations over it. Knows nothing about when an operation is live.
//!
//! Entry points: [`project_safely`] for what a reader sees, [`Projector::absorb`] for what the base becomes when the server has confirmed.

mod detail;
mod fold;
mod infinite;
mod list;
mod loaded;
mod op;

use std::any::{Any, TypeId};
use std::cmp::Ordering;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::key::KeySegment;
use crate::level::{Level, Version};
use crate::resource::Entity;

pub(crate) use detail::{DetailProjector, RowProjector};
pub(crate) use infinite::InfiniteProjector;
pub(crate) use list::ListProjector;
pub(crate) use op::{EntityOp, Op, OpKind, RowId};

/// What a cache entry holds: `Arc<E>`, `Arc<Page<E>>` or `Arc<InfiniteData<Page<E>, P>>` without its type.
pub(crate) type Value = Arc<dyn Any + Send + Sync>;

/// Which shape an entry has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EntryShape {
    /// One row.
    Detail,
    /// One page, or a whole list.
    List,
    /// The pages of an infinite list.
    Infinite,
}

/// What an entry shows after one more operation.
#[derive(Clone)]
pub(crate) struct Projected {
    /// The value; `None` where the entry shows nothing, as a deleted row does. The same `Arc` as before where nothing changed.
    pub value: Option<Value>,
    /// Whether the client could not decide what the server will show: the entry wants a fetch.
    pub stale: bool,
    /// Whether what the entry holds on the server depends on the operation.
    pub touched: bool,
    /// Whether the user's code panicked; then the operation shows nothing here, but stays pending.
    pub failed: bool,
}

impl Projected {
    fn new(value: Option<Value>) -> Self {
        Self { value, stale: false, touched: false, failed: false }
    }

    fn untouched(shown: Option<&Value>) -> Self {
        Self::new(shown.cloned())
    }

    fn touched(value: Option<Value>) -> Self {
        Self { touched: true, ..Self::new(value) }
    }
}

impl fmt::Debug for Projected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Projected")
            .field("shows", &self.value.is_some())
            .field("stale", &self.stale)
            .field("touched", &self.touched)
            .field("failed", &self.failed)
            .finish()
    }
}

/// The typed knowledge of one entry: which operations it shows, and how.
///
/// A value of another type than the projector's leaves everything as it is: keys are typed, so only a bug could bring one here, and a bug must
/// not take a reader down.
pub(crate) trait Projector: Send + Sync + 'static {
    /// Returns the entity whose operations show here.
    fn entity(&self) -> TypeId;

    /// Returns the shape of the entry.
    fn kind(&self) -> EntryShape;

    /// Returns the id of the only row that can show here, where that is known from the start.
    fn only_row(&self) -> Option<&KeySegment> {
        None
    }

    /// Returns the hash of that id.
    fn only_hash(&self) -> Option<u64> {
        None
    }

    /// Returns whether the operation could show here. Cheap: it does not look at the rows.
    fn could_touch(&self, op: &Op) -> bool;

    /// Returns whether the base has the row of the operation.
    fn holds_row_of(&self, base: &Value, op: &Op) -> bool;

    /// Returns the row with this id, as `Arc<E>`.
    fn row(&self, base: &Value, id: &RowId) -> Option<Value>;

    /// Returns what is shown with another state (an `Arc<E>`) of a row that it has; `None` if it does not have it.
    fn with_row(&self, _shown: &Value, _row: &Value) -> Option<Value> {
        None
    }

    /// Tells the hash of the id of each row.
    fn each_row(&self, base: &Value, tell: &mut dyn FnMut(u64));

    /// Folds one operation over what is shown so far; the row may be known from elsewhere in the cache, an `Arc<E>` as it was
    /// before the operation.
    ///
    /// With it a change can move a row into a list that does not show it, and lists that the change cannot reach are not marked stale.
    fn project_beside(&self, shown: Option<&Value>, op: &Op, elsewhere: Option<&Value>) -> Projected;

    /// Returns what the base becomes when the server has confirmed the operation and answered with `row` (an `Arc<E>`).
    ///
    /// The base itself (the same `Arc`) where the operation does not concern it; `None` where it cannot be decided, and for a deleted detail.
    fn absorb(&self, base: &Value, op: &Op, row: Option<&Value>) -> Option<Value>;

    /// Returns what the server promises about the rows.
    fn level(&self) -> Level;

    /// Returns how new the row of the operation is in the base; `None` if it is not there or does not say.
    fn version_of(&self, base: &Value, op: &Op) -> Option<Version>;

    /// Returns the name of the one row that a base holds, and how new it is; `None` if it holds many, or does not say.
    fn only_version(&self, _base: &Value) -> Option<((TypeId, KeySegment), Version)> {
        None
    }

    /// Compares two states of one row by how new they are; `None` if it is not one and the same row, or does not say.
    fn compare(&self, a: &Value, b: &Value) -> Option<Ordering> {
        let ((name_a, a), (name_b, b)) = self.only_version(a).zip(self.only_version(b))?;
        (name_a == name_b).then(|| a.cmp(&b))
    }

    /// Returns what the base becomes when the server tells a newer state of a row: that of a create, or that it is deleted. The
    /// row may be known from elsewhere as it was before.
    ///
    /// The base itself (the same `Arc`) where it makes no difference; `None` where it cannot be decided, and for a deleted
    /// detail.
    fn renew(&self, base: &Value, op: &Op, elsewhere: Option<&Value>) -> Option<Value>;

    /// Returns the new list with the rows of the old one that are newer, and whether it could not be decided where one of them
    /// belongs; `None` if none is.
    fn keep_newer(&self, _old: &Value, _new: &Value) -> Option<(Value, bool)> {
        None
    }
}

/// Returns how new a row is, where the server promises to say.
fn version<E: Entity>(row: &E) -> Option<Version> {
    if E::LEVEL >= Level::Versioned { row.version() } else { None }
}

/// Projects, and turns a panic of the user's code (`Change::apply`, `matches`, `compare`) into an operation that shows nothing here.
pub(crate) fn project_safely(
    projector: &dyn Projector,
    shown: Option<&Value>,
    op: &Op,
    elsewhere: Option<&Value>,
) -> Projected {
    // A projection only reads its arguments and builds anew: a panic in the middle leaves nothing half-changed.
    catch_unwind(AssertUnwindSafe(|| projector.project_beside(shown, op, elsewhere))).unwrap_or_else(|_| Projected {
        value: shown.cloned(),
        stale: true,
        touched: true,
        failed: true,
    })
}

/// The user's code panicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Panicked;

/// Absorbs, and turns a panic of the user's code into an error.
pub(crate) fn absorb_safely(
    projector: &dyn Projector,
    base: &Value,
    op: &Op,
    row: Option<&Value>,
) -> Result<Option<Value>, Panicked> {
    safely(|| projector.absorb(base, op, row))
}

/// Asks a projector something that only reads, and turns a panic of the user's code into an error.
pub(crate) fn safely<T>(ask: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_unwind(AssertUnwindSafe(ask)).map_err(|_| Panicked)
}

/// Returns the value as what it is, if it is that.
fn typed<T: Any + Send + Sync>(value: &Value) -> Option<Arc<T>> {
    Arc::clone(value).downcast().ok()
}

#[cfg(test)]
mod tests;
