//! What mostly happens in a run?

use std::time::Duration;

use super::rows::{Act, List, ROUND};
use super::watch::Subject;

/// What mostly happens in a run, so that what is rare by chance is met early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Profile {
    /// A bit of everything.
    Mixed,
    /// Only what may be done twice, by a client that gives nothing up: no list ever refuses a fetch then (N2).
    Idempotent,
    /// Counters are counted up without a pause on a prompt network: nothing may wait for long then (R18).
    Storm,
    /// Rows are created under temporary ids, and changed, deleted and given children at once.
    Families,
    /// Infinite lists, page after page.
    Pages,
}

impl Profile {
    pub(crate) const ALL: [Self; 5] = [Self::Mixed, Self::Idempotent, Self::Storm, Self::Families, Self::Pages];

    pub(crate) fn draw(random: &mut fastrand::Rng) -> Self {
        match random.u8(..20) {
            0..10 => Self::Mixed,
            10..12 => Self::Idempotent,
            12 => Self::Storm,
            13..17 => Self::Families,
            _ => Self::Pages,
        }
    }

    /// Returns how many steps a run has before it is drained.
    pub(crate) fn steps(self) -> usize {
        if self == Self::Storm { 120 } else { 150 }
    }

    /// Draws what is done next.
    pub(crate) fn step(self, random: &mut fastrand::Rng) -> Step {
        if self == Self::Storm {
            return match random.u8(..100) {
                0..60 => Step::Act,
                60..65 => Step::Come,
                65..67 => Step::Go,
                67..70 => Step::Refetch,
                _ => Step::Pass,
            };
        }
        match random.u8(..100) {
            0..20 => Step::Act,
            20..25 => Step::Other,
            25..30 => Step::Tell,
            30..38 => Step::Come,
            38..42 => Step::Go,
            42..60 => Step::Request,
            60..77 => Step::Answer,
            77..83 => Step::Pass,
            83..87 => Step::Refetch,
            87..90 => Step::Connection,
            90..92 => Step::Focus,
            92 => Step::Cancel,
            93 => Step::Write,
            94 => Step::GiveUp,
            95 | 96 => Step::TimeOut,
            _ => Step::More,
        }
    }

    /// Draws what the user does to a row.
    pub(crate) fn change(self, random: &mut fastrand::Rng) -> Act {
        let set = |random: &mut fastrand::Rng| match random.u8(..5) {
            0..3 => Act::A(random.i64(0..2)),
            _ => Act::B(random.i64(0..2 * ROUND)),
        };
        let count = |random: &mut fastrand::Rng| match random.u8(..6) {
            0..3 => Act::Increment,
            3 | 4 => Act::Push(random.u64(1..4)),
            _ => Act::Pull(random.u64(1..4)),
        };
        match (self, random.u8(..10)) {
            (Self::Storm, _) => count(random),
            (_, 0..5) | (Self::Idempotent, 5..9) => set(random),
            (_, 5..9) => count(random),
            _ => Act::Delete,
        }
    }

    /// Returns of how many deeds one makes a row.
    pub(crate) fn creates_one_of(self) -> Option<u8> {
        match self {
            Self::Storm => None,
            Self::Families => Some(2),
            Self::Mixed | Self::Idempotent | Self::Pages => Some(4),
        }
    }

    /// Draws what is looked at next, where rows with some ids can be seen.
    pub(crate) fn subject(self, ids: &[i64], random: &mut fastrand::Rng) -> Subject {
        let list = match (self, random.u8(..8)) {
            (Self::Pages, 0..3) | (_, 0) => List::Paged,
            (Self::Pages, 3..6) | (_, 1) => List::Cursored,
            (_, 2) => List::Ones,
            (_, 3) => List::All,
            _ if ids.is_empty() => List::All,
            _ => return Subject::Detail(ids[random.usize(..ids.len())]),
        };
        Subject::List(list)
    }

    /// Draws how much time passes.
    pub(crate) fn pause(self, random: &mut fastrand::Rng) -> Duration {
        Duration::from_millis(random.u64(1..if self == Self::Storm { 1500 } else { 4000 }))
    }
}

/// One thing that is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The user does something to a row.
    Act,
    /// Somebody else writes.
    Other,
    /// The client hears that others have written.
    Tell,
    /// An observer comes.
    Come,
    /// An observer goes.
    Go,
    /// A request arrives, or not.
    Request,
    /// An answer arrives, or not.
    Answer,
    /// Time passes.
    Pass,
    /// An observer fetches.
    Refetch,
    /// The connection comes or goes.
    Connection,
    /// The window loses the focus and has it again.
    Focus,
    /// Fetches are given up, or queries reset.
    Cancel,
    /// The program writes to the cache by hand, or takes from it.
    Write,
    /// Mutations are given up.
    GiveUp,
    /// Who waits for an answer does not any more.
    TimeOut,
    /// The next page is wanted.
    More,
}
