//! Where in a list is the row with an id?
//!
//! The first search looks at all rows and remembers where each id was. Edits keep what is remembered: a row is then as far from its old
//! place as there were insertions and removals, at most, and rows that have come since are few. After many edits it is found out anew.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, OnceLock};

use super::Rows;

/// Lists up to this length are simply looked through.
const SHORT: usize = 64;

/// After so many edits what is remembered is given up.
const EDITS: usize = 256;

/// What is remembered of the places of rows.
pub(super) struct Places<T> {
    seen: OnceLock<Arc<Seen>>,
    /// How many rows were inserted or removed since.
    moves: usize,
    /// The rows that have come since, in order.
    came: Vec<Came<T>>,
}

/// The place of each id's hash when all rows were looked at.
struct Seen {
    at: HashMap<u64, u32, BuildHasherDefault<Hashed>>,
    /// Whether no hash is there twice.
    is_unique: bool,
}

/// A row that came to an index when there had been so many moves.
struct Came<T> {
    row: Arc<T>,
    index: usize,
    moves: usize,
}

impl<T> Clone for Came<T> {
    fn clone(&self) -> Self {
        Self { row: Arc::clone(&self.row), ..*self }
    }
}

impl<T> Clone for Places<T> {
    fn clone(&self) -> Self {
        Self { seen: self.seen.clone(), moves: self.moves, came: self.came.clone() }
    }
}

impl<T> Default for Places<T> {
    fn default() -> Self {
        Self { seen: OnceLock::new(), moves: 0, came: Vec::new() }
    }
}

impl<T> Places<T> {
    /// A row is inserted or removed.
    pub(super) fn moved(&mut self) {
        self.moves += 1;
        self.forget_if_old();
    }

    /// A row comes to an index.
    pub(super) fn came(&mut self, index: usize, row: &Arc<T>) {
        if self.seen.get().is_some() {
            self.came.push(Came { row: Arc::clone(row), index, moves: self.moves });
            self.forget_if_old();
        }
    }

    fn forget_if_old(&mut self) {
        if self.seen.get().is_none() || self.moves > EDITS || self.came.len() > EDITS {
            *self = Self::default();
        }
    }
}

impl Seen {
    fn of(hashes: impl ExactSizeIterator<Item = u64>) -> Self {
        let mut seen = Self {
            at: HashMap::with_capacity_and_hasher(hashes.len(), BuildHasherDefault::default()),
            is_unique: true,
        };
        for (index, hash) in hashes.enumerate() {
            let free = u32::try_from(index).ok().filter(|index| seen.at.insert(hash, *index).is_none());
            seen.is_unique &= free.is_some();
        }
        seen
    }
}

impl<T> Rows<T> {
    /// Returns the index of the first row with an id: `hash` is that of the id, `hash_of` returns that of a row's.
    ///
    /// Costs the length once, then about as much as there were edits since.
    pub(crate) fn find(&self, hash: u64, hash_of: impl Fn(&T) -> u64, has_id: impl Fn(&T) -> bool) -> Option<usize> {
        if self.len() <= SHORT {
            return self.position(has_id);
        }
        let Places { seen, moves, came } = &self.spine.places;
        let seen = seen.get_or_init(|| Arc::new(Seen::of(self.iter().map(hash_of))));
        if !seen.is_unique {
            return self.position(has_id);
        }
        let old = seen.at.get(&hash).and_then(|index| self.find_near(usize::try_from(*index).ok()?, *moves, &has_id));
        old.or_else(|| {
            let mut came = came.iter().rev().filter(|came| has_id(&came.row));
            came.find_map(|came| self.find_near(came.index, moves - came.moves, &has_id))
        })
    }

    /// Returns the index of the row that passes the test and is at most so far from a place.
    fn find_near(&self, place: usize, far: usize, test: impl Fn(&T) -> bool) -> Option<usize> {
        let at = |index: usize| self.get(index).is_some_and(&test).then_some(index);
        at(place).or_else(|| (1..=far).find_map(|step| at(place + step).or_else(|| at(place.checked_sub(step)?))))
    }

    /// Replaces the row at an index by another with the same id.
    ///
    /// # Panics
    ///
    /// Panics if the index is not below the length.
    pub(crate) fn replace(&mut self, index: usize, row: Arc<T>) {
        assert!(index < self.len(), "row {index} of {} does not exist", self.len());
        let spine = Arc::make_mut(&mut self.spine);
        let (chunk, place) = spine.locate(index);
        Arc::make_mut(&mut spine.chunks[chunk])[place] = row;
    }
}

/// Takes a hash as it is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Hashed(u64);

impl Hasher for Hashed {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
