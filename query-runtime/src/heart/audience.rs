//! Who observes an entry, and what do they expect of it together?
//!
//! What one that comes or goes changes is kept up to date here, so that it costs nothing how many others there are.

use std::{collections::BTreeSet, ops::Deref, time::Duration};

use crate::{
    heart::spec::{ObserverId, ObserverSpec},
    status::StaleTime,
};

/// What an observer that is enabled expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wish {
    stale: StaleTime,
    slow_after: Option<Duration>,
}

/// The observers of an entry.
#[derive(Debug, Default)]
pub(crate) struct Audience {
    all: BTreeSet<ObserverId>,
    /// What the enabled ones expect, each only once, and how many expect it.
    wishes: Vec<(Wish, usize)>,
    /// How many have settings by which something follows from a change of the entry, beside showing it.
    restless: usize,
}

impl Deref for Audience {
    type Target = BTreeSet<ObserverId>;

    fn deref(&self) -> &BTreeSet<ObserverId> {
        &self.all
    }
}

impl Audience {
    /// An observer comes.
    pub(crate) fn join(&mut self, id: ObserverId, spec: &ObserverSpec) {
        if self.all.insert(id) {
            self.expect(spec);
        }
    }

    /// An observer with these settings goes.
    pub(crate) fn leave(&mut self, id: ObserverId, spec: &ObserverSpec) {
        if self.all.remove(&id) {
            self.expect_no_more(spec);
        }
    }

    /// The settings of one of them change.
    pub(crate) fn adapt(&mut self, id: ObserverId, old: &ObserverSpec, new: &ObserverSpec) {
        if self.all.contains(&id) {
            self.expect_no_more(old);
            self.expect(new);
        }
    }

    /// Counts the enabled ones.
    pub(crate) fn active(&self) -> usize {
        self.wishes.iter().map(|(_, count)| count).sum()
    }

    /// Returns the stale times of the enabled ones.
    pub(crate) fn stale_times(&self) -> impl Iterator<Item = StaleTime> {
        self.wishes.iter().map(|(wish, _)| wish.stale)
    }

    /// Returns how long a fetch may take until it counts as slow for an enabled one.
    pub(crate) fn slow_after(&self) -> Option<Duration> {
        self.wishes.iter().filter_map(|(wish, _)| wish.slow_after).min()
    }

    /// Returns whether a change of the entry sets a timer or the settings of one of them.
    pub(crate) fn is_restless(&self) -> bool {
        self.restless > 0
    }

    fn expect(&mut self, spec: &ObserverSpec) {
        self.restless += usize::from(is_restless(spec));
        let Some(wish) = wish_of(spec) else { return };
        match self.wishes.iter_mut().find(|(known, _)| *known == wish) {
            Some((_, count)) => *count += 1,
            None => self.wishes.push((wish, 1)),
        }
    }

    fn expect_no_more(&mut self, spec: &ObserverSpec) {
        self.restless -= usize::from(is_restless(spec));
        let wish = wish_of(spec);
        if let Some(place) = self.wishes.iter().position(|(known, _)| Some(*known) == wish) {
            self.wishes[place].1 -= 1;
            if self.wishes[place].1 == 0 {
                self.wishes.swap_remove(place);
            }
        }
    }
}

fn wish_of(spec: &ObserverSpec) -> Option<Wish> {
    spec.enabled.then_some(Wish { stale: spec.stale, slow_after: spec.slow_after })
}

fn is_restless(spec: &ObserverSpec) -> bool {
    spec.by.is_some() || spec.interval.is_some() || matches!(spec.stale, StaleTime::For(_))
}
