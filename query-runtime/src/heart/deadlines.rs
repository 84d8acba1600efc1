//! What is due next?
//!
//! One queue for all timers of a client: the shell keeps a single sleep armed for its head.

use std::collections::{BTreeSet, HashMap};

use crate::{
    clock::Moment,
    heart::spec::{EntryId, MutationId, ObserverId},
};

/// Something that happens at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Due {
    /// An entry's next attempt.
    Retry(EntryId),
    /// An entry's parked result has waited long enough (rule R18).
    Barrier(EntryId),
    /// An observer's data becomes stale.
    Stale(ObserverId),
    /// An observer's interval is over.
    Interval(ObserverId),
    /// An entry's fetch takes longer than its observers expect.
    Slow(EntryId),
    /// A mutation's next attempt.
    MutationRetry(MutationId),
    /// An entry without observers leaves.
    EntryGc(EntryId),
    /// A settled mutation leaves.
    MutationGc(MutationId),
}

/// The queue.
#[derive(Debug, Default)]
pub(crate) struct Deadlines {
    /// By time, and at one time in the order in which they were set.
    queue: BTreeSet<(Moment, u64, Due)>,
    when: HashMap<Due, (Moment, u64)>,
    set: u64,
}

impl Deadlines {
    /// Sets or moves a deadline; `None`, and a time that never comes, takes it out.
    pub(crate) fn set(&mut self, due: Due, at: Option<Moment>) {
        if let Some((old, number)) = self.when.remove(&due) {
            self.queue.remove(&(old, number, due));
        }
        if let Some(at) = at.filter(|at| *at < Moment::MAX) {
            self.set += 1;
            self.when.insert(due, (at, self.set));
            self.queue.insert((at, self.set, due));
        }
    }

    /// Returns the earliest time.
    pub(crate) fn next(&self) -> Option<Moment> {
        self.queue.first().map(|(at, ..)| *at)
    }

    /// Takes out the earliest that is due.
    pub(crate) fn pop(&mut self, now: Moment) -> Option<Due> {
        let (at, number, due) = *self.queue.first()?;
        if at > now {
            return None;
        }
        self.queue.remove(&(at, number, due));
        self.when.remove(&due);
        Some(due)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Deadlines, Due};
    use crate::{clock::Moment, heart::spec::EntryId};

    #[test]
    fn earliest_comes_first_and_a_moved_one_only_once() {
        let at = |ms| Moment::ZERO + Duration::from_millis(ms);
        let (one, two) = (Due::EntryGc(EntryId(1)), Due::EntryGc(EntryId(2)));
        let mut deadlines = Deadlines::default();
        deadlines.set(one, Some(at(5)));
        deadlines.set(two, Some(at(3)));
        deadlines.set(one, Some(at(1)));
        assert_eq!(deadlines.next(), Some(at(1)));
        assert_eq!(deadlines.pop(at(0)), None);
        assert_eq!(deadlines.pop(at(9)), Some(one));
        assert_eq!(deadlines.pop(at(9)), Some(two));
        assert_eq!(deadlines.pop(at(9)), None);
        deadlines.set(one, Some(Moment::MAX));
        assert_eq!(deadlines.next(), None);
    }

    #[test]
    fn what_is_due_at_one_time_comes_in_the_order_in_which_it_was_set() {
        let at = Moment::ZERO + Duration::from_millis(1);
        let (one, two) = (Due::EntryGc(EntryId(1)), Due::EntryGc(EntryId(2)));
        let mut deadlines = Deadlines::default();
        deadlines.set(one, Some(at));
        deadlines.set(two, Some(at));
        deadlines.set(one, Some(at));
        assert_eq!([deadlines.pop(at), deadlines.pop(at)], [Some(two), Some(one)]);
    }
}
