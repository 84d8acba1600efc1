//! Is what is shown explained by what the server had and what the user did, in between and in the end?
//!
//! The server's whole history is known, and each row on the screen says at which commit its base was. So what may be
//! shown can be computed: that base, with every operation that is pending or confirmed later than it. A confirmed
//! operation that the base contains may show once more if that makes no difference (the client cannot know), and must
//! not if it does.

use std::collections::{BTreeMap, BTreeSet};

use super::items::{Act, Item, List};
use super::watch::{Look, Subject};
use super::world::{Operation, Outcome, World};

/// A row without what only the checker needs.
type State = Option<(i64, i64, i64)>;

fn state(row: &Item) -> (i64, i64, i64) {
    (row.a, row.b, row.n)
}

fn after(state: State, act: Act) -> State {
    match (act, state) {
        (Act::Create { a, b } | Act::CreateAs { a, b }, _) => Some((a, b, 0)),
        (Act::Delete, _) | (_, None) => None,
        (Act::A(a), Some((_, b, n))) => Some((a, b, n)),
        (Act::B(b), Some((a, _, n))) => Some((a, b, n)),
        (Act::Increment, Some((a, b, n))) => Some((a, b, n + 1)),
    }
}

impl World {
    /// Returns the id under which a row shows now.
    fn present_id(&self, id: i64) -> i64 {
        let creator = u64::try_from(-id).ok().and_then(|number| self.operations.get(usize::try_from(number).ok()? - 1));
        match creator {
            Some(one) if id < 0 && one.outcome == Outcome::Done => self.server.created[&one.deed.number],
            _ => id,
        }
    }

    fn operations_on(&self, id: i64) -> impl Iterator<Item = &Operation> {
        self.operations.iter().filter(move |one| self.present_id(one.deed.id) == id)
    }

    /// Returns what a row may look like whose base is as it was after a commit.
    fn possible(&self, id: i64, at: u64) -> BTreeSet<State> {
        let base = self.server.rows_at(at).get(&id).map(state);
        let mut states = BTreeSet::from([base]);
        for one in self.operations_on(id) {
            let act = one.deed.act;
            let contained = self.server.commits.get(&one.deed.number).is_some_and(|commit| *commit <= at);
            let (shows, may_show) = match one.outcome {
                Outcome::Refused => (false, false),
                // Until a fetch has shown the truth.
                Outcome::Lost => (false, !contained || act.is_idempotent()),
                // Where the server shows what has become of the row since, it knows better.
                Outcome::Pending if contained => {
                    let creates = matches!(act, Act::CreateAs { .. });
                    (act.is_idempotent() && !creates, creates)
                }
                Outcome::Pending => (true, false),
                // A confirmed create is an upsert under its real id.
                Outcome::Done => (!contained, act != Act::Increment),
            };
            let changed = states.iter().map(|state| after(*state, act));
            if shows {
                states = changed.collect();
            } else if may_show {
                let changed: Vec<State> = changed.collect();
                states.extend(changed);
            }
        }
        states
    }

    /// Tells what the user did to a row.
    fn story(&self, id: i64) -> Vec<String> {
        let tell = |one: &Operation| {
            let Operation { deed, outcome } = one;
            format!("{} {:?} {outcome:?} {:?}", deed.number, deed.act, self.server.commits.get(&deed.number))
        };
        self.operations_on(id).map(tell).collect()
    }

    /// Checks everything that holds at every moment.
    pub(crate) fn check(&mut self) -> Result<(), String> {
        if let Some(offence) = self.server.offence.take() {
            return Err(format!("I10: {offence}"));
        }
        for index in 0..self.watches.len() {
            let (subject, look, told) =
                (self.watches[index].subject, self.watches[index].look(), self.watches[index].told());
            if look != told {
                return Err(format!("I20: {subject:?} shows {look:?}, its observer was told {told:?}"));
            }
            self.check_progress(index, &look)?;
            let checked = match subject {
                Subject::Detail(id) => self.check_detail(index, id, &look),
                Subject::List(List::Paged) => self.check_paged(&look),
                Subject::List(list) => self.check_list(list, &look),
            };
            checked.map_err(|error| format!("{error}\n  {subject:?} shows {look:?}"))?;
        }
        Ok(())
    }

    /// I3: the base of what is observed never goes back.
    fn check_progress(&mut self, index: usize, look: &Look) -> Result<(), String> {
        let at = look.pages.iter().flatten().next().and_then(|page| page.page).unwrap_or_default();
        let watch = &mut self.watches[index];
        if at > 0 && at < watch.newest {
            return Err(format!("I3: {:?} went back from {} to {at}", watch.subject, watch.newest));
        }
        watch.newest = watch.newest.max(at);
        Ok(())
    }

    fn check_detail(&mut self, index: usize, id: i64, look: &Look) -> Result<(), String> {
        let Some(row) = look.rows().next() else {
            let deletes = |one: &Operation| {
                one.deed.act == Act::Delete && matches!(one.outcome, Outcome::Pending | Outcome::Done)
            };
            let deleted = self.operations_on(id).any(deletes);
            if self.watches[index].had_data && !deleted {
                return Err("I4: the row is gone, and nobody has deleted it".to_owned());
            }
            return Ok(());
        };
        // What only an operation shows goes with it.
        self.watches[index].had_data |= row.ver > 0;
        let possible = self.possible(id, row.ver);
        if possible.contains(&Some(state(row))) {
            return Ok(());
        }
        Err(format!("I2/I4/I5: {row:?} may be {possible:?}: {:?}", self.story(id)))
    }

    /// I7, and I2, I4 and I5 row by row.
    fn check_list(&self, list: List, look: &Look) -> Result<(), String> {
        let Some([page]) = look.pages.as_deref() else { return Ok(()) };
        let rows: Vec<&Item> = page.items.iter().collect();
        check_shape(list, &rows)?;
        if page.total != Some(rows.len() as u64) {
            return Err(format!("R22: total {:?} of {} rows", page.total, rows.len()));
        }
        let at = page.page.unwrap_or_default();
        for row in &rows {
            self.check_row(list, row, at)?;
        }
        self.check_missing(list, &rows, at)
    }

    fn check_row(&self, list: List, row: &Item, at: u64) -> Result<(), String> {
        let base = self.server.rows_at(at).get(&row.id).filter(|base| list.holds(base));
        let creator = self.operations_on(row.id).find(|one| matches!(one.deed.act, Act::Create { .. }));
        if let Some(creator) = creator.filter(|one| one.outcome == Outcome::Pending)
            && self.server.created.get(&creator.deed.number).is_some_and(|id| self.server.rows_at(at).contains_key(id))
        {
            return Err(format!("I5: {row:?} is also there under its real id"));
        }
        let known = if let Some(base) = base {
            row.ver > at || base.ver == row.ver
        } else {
            // Without one, only its creation explains a row, unless a change of `a` has moved it here.
            let moves = |one: &Operation| matches!(one.deed.act, Act::A(_)) && one.outcome != Outcome::Refused;
            let is_new = |one: &Operation| row.ver == 0 || self.server.commits.get(&one.deed.number) == Some(&row.ver);
            creator.is_some_and(is_new) && !self.operations_on(row.id).any(moves)
        };
        if !known {
            // An operation moved the row into the list as another entry knew it: then only that is asked for.
            let mut own = self.operations_on(row.id);
            let moved = own.any(|one| matches!(one.outcome, Outcome::Pending | Outcome::Done | Outcome::Lost));
            return if moved { Ok(()) } else { Err(format!("I2: nothing explains {row:?}")) };
        }
        let possible = self.possible(row.id, at.max(row.ver));
        if possible.contains(&Some(state(row))) {
            return Ok(());
        }
        Err(format!("I2/I4/I5: {row:?} in a base of {at} may be {possible:?}: {:?}", self.story(row.id)))
    }

    /// Rows of the base, and rows that the user has created, show unless something explains that they do not.
    fn check_missing(&self, list: List, rows: &[&Item], at: u64) -> Result<(), String> {
        let created =
            self.operations.iter().filter(|one| matches!(one.deed.act, Act::Create { .. } | Act::CreateAs { .. }));
        let mut ids: BTreeSet<i64> = created.map(|one| self.present_id(one.deed.id)).collect();
        ids.extend(self.server.list(list, at).iter().map(|row| row.id));
        let shown: BTreeSet<i64> = rows.iter().map(|row| row.id).collect();
        for id in ids.difference(&shown) {
            // The answer to an increment may have become the row's base, and that may have left the list.
            let answers =
                self.operations_on(*id).filter(|one| one.deed.act == Act::Increment && one.outcome == Outcome::Done);
            let commits = answers.map(|one| self.server.commits[&one.deed.number]).filter(|commit| *commit > at);
            let bases: Vec<u64> = std::iter::once(at).chain(commits).collect();
            let absent = |state: &State| state.is_none_or(|(a, ..)| list == List::Ones && a != 1);
            // A row that moves into a list which does not hold it is shown there if another entry holds it (R22); else the
            // list waits for the server.
            let held = self.server.rows_at(at).get(id).is_some_and(|row| list.holds(row));
            if !held && list == List::Ones && self.operations_on(*id).any(|one| matches!(one.deed.act, Act::A(_))) {
                continue;
            }
            if !bases.iter().any(|base| self.possible(*id, *base).iter().any(absent)) {
                return Err(format!("I4: row {id} is missing from a base of {at}: {:?}", self.story(*id)));
            }
        }
        Ok(())
    }

    /// Pages that were read at different times may overlap: there is no reading two pages at once at this level.
    fn check_paged(&self, look: &Look) -> Result<(), String> {
        let Some([first, rest @ ..]) = look.pages.as_deref() else { return Ok(()) };
        if rest.iter().any(|page| page.page != first.page) {
            return Ok(());
        }
        check_shape(List::Paged, &look.rows().collect::<Vec<_>>())
    }

    /// I1, I6 and I8: what must hold when nothing is left to happen.
    pub(crate) fn check_end(&self) -> Result<(), String> {
        for watch in &self.watches {
            let look = watch.look();
            self.equals(watch.subject, &look)?;
            // Without a row on the server no fetch can prove what was confirmed before somebody deleted it; the failure says so.
            if look.is_optimistic && look.failure != Some(Some(404)) {
                return Err(format!("I1: an operation still shows in {:?}: {look:?}", watch.subject));
            }
        }
        let ends = self.ends.lock().unwrap().clone();
        let settled = self.settled.lock().unwrap().clone();
        for one in &self.operations {
            let number = one.deed.number;
            let count = |ends: &BTreeMap<u64, Vec<Outcome>>| ends.get(&number).map_or(0, Vec::len);
            if count(&ends) != 1 || count(&settled) != 1 {
                return Err(format!("I8: {:?} ended {} times", one.deed, count(&ends)));
            }
            let committed = self.server.commits.contains_key(&number);
            // To delete what somebody else has deleted is to have done it.
            let was_gone = one.deed.act == Act::Delete && one.outcome == Outcome::Done;
            if (one.outcome == Outcome::Done) != committed && one.outcome != Outcome::Lost && !was_gone {
                return Err(format!("I9: {:?} is {:?}, committed: {committed}", one.deed, one.outcome));
            }
        }
        self.check_order()
    }

    /// I6: one row's operations reach the server in the order in which they were asked for. One that was given up may
    /// still travel when the next is sent.
    fn check_order(&self) -> Result<(), String> {
        let mut last: BTreeMap<i64, u64> = BTreeMap::new();
        for (id, number) in &self.server.order {
            if self.operations[usize::try_from(*number).unwrap() - 1].outcome == Outcome::Lost {
                continue;
            }
            let before = last.insert(*id, *number).unwrap_or_default();
            if before > *number {
                return Err(format!("I6: on row {id}, {number} came after {before}"));
            }
        }
        Ok(())
    }

    /// What claims to be settled is what the server has.
    pub(crate) fn check_claims(&self) -> Result<(), String> {
        for watch in &self.watches {
            let look = watch.look();
            if look.is_settled() {
                self.equals(watch.subject, &look).map_err(|error| format!("R6: not stale, but {error}"))?;
            }
        }
        Ok(())
    }

    fn equals(&self, subject: Subject, look: &Look) -> Result<(), String> {
        let shown: Vec<&Item> = look.rows().collect();
        let good = match subject {
            Subject::Detail(id) => match self.row(id) {
                Some(row) => shown == [row] && look.failure.is_none(),
                None => shown.is_empty() || look.failure == Some(Some(404)),
            },
            Subject::List(list) => {
                let rows = self.server.list(list, self.server.at());
                let whole = list != List::Paged && rows.len() == shown.len();
                let pages = look.pages.as_ref().map_or(0, Vec::len);
                let paged = list == List::Paged && shown.len() == rows.len().min(pages * 3) && pages > 0;
                (whole || paged) && shown.iter().zip(&rows).all(|(one, two)| **one == *two)
            }
        };
        if good {
            return Ok(());
        }
        Err(format!("I1: {subject:?} shows {look:?}, the server has {:?}", self.server.rows()))
    }
}

fn check_shape(list: List, rows: &[&Item]) -> Result<(), String> {
    let ids: BTreeSet<i64> = rows.iter().map(|row| row.id).collect();
    if ids.len() != rows.len() {
        return Err("I7: an id is there twice".to_owned());
    }
    if !rows.iter().all(|row| list.holds(row)) {
        return Err("I7: a row does not pass the filter".to_owned());
    }
    let in_order = |pair: &[&Item]| list.order(pair[0], pair[1]).is_none_or(std::cmp::Ordering::is_le);
    if !rows.windows(2).all(in_order) {
        return Err("I7: the rows are not in order".to_owned());
    }
    Ok(())
}
