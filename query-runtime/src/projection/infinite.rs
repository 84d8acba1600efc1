//! How does an operation show in the loaded pages of an infinite list?

use std::any::TypeId;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::level::{Level, Version};
use crate::page::{Cursor, InfiniteData, Page};
use crate::projection::loaded::{Cut, Loaded};
use crate::projection::{EntryShape, Op, Projected, Projector, RowId, Value, list, typed};
use crate::resource::{Entity, ListFilter};

/// Projects into an `InfiniteData<Page<E>, P>`.
pub(crate) struct InfiniteProjector<E, F, P> {
    filter: F,
    size: u64,
    cut: Cut,
    /// The parameter of the page at the start; without it, the first pages have been dropped.
    start: P,
    entity: PhantomData<fn() -> E>,
}

impl<E: Entity, F: ListFilter<E>> InfiniteProjector<E, F, u64> {
    /// Creates the projector of a list of numbered pages, the first of which has the number `start`.
    pub(crate) fn pages(filter: F, start: u64, size: u64) -> Self {
        Self { filter, size, cut: Cut::Numbered, start, entity: PhantomData }
    }
}

impl<E: Entity, F: ListFilter<E>> InfiniteProjector<E, F, Option<Cursor>> {
    /// Creates the projector of a list of pages that follow each other by cursors.
    pub(crate) fn cursors(filter: F, size: u64) -> Self {
        Self { filter, size, cut: Cut::CursorPages, start: None, entity: PhantomData }
    }
}

impl<E, F, P> InfiniteProjector<E, F, P>
where
    E: Entity,
    F: ListFilter<E>,
    P: Clone + PartialEq + Send + Sync + 'static,
{
    fn load(&self, value: &Value) -> Option<Loaded<E>> {
        let data = typed::<InfiniteData<Page<E>, P>>(value)?;
        let is_from_start = data.page_params.first() == Some(&self.start);
        Some(Loaded::pages(data.pages.clone(), self.cut, self.size, is_from_start))
    }

    fn store(loaded: Loaded<E>, old: &Value) -> Option<Value> {
        let page_params = typed::<InfiniteData<Page<E>, P>>(old)?.page_params.clone();
        Some(Arc::new(InfiniteData { pages: loaded.into_pages(), page_params }))
    }
}

impl<E, F, P> Projector for InfiniteProjector<E, F, P>
where
    E: Entity,
    F: ListFilter<E>,
    P: Clone + PartialEq + Send + Sync + 'static,
{
    fn entity(&self) -> TypeId {
        TypeId::of::<E>()
    }

    fn kind(&self) -> EntryShape {
        EntryShape::Infinite
    }

    fn could_touch(&self, op: &Op) -> bool {
        list::could_touch::<E>(op)
    }

    fn holds_row_of(&self, base: &Value, op: &Op) -> bool {
        self.load(base).is_some_and(|loaded| list::holds_row_of(&loaded, op))
    }

    fn row(&self, base: &Value, id: &RowId) -> Option<Value> {
        list::row_of(&self.load(base)?, id)
    }

    fn with_row(&self, shown: &Value, row: &Value) -> Option<Value> {
        list::with_row(self.load(shown)?, shown, row, |loaded| Self::store(loaded, shown))
    }

    fn each_row(&self, base: &Value, tell: &mut dyn FnMut(u64)) {
        if let Some(loaded) = self.load(base) {
            loaded.each_id(tell);
        }
    }

    fn project_beside(&self, shown: Option<&Value>, op: &Op, elsewhere: Option<&Value>) -> Projected {
        let load = |value: &Value| self.load(value);
        list::project(&self.filter, shown, op, elsewhere, load, Self::store)
    }

    fn absorb(&self, base: &Value, op: &Op, row: Option<&Value>) -> Option<Value> {
        let loaded = self.load(base)?;
        list::absorb(&self.filter, base, op, row, loaded, |loaded| Self::store(loaded, base))
    }

    fn level(&self) -> Level {
        E::LEVEL
    }

    fn version_of(&self, base: &Value, op: &Op) -> Option<Version> {
        list::version_of(|| self.load(base), op)
    }

    fn renew(&self, base: &Value, op: &Op, elsewhere: Option<&Value>) -> Option<Value> {
        let store = |loaded| Self::store(loaded, base);
        list::renew(&self.filter, base, op, elsewhere, self.load(base)?, store)
    }

    fn keep_newer(&self, old: &Value, new: &Value) -> Option<(Value, bool)> {
        let store = |loaded| Self::store(loaded, new);
        list::keep_newer(&self.filter, old, new, |value| self.load(value), store)
    }
}
