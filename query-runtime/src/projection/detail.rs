//! How does an operation show in an entry that holds one row?

use std::any::TypeId;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::key::{KeySegment, hash_one};
use crate::level::{Level, Version};
use crate::projection::{EntityOp, EntryShape, Op, OpKind, Projected, Projector, RowId, Value, typed, version};
use crate::resource::{Change, Entity};

/// Projects into the detail of one row, whose id the key says.
pub(crate) struct DetailProjector<E: Entity> {
    id: KeySegment,
    row: E::Id,
}

impl<E: Entity> DetailProjector<E> {
    /// Creates the projector of the detail of this row.
    pub(crate) fn new(id: &E::Id) -> Self {
        Self { id: KeySegment::of(id), row: id.clone() }
    }
}

/// Projects into a custom query that returns one row, which it knows only once it has it.
pub(crate) struct RowProjector<E: Entity> {
    entity: PhantomData<fn() -> E>,
}

impl<E: Entity> RowProjector<E> {
    /// Creates the projector.
    pub(crate) fn new() -> Self {
        Self { entity: PhantomData }
    }
}

impl<E: Entity> Projector for DetailProjector<E> {
    fn entity(&self) -> TypeId {
        TypeId::of::<E>()
    }

    fn kind(&self) -> EntryShape {
        EntryShape::Detail
    }

    fn only_row(&self) -> Option<&KeySegment> {
        Some(&self.id)
    }

    fn only_hash(&self) -> Option<u64> {
        Some(hash_one(&self.row))
    }

    fn could_touch(&self, op: &Op) -> bool {
        op.entity == TypeId::of::<E>() && op.id == self.id
    }

    fn holds_row_of(&self, base: &Value, op: &Op) -> bool {
        self.could_touch(op) && base.is::<E>()
    }

    fn row(&self, base: &Value, id: &RowId) -> Option<Value> {
        id.typed::<E>().filter(|id| **id == self.row && base.is::<E>()).map(|_| Arc::clone(base))
    }

    fn each_row(&self, _: &Value, tell: &mut dyn FnMut(u64)) {
        tell(hash_one(&self.row));
    }

    fn project_beside(&self, shown: Option<&Value>, op: &Op, _: Option<&Value>) -> Projected {
        if self.could_touch(op) { show::<E>(shown, op) } else { Projected::untouched(shown) }
    }

    fn absorb(&self, base: &Value, op: &Op, row: Option<&Value>) -> Option<Value> {
        if self.could_touch(op) { row_of::<E>(op, row) } else { Some(Arc::clone(base)) }
    }

    fn level(&self) -> Level {
        E::LEVEL
    }

    fn version_of(&self, base: &Value, op: &Op) -> Option<Version> {
        if self.could_touch(op) { version(base.downcast_ref::<E>()?) } else { None }
    }

    fn only_version(&self, base: &Value) -> Option<((TypeId, KeySegment), Version)> {
        only_version::<E>(base)
    }

    fn renew(&self, base: &Value, op: &Op, _: Option<&Value>) -> Option<Value> {
        if self.could_touch(op) { told::<E>(base, op) } else { Some(Arc::clone(base)) }
    }
}

impl<E: Entity> Projector for RowProjector<E> {
    fn entity(&self) -> TypeId {
        TypeId::of::<E>()
    }

    fn kind(&self) -> EntryShape {
        EntryShape::Detail
    }

    fn could_touch(&self, op: &Op) -> bool {
        op.entity == TypeId::of::<E>()
    }

    fn holds_row_of(&self, base: &Value, op: &Op) -> bool {
        is_about::<E>(base, op)
    }

    fn row(&self, base: &Value, id: &RowId) -> Option<Value> {
        let row: &E = base.downcast_ref()?;
        id.typed::<E>().filter(|id| *id == row.id()).map(|_| Arc::clone(base))
    }

    fn each_row(&self, base: &Value, tell: &mut dyn FnMut(u64)) {
        if let Some(row) = base.downcast_ref::<E>() {
            tell(hash_one(row.id()));
        }
    }

    fn project_beside(&self, shown: Option<&Value>, op: &Op, _: Option<&Value>) -> Projected {
        if shown.is_some_and(|shown| is_about::<E>(shown, op)) {
            show::<E>(shown, op)
        } else {
            Projected::untouched(shown)
        }
    }

    fn absorb(&self, base: &Value, op: &Op, row: Option<&Value>) -> Option<Value> {
        if is_about::<E>(base, op) { row_of::<E>(op, row) } else { Some(Arc::clone(base)) }
    }

    fn level(&self) -> Level {
        E::LEVEL
    }

    fn version_of(&self, base: &Value, op: &Op) -> Option<Version> {
        if is_about::<E>(base, op) { version(base.downcast_ref::<E>()?) } else { None }
    }

    fn only_version(&self, base: &Value) -> Option<((TypeId, KeySegment), Version)> {
        only_version::<E>(base)
    }

    fn renew(&self, base: &Value, op: &Op, _: Option<&Value>) -> Option<Value> {
        if is_about::<E>(base, op) { told::<E>(base, op) } else { Some(Arc::clone(base)) }
    }
}

fn only_version<E: Entity>(base: &Value) -> Option<((TypeId, KeySegment), Version)> {
    let row = base.downcast_ref::<E>()?;
    Some(((TypeId::of::<E>(), KeySegment::of(row.id())), version(row)?))
}

/// Returns the row as the server tells it; the same shared row where that is equal.
fn told<E: Entity>(base: &Value, op: &Op) -> Option<Value> {
    match op.typed::<E>()? {
        EntityOp::Create { row, .. } if base.downcast_ref() == Some(row) => Some(Arc::clone(base)),
        EntityOp::Create { row, .. } => Some(Arc::new(row.clone())),
        EntityOp::Change { .. } => Some(Arc::clone(base)),
        EntityOp::Delete { .. } => None,
    }
}

fn is_about<E: Entity>(shown: &Value, op: &Op) -> bool {
    match (shown.downcast_ref::<E>(), op.typed::<E>()) {
        (Some(row), Some(op)) => row.id() == op.id(),
        _ => false,
    }
}

/// Shows an operation that is known to be about this row.
fn show<E: Entity>(shown: Option<&Value>, op: &Op) -> Projected {
    match op.typed::<E>() {
        Some(EntityOp::Create { row, .. }) => Projected::touched(Some(Arc::new(row.clone()))),
        Some(EntityOp::Change { change, detail: true, .. }) => {
            // A change is not a whole row: without a row to change, there is nothing to show.
            Projected::touched(shown.map(|shown| match typed::<E>(shown) {
                Some(row) => changed(&row, change) as Value,
                None => Arc::clone(shown),
            }))
        }
        Some(EntityOp::Delete { detail: true, .. }) => Projected::touched(None),
        Some(EntityOp::Change { .. } | EntityOp::Delete { .. }) | None => Projected::untouched(shown),
    }
}

/// Returns the row with a change; the same shared row if the change makes no difference.
pub(super) fn changed<E: Entity>(row: &Arc<E>, change: &E::Change) -> Arc<E> {
    let mut new = E::clone(row);
    change.apply(&mut new);
    if new == **row { Arc::clone(row) } else { Arc::new(new) }
}

/// The server's row is the new base of its detail, whatever the operation was; without one, or with another row, the base cannot be told.
fn row_of<E: Entity>(op: &Op, row: Option<&Value>) -> Option<Value> {
    let answer: &E = row?.downcast_ref()?;
    let fits = match op.kind {
        OpKind::Create => true,
        OpKind::Change => KeySegment::of(answer.id()) == op.id,
        OpKind::Delete => false,
    };
    if fits { row.cloned() } else { None }
}
