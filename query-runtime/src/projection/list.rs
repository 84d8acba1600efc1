//! How does an operation show in one page of a list, or in a whole one?

use std::any::TypeId;
use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::level::{Level, Version};
use crate::page::Page;
use crate::projection::fold::{Fold, Verdict};
use crate::projection::loaded::Loaded;
use crate::projection::{EntityOp, EntryShape, Op, Projected, Projector, RowId, Value, typed, version};
use crate::resource::{Change, Entity, ListFilter, ListReach, ListWindow, Membership};

/// Projects into a `Page<E>`.
pub(crate) struct ListProjector<E, F> {
    filter: F,
    window: ListWindow,
    entity: PhantomData<fn() -> E>,
}

impl<E: Entity, F: ListFilter<E>> ListProjector<E, F> {
    /// Creates the projector of one window of the list with this filter.
    pub(crate) fn new(filter: F, window: ListWindow) -> Self {
        Self { filter, window, entity: PhantomData }
    }

    fn load(&self, value: &Value) -> Option<Loaded<E>> {
        Some(Loaded::window(typed::<Page<E>>(value)?, self.window))
    }
}

impl<E: Entity, F: ListFilter<E>> Projector for ListProjector<E, F> {
    fn entity(&self) -> TypeId {
        TypeId::of::<E>()
    }

    fn kind(&self) -> EntryShape {
        EntryShape::List
    }

    fn could_touch(&self, op: &Op) -> bool {
        could_touch::<E>(op)
    }

    fn holds_row_of(&self, base: &Value, op: &Op) -> bool {
        self.load(base).is_some_and(|loaded| holds_row_of(&loaded, op))
    }

    fn row(&self, base: &Value, id: &RowId) -> Option<Value> {
        row_of(&self.load(base)?, id)
    }

    fn with_row(&self, shown: &Value, row: &Value) -> Option<Value> {
        with_row(self.load(shown)?, shown, row, value_of)
    }

    fn each_row(&self, base: &Value, tell: &mut dyn FnMut(u64)) {
        if let Some(loaded) = self.load(base) {
            loaded.each_id(tell);
        }
    }

    fn project_beside(&self, shown: Option<&Value>, op: &Op, elsewhere: Option<&Value>) -> Projected {
        let load = |value: &Value| self.load(value);
        project(&self.filter, shown, op, elsewhere, load, |loaded, _| value_of(loaded))
    }

    fn absorb(&self, base: &Value, op: &Op, row: Option<&Value>) -> Option<Value> {
        let loaded = self.load(base)?;
        absorb(&self.filter, base, op, row, loaded, value_of)
    }

    fn level(&self) -> Level {
        E::LEVEL
    }

    fn version_of(&self, base: &Value, op: &Op) -> Option<Version> {
        version_of(|| self.load(base), op)
    }

    fn renew(&self, base: &Value, op: &Op, elsewhere: Option<&Value>) -> Option<Value> {
        renew(&self.filter, base, op, elsewhere, self.load(base)?, value_of)
    }

    fn keep_newer(&self, old: &Value, new: &Value) -> Option<(Value, bool)> {
        keep_newer(&self.filter, old, new, |value| self.load(value), value_of)
    }
}

fn value_of<E: Entity>(loaded: Loaded<E>) -> Option<Value> {
    loaded.into_pages().pop().map(|page| page as Value)
}

/// Returns whether an operation could show in a list of the entity.
pub(super) fn could_touch<E: Entity>(op: &Op) -> bool {
    op.typed::<E>().is_some_and(|op| op.lists() != ListReach::None)
}

/// Returns whether the row of the operation is loaded.
pub(super) fn holds_row_of<E: Entity>(loaded: &Loaded<E>, op: &Op) -> bool {
    op.typed::<E>().is_some_and(|op| loaded.position(op.id()).is_some())
}

/// Returns the loaded row with this id.
pub(super) fn row_of<E: Entity>(loaded: &Loaded<E>, id: &RowId) -> Option<Value> {
    let index = loaded.position(id.typed::<E>()?)?;
    loaded.row(index).map(|row| Arc::clone(row) as Value)
}

/// Puts another state of a row in its place, in a list of either shape.
pub(super) fn with_row<E: Entity>(
    mut loaded: Loaded<E>,
    shown: &Value,
    row: &Value,
    store: impl FnOnce(Loaded<E>) -> Option<Value>,
) -> Option<Value> {
    let row = typed::<E>(row)?;
    let index = loaded.position(row.id())?;
    loaded.set(index, row);
    if loaded.is_changed() { store(loaded) } else { Some(Arc::clone(shown)) }
}

/// Folds an operation over a list of either shape: `load` takes it apart, `store` puts it together again.
pub(super) fn project<E: Entity, F: ListFilter<E>>(
    filter: &F,
    shown: Option<&Value>,
    op: &Op,
    elsewhere: Option<&Value>,
    load: impl FnOnce(&Value) -> Option<Loaded<E>>,
    store: impl FnOnce(Loaded<E>, &Value) -> Option<Value>,
) -> Projected {
    let Some(op) = op.typed::<E>() else { return Projected::untouched(shown) };
    let Some(shown) = shown else {
        return Projected { touched: concerns(filter, op), ..Projected::new(None) };
    };
    let Some(mut loaded) = load(shown) else { return Projected::untouched(Some(shown)) };
    let elsewhere = elsewhere.and_then(|row| row.downcast_ref::<E>()).filter(|row| row.id() == op.id());
    let Verdict { touched, stale } = Fold { loaded: &mut loaded, filter }.show(op, elsewhere);
    let value = if loaded.is_changed() { store(loaded, shown) } else { Some(Arc::clone(shown)) };
    Projected { value, stale, touched, failed: false }
}

/// Returns whether a list that is not loaded yet will depend on the operation.
fn concerns<E: Entity, F: ListFilter<E>>(filter: &F, op: &EntityOp<E>) -> bool {
    match op {
        EntityOp::Create { row, lists, .. } => *lists != ListReach::None && filter.matches(row) != Membership::No,
        EntityOp::Change { change, lists, .. } => *lists != ListReach::None && change.moves(),
        EntityOp::Delete { lists, .. } => *lists != ListReach::None,
    }
}

/// Writes a confirmed operation into a list of either shape.
pub(super) fn absorb<E: Entity, F: ListFilter<E>>(
    filter: &F,
    base: &Value,
    op: &Op,
    row: Option<&Value>,
    mut loaded: Loaded<E>,
    store: impl FnOnce(Loaded<E>) -> Option<Value>,
) -> Option<Value> {
    let Some(op) = op.typed::<E>() else { return Some(Arc::clone(base)) };
    let row = row.and_then(typed::<E>);
    let verdict = Fold { loaded: &mut loaded, filter }.absorb(op, row.as_ref());
    if verdict.stale {
        None
    } else if loaded.is_changed() {
        store(loaded)
    } else {
        Some(Arc::clone(base))
    }
}

/// Returns how new the row of the operation is, where it is loaded and says so.
pub(super) fn version_of<E: Entity>(load: impl FnOnce() -> Option<Loaded<E>>, op: &Op) -> Option<Version> {
    if E::LEVEL < Level::Versioned {
        return None;
    }
    let loaded = load()?;
    let index = loaded.position(op.typed::<E>()?.id())?;
    version(&**loaded.row(index)?)
}

/// Writes what the server tells of a row into a list of either shape.
pub(super) fn renew<E: Entity, F: ListFilter<E>>(
    filter: &F,
    base: &Value,
    op: &Op,
    elsewhere: Option<&Value>,
    mut loaded: Loaded<E>,
    store: impl FnOnce(Loaded<E>) -> Option<Value>,
) -> Option<Value> {
    let Some(op) = op.typed::<E>() else { return Some(Arc::clone(base)) };
    let elsewhere = elsewhere.and_then(|row| row.downcast_ref::<E>()).filter(|row| row.id() == op.id());
    let verdict = Fold { loaded: &mut loaded, filter }.renew(op, elsewhere);
    if verdict.stale {
        None
    } else if loaded.is_changed() {
        store(loaded)
    } else {
        Some(Arc::clone(base))
    }
}

/// Keeps the rows of an old list of either shape that are newer than in the new one.
pub(super) fn keep_newer<E: Entity, F: ListFilter<E>>(
    filter: &F,
    old: &Value,
    new: &Value,
    load: impl Fn(&Value) -> Option<Loaded<E>>,
    store: impl FnOnce(Loaded<E>) -> Option<Value>,
) -> Option<(Value, bool)> {
    if E::LEVEL < Level::Versioned {
        return None;
    }
    let (old, mut loaded) = (load(old)?, load(new)?);
    let known: HashMap<&E::Id, &Arc<E>> = old.rows().map(|row| (row.id(), row)).collect();
    let is_newer = |own: &Arc<E>, row: &Arc<E>| !Arc::ptr_eq(own, row) && version(&**own) > version(&**row);
    let newer: Vec<Arc<E>> = loaded
        .rows()
        .filter_map(|row| known.get(row.id()).filter(|own| is_newer(own, row)).map(|own| Arc::clone(own)))
        .collect();
    if newer.is_empty() {
        return None;
    }
    let mut undecided = false;
    for row in newer {
        undecided |= Fold { loaded: &mut loaded, filter }.replace(&row, None).stale;
    }
    Some((store(loaded)?, undecided))
}
