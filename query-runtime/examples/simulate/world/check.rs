//! Is what is shown explained by what the server had and what the user did?
//!
//! The server's whole history is known, and each row on the screen says at which commit its base was. So what may be
//! shown can be computed: that base, with every operation that is pending or confirmed later than it. A confirmed
//! operation that the base contains may show once more if that makes no difference (the client cannot know), and must
//! not if it does.

use std::collections::BTreeSet;
use std::time::Duration;

use query_runtime::{FetchStatus, Level};

use super::chance::Profile;
use super::rows::{Act, List, PAGE, Row};
use super::run::{Operation, Outcome, World};
use super::watch::{Look, Seen, Subject};

/// How long a fetch on a prompt network may wait for mutations (R18): parked for five seconds, then until the newest is
/// answered, then until what was refused is there.
const PATIENCE: Duration = Duration::from_secs(20);

impl World {
    /// Returns the id under which a row shows now.
    pub(crate) fn present_id(&self, id: i64) -> i64 {
        let creator = usize::try_from(-id).ok().and_then(|number| self.operations.get(number.checked_sub(1)?));
        match creator {
            Some(one) if one.outcome == Outcome::Done => self.server.created[&one.deed.number],
            _ => id,
        }
    }

    /// Iterates over the operations on the row with this id, in order.
    pub(crate) fn operations_on(&self, id: i64) -> impl Iterator<Item = &Operation> {
        self.by_row.get(&self.present_id(id)).into_iter().flatten().map(|index| &self.operations[*index])
    }

    /// Returns what a row may look like whose base is as it was after a commit, in a list or in its detail.
    pub(crate) fn possible(&self, id: i64, at: u64, list: Option<List>) -> Vec<Option<Row>> {
        let base = self.server.rows_at(at).get(&id).copied();
        let is_there = base.is_some_and(|row| list.is_none_or(|list| list.holds(&row)));
        let mut states = vec![base];
        for one in self.operations_on(id) {
            let act = one.deed.act;
            let contained = self.server.commits.get(&one.deed.number).is_some_and(|commit| *commit <= at);
            let (shows, may_show) = match one.outcome {
                Outcome::Refused => (false, false),
                _ if one.is_forgotten => (false, false),
                // Nobody knows: until a fetch tells, it goes on to show.
                Outcome::Lost => (false, !contained || act.is_idempotent()),
                // Where the server shows what has become of the row since, it knows better.
                Outcome::Pending if contained => (act.is_idempotent() && !act.creates(), act.creates()),
                Outcome::Pending => (true, false),
                // A confirmed create is an upsert under its real id; that the row is there proves it (C3).
                Outcome::Done if act.creates() => (!contained, !is_there),
                Outcome::Done => (!contained, act.is_idempotent()),
            };
            // What the server has carried out has the server's values.
            let kept = if one.outcome == Outcome::Done { act.kept() } else { act };
            let changed = |states: &[Option<Row>]| -> Vec<Option<Row>> {
                let mut all: Vec<Option<Row>> = states.iter().map(|state| kept.over(id, *state)).collect();
                if kept != act && !act.creates() {
                    all.extend(states.iter().map(|state| act.over(id, *state)));
                }
                all
            };
            if shows {
                states = changed(&states);
            } else if may_show {
                let more = changed(&states);
                states.extend(more);
            }
        }
        for row in states.iter_mut().flatten() {
            row.parent = self.present_id(row.parent);
        }
        states
    }

    fn is_possible(&self, states: &[Option<Row>], row: &Row) -> bool {
        let row = Row { parent: self.present_id(row.parent), ..*row };
        states.iter().flatten().any(|state| state.says(&row))
    }

    /// Tells what the user did to a row.
    pub(crate) fn story(&self, id: i64) -> Vec<String> {
        let tell = |one: &Operation| {
            let Operation { deed, outcome, .. } = one;
            format!("{} {:?} {outcome:?} {:?}", deed.number, deed.act, self.server.commits.get(&deed.number))
        };
        self.operations_on(id).map(tell).collect()
    }

    /// Checks everything that holds at every moment.
    pub(crate) fn check(&mut self) -> Result<(), String> {
        if let Some(offence) = self.server.offence.take() {
            return Err(if offence.starts_with('I') { offence } else { format!("I10: {offence}") });
        }
        self.check_refusals()?;
        for index in 0..self.watches.len() {
            let learnt = self.learnt;
            let watch = &mut self.watches[index];
            let subject = watch.subject;
            let (look, is_new) = watch.look_again()?;
            let is_known = !is_new && std::mem::replace(&mut watch.checked_at, learnt) == learnt;
            self.check_wait(index, &look)?;
            if is_known {
                continue;
            }
            self.check_progress(index, &look)?;
            let checked = match subject {
                Subject::Detail(id) => self.check_detail(index, id, &look),
                Subject::List(list) => self.check_list(list, &look),
            };
            checked.map_err(|error| format!("{error}\n  {subject:?} shows {look:?}"))?;
        }
        Ok(())
    }

    /// N2: where all operations may be applied twice, and the client cannot tell how new an answer is, no list is fetched
    /// again because of them.
    fn check_refusals(&self) -> Result<(), String> {
        let refused = self.take_refused_lists();
        let is_bound = self.settings.level < Level::Versioned && !self.lost_any();
        if self.profile == Profile::Idempotent && is_bound && !refused.is_empty() {
            return Err(format!("I17: fetches of {refused:?} were refused, and no operation asks for that (N2)"));
        }
        Ok(())
    }

    /// I17: on a prompt network a fetch has its result in bounded time.
    fn check_wait(&mut self, index: usize, look: &Look) -> Result<(), String> {
        if self.profile != Profile::Storm {
            return Ok(());
        }
        let now = self.runtime.now();
        let watch = &mut self.watches[index];
        let at = look.pages.iter().flat_map(|pages| pages.iter()).map(|page| page.at).next();
        if look.state.fetch_status != FetchStatus::Fetching || at > watch.fetching.map(|(at, _)| at) {
            watch.fetching = None;
        }
        if look.state.fetch_status == FetchStatus::Fetching {
            let (_, since) = *watch.fetching.get_or_insert((at.unwrap_or_default(), now));
            if now.since(since) > PATIENCE {
                return Err(format!("I17: {:?} waits for its fetch since {since:?} (R18)", watch.subject));
            }
        }
        Ok(())
    }

    /// I3: the base of what is observed never goes back.
    fn check_progress(&mut self, index: usize, look: &Look) -> Result<(), String> {
        let at = look.pages.iter().flat_map(|pages| pages.iter()).map(|page| page.at).next().unwrap_or_default();
        let watch = &mut self.watches[index];
        let is_set = matches!(watch.subject, Subject::Detail(id) if self.set.contains(&id));
        if at > 0 && at < watch.newest && !is_set {
            return Err(format!("I3: {:?} went back from {} to {at}", watch.subject, watch.newest));
        }
        watch.newest = watch.newest.max(at);
        Ok(())
    }

    fn check_detail(&mut self, index: usize, id: i64, look: &Look) -> Result<(), String> {
        let Some(row) = look.rows().next() else {
            let deletes = |one: &Operation| one.deed.act == Act::Delete && one.outcome != Outcome::Refused;
            if self.watches[index].had_data && !self.operations_on(id).any(deletes) {
                return Err("I4: the row is gone, and nobody has deleted it".to_owned());
            }
            return Ok(());
        };
        // What only an operation shows goes with it.
        self.watches[index].had_data |= row.ver > 0;
        let possible = self.possible(id, row.ver, None);
        if self.is_possible(&possible, row) {
            return Ok(());
        }
        Err(format!("I2/I4/I5: {row:?} may be {possible:?}: {:?}", self.story(id)))
    }

    /// I7, and I2, I4 and I5 row by row.
    fn check_list(&self, list: List, look: &Look) -> Result<(), String> {
        let Some(pages) = &look.pages else { return Ok(()) };
        // Pages that were read at different times may overlap: no server at these levels reads two at once.
        if pages.iter().all(|page| page.at == pages[0].at) {
            check_shape(list, &look.rows().collect::<Vec<_>>())?;
        }
        if list.is_infinite() {
            return self.check_pages(list, pages);
        }
        let [page] = &pages[..] else { return Ok(()) };
        for row in &page.rows {
            self.check_row(list, row, page.at)?;
        }
        if page.total != Some(page.rows.len() as u64) {
            return Err(format!("R22: total {:?} of {} rows", page.total, page.rows.len()));
        }
        self.check_missing(list, page)
    }

    fn check_row(&self, list: List, row: &Row, at: u64) -> Result<(), String> {
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
        if !known && !self.operations_on(row.id).any(|one| one.outcome != Outcome::Refused) {
            return Err(format!("I2: nothing explains {row:?}"));
        }
        // An operation moved the row into the list as another entry knew it: then that is its base.
        let at = if known { at.max(row.ver) } else { row.ver };
        let possible = self.possible(row.id, at, Some(list));
        if self.is_possible(&possible, row) {
            return Ok(());
        }
        Err(format!("I2/I4/I5: {row:?} in a base of {at} may be {possible:?}: {:?}", self.story(row.id)))
    }

    /// Rows of the base, and rows that the user has created, show unless something explains that they do not.
    fn check_missing(&self, list: List, page: &Seen) -> Result<(), String> {
        let created = self.operations.iter().filter(|one| one.deed.act.creates());
        let mut ids: BTreeSet<i64> = created.map(|one| self.present_id(one.deed.id)).collect();
        let base = self.server.rows_at(page.at).values().filter(|row| list.holds(row));
        ids.extend(base.map(|row| row.id));
        for row in &page.rows {
            ids.remove(&row.id);
        }
        for id in ids {
            // The answer to an increment may have become the row's base, and that may have left the list.
            let answers =
                self.operations_on(id).filter(|one| !one.deed.act.is_idempotent() && one.outcome == Outcome::Done);
            let commits = answers.map(|one| self.server.commits[&one.deed.number]).filter(|commit| *commit > page.at);
            let bases: Vec<u64> = std::iter::once(page.at).chain(commits).collect();
            let absent = |state: &Option<Row>| state.as_ref().is_none_or(|row| !list.holds(row));
            // A row that moves into a list which does not hold it is shown there if another entry holds it (R22); else the
            // list waits for the server.
            let held = self.server.rows_at(page.at).get(&id).is_some_and(|row| list.holds(row));
            if !held && list == List::Ones && self.operations_on(id).any(|one| matches!(one.deed.act, Act::A(_))) {
                continue;
            }
            if !bases.iter().any(|base| self.possible(id, *base, Some(list)).iter().any(absent)) {
                return Err(format!("I4: row {id} is missing from a base of {}: {:?}", page.at, self.story(id)));
            }
        }
        Ok(())
    }

    /// Each row is explained by the base of one of the pages: a row may have moved up because one before it was taken away.
    /// Of a row that is there twice, only the first counts.
    fn check_pages(&self, list: List, pages: &[Seen]) -> Result<(), String> {
        let mut seen = BTreeSet::new();
        for row in pages.iter().flat_map(|page| &page.rows).filter(|row| seen.insert(row.id)) {
            let mut bases = pages.iter().map(|page| self.check_row(list, row, page.at));
            let first = bases.next().unwrap_or(Ok(()));
            if first.is_err() && !bases.any(|checked| checked.is_ok()) {
                return first;
            }
        }
        self.check_kept(list, pages)
    }

    /// Rows of loaded pages that the user has not touched show, unless others have pushed them behind the last page.
    fn check_kept(&self, list: List, pages: &[Seen]) -> Result<(), String> {
        let size = usize::try_from(PAGE).unwrap();
        let last = pages.iter().flat_map(|page| &page.rows).map(|row| row.b).max();
        for (number, page) in pages.iter().enumerate().filter(|_| list == List::Paged) {
            for row in self.server.list(list, page.at).iter().skip(number * size).take(size) {
                let is_shown = pages.iter().any(|page| page.rows.iter().any(|one| one.id == row.id));
                if !is_shown && Some(row.b) < last && self.operations_on(row.id).next().is_none() {
                    return Err(format!("I4: {row:?} is missing from the pages"));
                }
            }
        }
        Ok(())
    }
}

fn check_shape(list: List, rows: &[&Row]) -> Result<(), String> {
    let ids: BTreeSet<i64> = rows.iter().map(|row| row.id).collect();
    if ids.len() != rows.len() {
        return Err("I7: an id is there twice".to_owned());
    }
    if !rows.iter().all(|row| list.holds(row)) {
        return Err("I7: a row does not pass the filter".to_owned());
    }
    let in_order = |pair: &[&Row]| list.order(pair[0], pair[1]).is_none_or(std::cmp::Ordering::is_le);
    if !rows.windows(2).all(in_order) {
        return Err("I7: the rows are not in order".to_owned());
    }
    Ok(())
}
