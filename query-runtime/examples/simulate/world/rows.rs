//! What does the program hold, and what do its users do to it?

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

/// A row: `a` decides membership of the filtered list, `b` its place, `n` is counted up, `marks` are added and taken away:
/// each a digit from 1 to 3, the last one added is the last digit.
///
/// `ver` is the number of the commit that changed the row last: the checker's eye, which no operation touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) id: i64,
    pub(crate) a: i64,
    pub(crate) b: i64,
    pub(crate) n: i64,
    pub(crate) marks: u64,
    /// The row that this one belongs to, or 0.
    pub(crate) parent: i64,
    pub(crate) ver: u64,
}

impl Row {
    /// Returns whether both say the same of their row, whatever it is called and how old it is.
    pub(crate) fn says(&self, other: &Self) -> bool {
        let bare = |row: &Self| (row.a, row.b, row.n, row.marks, row.parent);
        bare(self) == bare(other)
    }
}

/// So many marks are kept.
const MARKS: u32 = 15;
const FULL: u64 = 10_u64.pow(MARKS - 1);

/// The server keeps no `b` from here on: it takes the remainder.
pub(crate) const ROUND: i64 = 4;

/// What a user does to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// Makes one; the server names it.
    Create {
        a: i64,
        b: i64,
        parent: i64,
    },
    /// Makes one under an id of the client.
    CreateAs {
        a: i64,
        b: i64,
    },
    A(i64),
    B(i64),
    Increment,
    /// Adds a mark at the end.
    Push(u64),
    /// Takes the first such mark away.
    Pull(u64),
    Delete,
}

impl Act {
    /// Returns whether doing it to a row that has it already does no harm.
    pub(crate) fn is_idempotent(self) -> bool {
        !matches!(self, Self::Create { .. } | Self::Increment | Self::Push(_) | Self::Pull(_))
    }

    /// Returns whether the row exists because of it.
    pub(crate) fn creates(self) -> bool {
        matches!(self, Self::Create { .. } | Self::CreateAs { .. })
    }

    /// Returns the row that it creates.
    pub(crate) fn row(self, id: i64) -> Option<Row> {
        let (a, b, parent) = match self {
            Self::Create { a, b, parent } => (a, b, parent),
            Self::CreateAs { a, b } => (a, b, 0),
            _ => return None,
        };
        Some(Row { id, a, b, n: 0, marks: 0, parent, ver: 0 })
    }

    /// Changes a row.
    pub(crate) fn change(self, row: &mut Row) {
        match self {
            Self::A(a) => row.a = a,
            Self::B(b) => row.b = b,
            Self::Increment => row.n += 1,
            Self::Push(mark) if row.marks < FULL => row.marks = row.marks * 10 + mark,
            Self::Pull(mark) => {
                let mut digits: Vec<u64> = (0..MARKS).map(|at| row.marks / 10_u64.pow(at) % 10).collect();
                digits.reverse();
                if let Some(at) = digits.iter().position(|one| *one == mark) {
                    digits.remove(at);
                    row.marks = digits.iter().fold(0, |marks, digit| marks * 10 + digit);
                }
            }
            Self::Push(_) | Self::Create { .. } | Self::CreateAs { .. } | Self::Delete => {}
        }
    }

    /// Returns the act as the server carries it out.
    pub(crate) fn kept(self) -> Self {
        match self {
            Self::B(b) => Self::B(b % ROUND),
            Self::Create { a, b, parent } => Self::Create { a, b: b % ROUND, parent },
            Self::CreateAs { a, b } => Self::CreateAs { a, b: b % ROUND },
            other => other,
        }
    }

    /// Returns what becomes of a row, or of none.
    pub(crate) fn over(self, id: i64, row: Option<Row>) -> Option<Row> {
        if self.creates() {
            return self.row(id);
        }
        let mut row = row.filter(|_| self != Self::Delete)?;
        self.change(&mut row);
        Some(row)
    }
}

/// The variables of all mutations: the operation with this number, on this row.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Deed {
    pub(crate) number: u64,
    #[serde(skip)]
    pub(crate) id: i64,
    #[serde(skip)]
    pub(crate) act: Act,
    /// The row that the new one belongs to: the mutation waits for its name.
    pub(crate) parent: i64,
}

/// Which list is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum List {
    /// Rows with `a == 1`, sorted by `b`.
    Ones,
    /// All rows, in the server's order.
    All,
    /// All rows sorted by `b`, in numbered pages.
    Paged,
    /// All rows sorted by `b`, in pages behind cursors.
    Cursored,
}

/// Rows on a page.
pub(crate) const PAGE: u64 = 3;

impl List {
    pub(crate) const ALL: [Self; 4] = [Self::Ones, Self::All, Self::Paged, Self::Cursored];

    pub(crate) fn holds(self, row: &Row) -> bool {
        self != Self::Ones || row.a == 1
    }

    pub(crate) fn is_infinite(self) -> bool {
        matches!(self, Self::Paged | Self::Cursored)
    }

    /// Returns the order, `None` if only the server knows it.
    pub(crate) fn order(self, one: &Row, two: &Row) -> Option<Ordering> {
        (self != Self::All).then(|| one.b.cmp(&two.b))
    }

    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Ones => "/lists/ones",
            Self::All => "/lists/all",
            Self::Paged => "/lists/paged",
            Self::Cursored => "/lists/cursored",
        }
    }
}
