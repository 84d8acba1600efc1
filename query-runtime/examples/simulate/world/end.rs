//! What must hold when nothing is left to happen?

use std::collections::BTreeMap;

use query_runtime::Level;

use super::rows::{Act, PAGE, Row};
use super::run::{Operation, Outcome, Scopes, World};
use super::watch::{Look, Subject};

impl World {
    /// C1: a confirmed operation asks for the fetch that proves it: none is left when the client has come to rest, also
    /// where nobody has told it to look.
    pub(crate) fn check_rest(&self) -> Result<(), String> {
        if self.has_cancelled {
            return Ok(());
        }
        for watch in &self.watches {
            let look = watch.look();
            // Without a row on the server no fetch can prove what was confirmed before somebody deleted it; the failure says so.
            if look.state.is_optimistic && look.state.failure.is_none() {
                return Err(format!("I1: an operation still shows in {:?}: {look:?}", watch.subject));
            }
        }
        Ok(())
    }

    /// What claims to be settled is what the server has (I11).
    pub(crate) fn check_claims(&self) -> Result<(), String> {
        if self.lost_any() {
            return Ok(());
        }
        for watch in &self.watches {
            let look = watch.look();
            if look.state.is_settled() {
                self.equals(watch.subject, &look).map_err(|error| format!("I11: not stale, but {error}"))?;
            }
        }
        Ok(())
    }

    /// I1, I6, I8 and I9.
    pub(crate) fn check_end(&self) -> Result<(), String> {
        for watch in &self.watches {
            let look = watch.look();
            self.equals(watch.subject, &look)?;
            if look.state.is_optimistic && look.state.failure != Some(Some(404)) {
                return Err(format!("I1: an operation still shows in {:?}: {look:?}", watch.subject));
            }
        }
        let (ends, settled) = self.ends();
        for one in &self.operations {
            let number = one.deed.number;
            let (ended, called) = (ends.get(&number).map_or(0, Vec::len), settled.get(&number).copied());
            // What is forgotten before it was sent has no end.
            if (ended != 1 || called != Some(1)) && !one.is_forgotten {
                return Err(format!("I8: {:?} ended {ended} times, its last callback ran {called:?} times", one.deed));
            }
            let committed = self.server.commits.contains_key(&number);
            let is_known = match one.outcome {
                // To delete what somebody else has deleted is to have done it.
                Outcome::Done => committed || one.deed.act == Act::Delete,
                // Without keys, what was carried out may be refused when it is asked for again.
                Outcome::Refused => !committed || self.settings.level < Level::Keyed,
                Outcome::Lost => true,
                Outcome::Pending => false,
            };
            if one.outcome == Outcome::Refused && !self.is_refusal_known(one) {
                return Err(format!("I2: {:?} fell with something that it does not need", one.deed));
            }
            if !is_known && !one.is_forgotten {
                return Err(format!("I9: {:?} is {:?}, committed: {committed}", one.deed, one.outcome));
            }
        }
        self.check_order()
    }

    /// I2: a mutation is refused by the server, or falls with the creation of what it names, or in a scope that stops.
    fn is_refusal_known(&self, one: &Operation) -> bool {
        let creates =
            |id: i64| usize::try_from(-id).ok().and_then(|number| self.operations.get(number.checked_sub(1)?));
        let is_missing = |id: i64| creates(id).is_some_and(|creator| creator.outcome != Outcome::Done);
        self.server.refused.contains(&one.deed.number)
            || self.scopes == Scopes::OneThatStops
            || (!one.deed.act.creates() && is_missing(one.deed.id))
            || is_missing(one.deed.parent)
    }

    /// I6: one row's operations reach the server in the order in which they were asked for. One that was given up may
    /// still travel when the next is sent.
    fn check_order(&self) -> Result<(), String> {
        let mut last: BTreeMap<i64, u64> = BTreeMap::new();
        for (id, number) in &self.server.order {
            let one = &self.operations[usize::try_from(*number).unwrap() - 1];
            if one.outcome == Outcome::Lost || one.is_forgotten {
                continue;
            }
            let before = last.insert(*id, *number).unwrap_or_default();
            if before > *number {
                return Err(format!("I6: on row {id}, {number} came after {before}"));
            }
        }
        Ok(())
    }

    fn equals(&self, subject: Subject, look: &Look) -> Result<(), String> {
        let shown: Vec<&Row> = look.rows().collect();
        let good = match subject {
            Subject::Detail(id) => match self.server.rows().get(&id) {
                Some(row) => shown == [row] && look.state.failure.is_none(),
                None => shown.is_empty() || look.state.failure == Some(Some(404)),
            },
            Subject::List(list) => {
                let rows = self.server.list(list, self.server.at());
                let pages = look.pages.as_ref().map_or(0, |pages| pages.len());
                let wanted = if list.is_infinite() {
                    rows.len().min(pages * usize::try_from(PAGE).unwrap())
                } else {
                    rows.len()
                };
                shown.len() == wanted && pages > 0 && shown.iter().zip(&rows).all(|(one, two)| *one == two)
            }
        };
        if good {
            return Ok(());
        }
        Err(format!("I1: {subject:?} shows {look:?}, the server has {:?}", self.server.rows().values()))
    }
}
