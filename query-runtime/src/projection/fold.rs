//! Which rows of a loaded list does one operation add, move, change or remove?
//!
//! Membership and order come from the list's filter; where it cannot tell, the rows stay and the list is marked stale. The total changes only
//! where the membership of this list is known to change, on whatever page the row lies. No id is ever shown twice.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::projection::EntityOp;
use crate::projection::detail::changed;
use crate::projection::loaded::Loaded;
use crate::resource::{Change, Entity, InsertAt, ListFilter, ListReach, Membership};

/// What is known after a fold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) touched: bool,
    pub(super) stale: bool,
}

impl Verdict {
    /// The list does not depend on the operation.
    const UNTOUCHED: Self = Self { touched: false, stale: false };
    /// The list shows what the server will show.
    const EXACT: Self = Self { touched: true, stale: false };
    /// Only the server knows.
    const STALE: Self = Self { touched: true, stale: true };

    fn stale_if(stale: bool) -> Self {
        if stale { Self::STALE } else { Self::EXACT }
    }
}

/// Where a member of the list goes.
#[derive(Clone, Copy)]
enum Place {
    /// Among the loaded rows.
    At(usize),
    /// After them, on a page that is not loaded.
    Beyond,
    /// Only the server knows.
    Undecided,
}

/// One fold over the loaded rows of one list.
pub(super) struct Fold<'a, E: Entity, F> {
    pub(super) loaded: &'a mut Loaded<E>,
    pub(super) filter: &'a F,
}

impl<E: Entity, F: ListFilter<E>> Fold<'_, E, F> {
    /// Shows an operation; `elsewhere` is the row as another entry knows it, before the operation.
    pub(super) fn show(&mut self, op: &EntityOp<E>, elsewhere: Option<&E>) -> Verdict {
        if op.lists() == ListReach::None {
            return Verdict::UNTOUCHED;
        }
        match op {
            EntityOp::Create { row, lists, insert } => self.create(row, *lists, *insert),
            EntityOp::Change { id, change, lists, .. } => {
                if !change.moves() {
                    return self.patch(id, change);
                }
                let change = |row: &Arc<E>| changed(row, change);
                let after = || elsewhere.map(|row| change(&Arc::new(row.clone())));
                self.change(id, *lists, change, elsewhere, after)
            }
            EntityOp::Delete { id, .. } => self.delete(id, elsewhere),
        }
    }

    /// Writes a confirmed operation into the base, with the row of the server's answer.
    pub(super) fn absorb(&mut self, op: &EntityOp<E>, answer: Option<&Arc<E>>) -> Verdict {
        if op.lists() == ListReach::None {
            return Verdict::UNTOUCHED;
        }
        match (op, answer) {
            (EntityOp::Create { lists, insert, .. }, Some(row)) => self.create(row, *lists, *insert),
            (EntityOp::Change { id, change, .. }, _) if !change.moves() && self.loaded.position(id).is_none() => {
                Verdict::UNTOUCHED
            }
            (EntityOp::Change { id, lists, .. }, Some(row)) if row.id() == id => {
                let answer = || Arc::clone(row);
                self.change(id, *lists, |_| answer(), None, || Some(answer()))
            }
            (EntityOp::Create { .. } | EntityOp::Change { .. }, _) => Verdict::STALE,
            (EntityOp::Delete { id, .. }, _) => self.delete(id, None),
        }
    }

    /// Writes a newer state of a row, as the server tells it; `elsewhere` is the row as it was before.
    pub(super) fn renew(&mut self, op: &EntityOp<E>, elsewhere: Option<&E>) -> Verdict {
        match op {
            EntityOp::Create { row, .. } => self.replace(&Arc::new(row.clone()), elsewhere),
            EntityOp::Change { .. } => Verdict::UNTOUCHED,
            EntityOp::Delete { id, .. } => self.delete(id, elsewhere),
        }
    }

    /// Lets a row be as it is now, wherever that puts it.
    pub(super) fn replace(&mut self, row: &Arc<E>, before: Option<&E>) -> Verdict {
        let is_elsewhere = self.loaded.position(row.id()).is_none() && self.filter.matches(row) == Membership::No;
        if is_elsewhere && before.is_none() && self.loaded.is_from_start() && !self.loaded.is_counted() {
            // Whether a row that is not loaded was counted or not makes no difference to those that are.
            return Verdict::UNTOUCHED;
        }
        let row = || Arc::clone(row);
        self.change(row().id(), ListReach::Matching, |_| row(), before, || Some(row()))
    }

    fn create(&mut self, row: &E, lists: ListReach, insert: InsertAt) -> Verdict {
        let membership = self.reached(row, lists);
        if let Some(index) = self.loaded.position(row.id()) {
            return self.create_again(index, row, membership);
        }
        if membership == Membership::No {
            return Verdict::UNTOUCHED;
        }
        let undecided = membership == Membership::Unknown || insert == InsertAt::None;
        if undecided || self.filter.is_shaped() || self.loaded.is_nothing() {
            return Verdict::STALE;
        }
        self.enter(Arc::new(row.clone()), insert)
    }

    /// Returns the membership of a row, where an operation on all lists needs no certainty.
    fn reached(&self, row: &E, lists: ListReach) -> Membership {
        match (self.filter.matches(row), lists) {
            (Membership::Unknown, ListReach::All) => Membership::Yes,
            (membership, _) => membership,
        }
    }

    /// The base has the created row already: a fetch or a push was faster than the answer.
    fn create_again(&mut self, index: usize, row: &E, membership: Membership) -> Verdict {
        let Some(old) = self.loaded.row(index).cloned() else { return Verdict::STALE };
        // The server lists a row that the filter excludes: it knows better, but the rows cannot both be right.
        if membership == Membership::No || self.filter.is_shaped() {
            return Verdict::STALE;
        }
        let new = if *old == *row { Arc::clone(&old) } else { Arc::new(row.clone()) };
        self.reposition(index, &old, new)
    }

    /// Changes a row, if it is loaded, where it is: the change makes no difference to the lists that hold it.
    fn patch(&mut self, id: &E::Id, change: &E::Change) -> Verdict {
        let found = self.loaded.position(id);
        let Some((index, old)) = found.and_then(|index| Some((index, self.loaded.row(index)?.clone()))) else {
            return Verdict::UNTOUCHED;
        };
        if self.filter.is_shaped() {
            return Verdict::STALE;
        }
        self.loaded.set(index, changed(&old, change));
        Verdict::EXACT
    }

    fn change(
        &mut self,
        id: &E::Id,
        lists: ListReach,
        change: impl FnOnce(&Arc<E>) -> Arc<E>,
        before: Option<&E>,
        after: impl FnOnce() -> Option<Arc<E>>,
    ) -> Verdict {
        if self.filter.is_shaped() {
            return Verdict::STALE;
        }
        let found = self.loaded.position(id);
        let Some((index, old)) = found.and_then(|index| Some((index, self.loaded.row(index)?.clone()))) else {
            return self.change_absent(before, after());
        };
        let new = change(&old);
        // The base has the change already, so the server has judged it: even a list that the client cannot judge is right.
        if *new == *old {
            return Verdict::EXACT;
        }
        match self.reached(&new, lists) {
            Membership::No => self.leave(index),
            Membership::Unknown => {
                self.loaded.set(index, new);
                Verdict::STALE
            }
            Membership::Yes => self.reposition(index, &old, new),
        }
    }

    /// Changes a row that is not among the loaded ones: it may come in, or be counted on another page.
    fn change_absent(&mut self, before: Option<&E>, after: Option<Arc<E>>) -> Verdict {
        let was = if self.loaded.is_complete() {
            Membership::No
        } else {
            before.map_or(Membership::Unknown, |row| self.filter.matches(row))
        };
        let Some(after) = after.filter(|_| !self.loaded.is_nothing()) else {
            return Verdict::STALE;
        };
        if before.is_some_and(|before| *before == *after) {
            return Verdict::UNTOUCHED;
        }
        // Another entry has the row as a member, and the whole list does not: which of them is right, only the server knows.
        let is_torn =
            self.loaded.is_complete() && before.is_some_and(|row| self.filter.matches(row) == Membership::Yes);
        if is_torn {
            return Verdict::STALE;
        }
        match (was, self.filter.matches(&after)) {
            (Membership::No, Membership::No) => Verdict::UNTOUCHED,
            (Membership::No, Membership::Yes) => self.enter(after, InsertAt::Sorted),
            (Membership::Yes, Membership::No) => self.leave_beyond(),
            (Membership::Yes, Membership::Yes) => {
                let moved = before.and_then(|before| self.filter.compare(before, &after));
                if matches!(moved, None | Some(Ordering::Equal)) {
                    return Verdict::UNTOUCHED;
                }
                self.put(after, InsertAt::Sorted)
            }
            (Membership::Unknown, _) | (_, Membership::Unknown) => Verdict::STALE,
        }
    }

    fn delete(&mut self, id: &E::Id, elsewhere: Option<&E>) -> Verdict {
        let found = self.loaded.position(id);
        if found.is_none() && self.loaded.is_complete() {
            return Verdict::UNTOUCHED;
        }
        if self.filter.is_shaped() {
            return Verdict::STALE;
        }
        if let Some(index) = found {
            return self.leave(index);
        }
        match elsewhere.map_or(Membership::Unknown, |row| self.filter.matches(row)) {
            Membership::No => Verdict::UNTOUCHED,
            Membership::Unknown => Verdict::STALE,
            Membership::Yes => self.leave_beyond(),
        }
    }

    /// Takes a row out of the list that lies on a page that is not loaded.
    fn leave_beyond(&mut self) -> Verdict {
        let decided = self.loaded.count_out_beyond();
        Verdict::stale_if(!decided || !self.loaded.is_from_start())
    }

    /// Takes a loaded row out of the list.
    fn leave(&mut self, index: usize) -> Verdict {
        // A row that nobody has loaded moves up into a page that must be full.
        let short = self.loaded.has_more() && self.loaded.is_sized();
        self.loaded.remove(index);
        self.loaded.count(-1);
        Verdict::stale_if(short)
    }

    /// Brings a new member into the list.
    fn enter(&mut self, row: Arc<E>, insert: InsertAt) -> Verdict {
        // Whether there are more rows is asked before the new one is counted.
        let place = self.place(&row, insert);
        self.loaded.count(1);
        self.put_at(place, row)
    }

    /// Shows a member that is counted already.
    fn put(&mut self, row: Arc<E>, insert: InsertAt) -> Verdict {
        let place = self.place(&row, insert);
        self.put_at(place, row)
    }

    fn put_at(&mut self, place: Place, row: Arc<E>) -> Verdict {
        // A row that comes before a later page, or into it, shifts rows across its edges.
        if !self.loaded.is_from_start() {
            return Verdict::STALE;
        }
        match place {
            Place::At(index) => Verdict::stale_if(self.loaded.insert(index, row)),
            Place::Beyond => Verdict::EXACT,
            Place::Undecided => Verdict::STALE,
        }
    }

    fn place(&self, row: &E, insert: InsertAt) -> Place {
        let (length, has_more) = (self.loaded.len(), self.loaded.has_more());
        let at = |index| {
            if index == length && has_more { Place::Beyond } else { Place::At(index) }
        };
        match (self.sorted(row, insert), insert) {
            (Some(index), _) => at(index),
            (None, InsertAt::Start) => Place::At(0),
            (None, InsertAt::End) => at(length),
            // The only row of a list has only one place.
            (None, _) if length == 0 && !has_more => Place::At(0),
            (None, _) => Place::Undecided,
        }
    }

    /// Returns the sorted place of a row: after its equals, or before them if it goes to the start.
    fn sorted(&self, row: &E, insert: InsertAt) -> Option<usize> {
        // Asked first, so that an empty list in server order is not taken for a sorted one.
        self.filter.compare(row, row)?;
        let (mut low, mut high) = (0, self.loaded.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let is_before = match self.filter.compare(self.loaded.row(middle)?, row)? {
                Ordering::Less => true,
                Ordering::Equal => insert != InsertAt::Start,
                Ordering::Greater => false,
            };
            if is_before { low = middle + 1 } else { high = middle }
        }
        Some(low)
    }

    /// Replaces a row by its new self, at the place where that sorts.
    ///
    /// 1. In server order, or with the same sort key, the row stays where it is.
    /// 2. If it still fits between its neighbours, it stays too.
    /// 3. Else it moves behind the last row that does not come after it.
    /// 4. At an edge of the loaded rows, a row that moved outwards may have left them: past the end it goes, since the rows after are others'
    ///    to load; at the start it stays first. Both are for the server to decide.
    fn reposition(&mut self, index: usize, old: &Arc<E>, new: Arc<E>) -> Verdict {
        let direction = match self.filter.compare(old, &new) {
            None | Some(Ordering::Equal) => {
                self.loaded.set(index, new);
                return Verdict::EXACT;
            }
            Some(direction) => direction,
        };
        let (has_more, last) = (self.loaded.has_more(), self.loaded.len() - 1);
        let fits = self.fits(index, &new);
        if !fits {
            self.loaded.remove(index);
        }
        let place = if fits { Some(index) } else { self.sorted(&new, InsertAt::Sorted) };
        match (place, direction) {
            (None, _) => {
                self.loaded.insert(index, new);
                Verdict::STALE
            }
            (Some(place), Ordering::Less) if place == last && has_more => {
                if fits {
                    self.loaded.remove(index);
                }
                Verdict::STALE
            }
            (Some(place), _) => {
                let cursor_broken = if fits {
                    self.loaded.set(index, new);
                    false
                } else {
                    self.loaded.insert(place, new)
                };
                let crossed_start = place == 0 && direction == Ordering::Greater && !self.loaded.is_from_start();
                Verdict::stale_if(cursor_broken || crossed_start)
            }
        }
    }

    /// Returns whether a row at this index would be in order with its neighbours.
    fn fits(&self, index: usize, row: &E) -> bool {
        let in_order = |a: &E, b: &E| self.filter.compare(a, b).is_some_and(Ordering::is_le);
        let before = index.checked_sub(1).and_then(|before| self.loaded.row(before));
        let after = self.loaded.row(index + 1);
        before.is_none_or(|before| in_order(before, row)) && after.is_none_or(|after| in_order(row, after))
    }
}
