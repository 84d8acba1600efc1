//! Which rows of a list are loaded, and what happens to the pages when one comes or goes?
//!
//! The loaded pages are seen as one run of rows. Page boundaries keep their parameters: where pages are numbered, a row that is inserted pushes
//! the last row of each full page to the next one, as it does on the server; where pages hang on cursors ("after this row"), the page grows.
//! Only pages that change are copied.

use std::sync::Arc;

use crate::key::hash_one;
use crate::page::Page;
use crate::resource::{Entity, ListWindow};

/// How the loaded part was cut out of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// It was not.
    Whole,
    /// Into numbered pages of a size.
    Numbered,
    /// Into one page behind a cursor.
    CursorPage,
    /// Into pages that follow each other by cursors.
    CursorPages,
}

/// The loaded rows.
pub(super) struct Loaded<E> {
    pages: Vec<Arc<Page<E>>>,
    cut: Cut,
    /// The rows of a full page; no limit where pages may grow.
    size: usize,
    /// How many rows come before, if that is known. Zero at the start of the list.
    before: Option<u64>,
    changed: bool,
}

impl<E: Entity> Loaded<E> {
    /// Takes the one page of a window.
    pub(super) fn window(page: Arc<Page<E>>, window: ListWindow) -> Self {
        let (cut, size, before) = match window {
            ListWindow::All => (Cut::Whole, 0, Some(0)),
            ListWindow::Page { index: 0, size } => (Cut::Numbered, size, Some(0)),
            // Pages without a size say nothing about how many rows come before.
            ListWindow::Page { size: 0, .. } => (Cut::Numbered, 0, None),
            ListWindow::Page { index, size } => (Cut::Numbered, size, Some(index.saturating_mul(size))),
            ListWindow::Cursor { first, size } => (Cut::CursorPage, size, first.then_some(0)),
        };
        Self::new(vec![page], cut, size, before)
    }

    /// Takes the pages of an infinite list.
    pub(super) fn pages(pages: Vec<Arc<Page<E>>>, cut: Cut, size: u64, is_from_start: bool) -> Self {
        let size = if cut == Cut::CursorPages { 0 } else { size };
        Self::new(pages, cut, size, is_from_start.then_some(0))
    }

    fn new(pages: Vec<Arc<Page<E>>>, cut: Cut, size: u64, before: Option<u64>) -> Self {
        let size = match usize::try_from(size) {
            Ok(0) | Err(_) => usize::MAX,
            Ok(size) => size,
        };
        Self { pages, cut, size, before, changed: false }
    }

    /// Returns the pages.
    pub(super) fn into_pages(self) -> Vec<Arc<Page<E>>> {
        self.pages
    }

    /// Returns whether a page was changed.
    pub(super) fn is_changed(&self) -> bool {
        self.changed
    }

    /// Returns whether no page is loaded, which is not the same as an empty page.
    pub(super) fn is_nothing(&self) -> bool {
        self.pages.is_empty()
    }

    /// Returns the number of loaded rows.
    pub(super) fn len(&self) -> usize {
        self.pages.iter().map(|page| page.items.len()).sum()
    }

    /// Returns whether the loaded part begins where the list begins.
    pub(super) fn is_from_start(&self) -> bool {
        self.before == Some(0)
    }

    /// Returns whether the loaded part is the whole list.
    pub(super) fn is_complete(&self) -> bool {
        self.is_from_start() && !self.has_more()
    }

    /// Returns whether a page has a size that it should fill.
    pub(super) fn is_sized(&self) -> bool {
        self.size != usize::MAX
    }

    /// Returns whether there are, or may be, rows after the loaded ones.
    pub(super) fn has_more(&self) -> bool {
        let Some(last) = self.pages.last() else { return true };
        if let Some(has_more) = last.has_more {
            return has_more;
        }
        if last.next.is_some() {
            return true;
        }
        if let (Some(before), Some(total)) = (self.before, last.total) {
            return before.saturating_add(self.len() as u64) < total;
        }
        // Without any word of the server, only a full numbered page leaves it open.
        self.cut == Cut::Numbered && last.items.len() >= self.size
    }

    /// Returns the index of the row with this id.
    pub(super) fn position(&self, id: &E::Id) -> Option<usize> {
        let hash = hash_one(id);
        let mut before = 0;
        self.pages.iter().find_map(|page| {
            let place = page.items.find(hash, |row| hash_one(row.id()), |row| row.id() == id);
            let index = place.map(|place| before + place);
            before += page.items.len();
            index
        })
    }

    /// Tells the hash of the id of each row.
    pub(super) fn each_id(&self, tell: &mut dyn FnMut(u64)) {
        self.pages.iter().flat_map(|page| page.items.iter()).for_each(|row| tell(hash_one(row.id())));
    }

    /// Iterates over the loaded rows.
    pub(super) fn rows(&self) -> impl Iterator<Item = &Arc<E>> {
        self.pages.iter().flat_map(|page| page.items.arcs())
    }

    /// Returns the row at an index.
    pub(super) fn row(&self, index: usize) -> Option<&Arc<E>> {
        let (page, place) = self.locate(index);
        self.pages.get(page)?.items.get_arc(place)
    }

    /// Returns whether a page tells a total.
    pub(super) fn is_counted(&self) -> bool {
        self.pages.iter().any(|page| page.total.is_some())
    }

    /// Counts one row more or less on every page that tells a total.
    pub(super) fn count(&mut self, difference: i64) {
        for page in 0..self.pages.len() {
            if let Some(total) = self.pages[page].total {
                self.edit(page).total = Some(total.saturating_add_signed(difference));
            }
        }
    }

    /// Counts one row less that lies after the loaded ones, and returns whether it is known if there are more.
    pub(super) fn count_out_beyond(&mut self) -> bool {
        self.count(-1);
        let length = self.len() as u64;
        let Some(last) = self.pages.last().filter(|last| last.has_more == Some(true)) else {
            return true;
        };
        let (Some(before), Some(total)) = (self.before, last.total) else { return false };
        if before.saturating_add(length) >= total {
            let last = self.pages.len() - 1;
            self.edit(last).has_more = Some(false);
        }
        true
    }

    /// Replaces the row at an index.
    pub(super) fn set(&mut self, index: usize, row: Arc<E>) {
        let (page, place) = self.locate(index);
        match self.pages[page].items.get_arc(place) {
            Some(old) if Arc::ptr_eq(old, &row) => {}
            Some(old) if old.id() == row.id() => self.edit(page).items.replace(place, row),
            _ => drop(self.edit(page).items.set(place, row)),
        }
    }

    /// Inserts a row at an index, and returns whether the cursor of the page no longer continues it.
    pub(super) fn insert(&mut self, index: usize, row: Arc<E>) -> bool {
        let (mut page, mut place) = self.gap(index);
        let mut row = row;
        loop {
            let length = self.pages[page].items.len();
            let items = &mut self.edit(page).items;
            items.insert(place, row);
            if length < self.size {
                return false;
            }
            row = self.edit(page).items.remove(length);
            if page + 1 == self.pages.len() {
                let last = self.edit(page);
                last.has_more = last.has_more.map(|_| true);
                return self.cut == Cut::CursorPage;
            }
            (page, place) = (page + 1, 0);
        }
    }

    /// Removes the row at an index; full numbered pages fill up from the next one.
    pub(super) fn remove(&mut self, index: usize) {
        let (mut page, place) = self.locate(index);
        self.edit(page).items.remove(place);
        while page + 1 < self.pages.len()
            && self.pages[page].items.len() + 1 >= self.size
            && !self.pages[page + 1].items.is_empty()
        {
            let row = self.edit(page + 1).items.remove(0);
            self.edit(page).items.push(row);
            page += 1;
        }
    }

    /// Returns the page of a row and the place in it.
    fn locate(&self, index: usize) -> (usize, usize) {
        self.find(index, |place, length| place < length)
    }

    /// Returns the page and the place in it where a row is inserted: between two pages, a numbered page that is not full comes first, since the
    /// pages after it can only be empty; behind a cursor, the page that begins there.
    fn gap(&self, index: usize) -> (usize, usize) {
        let is_sized = self.is_sized();
        self.find(index, |place, length| place < length || (is_sized && place == length && length < self.size))
    }

    fn find(&self, index: usize, is_here: impl Fn(usize, usize) -> bool) -> (usize, usize) {
        let mut place = index;
        for (page, rows) in self.pages.iter().enumerate() {
            let length = rows.items.len();
            if is_here(place, length) || page + 1 == self.pages.len() {
                return (page, place);
            }
            place -= length;
        }
        (0, place)
    }

    fn edit(&mut self, page: usize) -> &mut Page<E> {
        self.changed = true;
        Arc::make_mut(&mut self.pages[page])
    }
}
