//! How does a list of rows change in one place without copying the rest?
//!
//! Two levels: a spine of chunks, and chunks of at most [`LONGEST`] shared rows. A change copies one chunk and the spine, not the rows. The
//! spine knows where each chunk ends, so a row is found by bisection; and, once somebody has asked, where each id was (`rows/places.rs`).

mod places;
mod share;

use std::fmt;
use std::marker::PhantomData;
use std::ops::Index;
use std::sync::Arc;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(crate) use self::places::Hashed;
use self::places::Places;

/// The most rows of a chunk: 100,000 rows make a spine of some 400, so that neither copy is longer than a few hundred pointers.
const LONGEST: usize = 256;

/// Chunks that would fit into one of this length are joined, so that removing rows does not leave a long spine of short chunks.
const JOINED: usize = LONGEST / 2;

/// A persistent list of shared rows.
///
/// A clone shares everything with its original. Replacing, inserting or removing a row copies one chunk of rows (by pointer), never the whole
/// list. Two lists compare fast where they share rows: a shared row counts as equal without looking at it.
pub struct Rows<T> {
    spine: Arc<Spine<T>>,
}

/// The chunks, none of them empty, and for each the number of rows up to its end.
struct Spine<T> {
    chunks: Vec<Chunk<T>>,
    ends: Vec<usize>,
    places: Places<T>,
}

type Chunk<T> = Arc<Vec<Arc<T>>>;

impl<T> Clone for Spine<T> {
    fn clone(&self) -> Self {
        Self { chunks: self.chunks.clone(), ends: self.ends.clone(), places: self.places.clone() }
    }
}

impl<T> Default for Spine<T> {
    fn default() -> Self {
        Self { chunks: Vec::new(), ends: Vec::new(), places: Places::default() }
    }
}

impl<T> Spine<T> {
    fn len(&self) -> usize {
        self.ends.last().copied().unwrap_or(0)
    }

    fn start(&self, chunk: usize) -> usize {
        if chunk == 0 { 0 } else { self.ends[chunk - 1] }
    }

    /// Returns the chunk and the place in it of a row that exists.
    fn locate(&self, index: usize) -> (usize, usize) {
        let chunk = self.ends.partition_point(|end| *end <= index);
        (chunk, index - self.start(chunk))
    }

    fn count_from(&mut self, chunk: usize) {
        let mut end = self.start(chunk);
        self.ends.truncate(chunk);
        for chunk in &self.chunks[chunk..] {
            end += chunk.len();
            self.ends.push(end);
        }
    }

    fn push_chunk(&mut self, chunk: Chunk<T>) {
        if !chunk.is_empty() {
            self.ends.push(self.len() + chunk.len());
            self.chunks.push(chunk);
        }
    }
}

impl<T> Rows<T> {
    /// Returns an empty list.
    pub fn new() -> Self {
        Self { spine: Arc::default() }
    }

    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        self.spine.len()
    }

    /// Returns whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.spine.chunks.is_empty()
    }

    /// Returns the row at an index.
    pub fn get(&self, index: usize) -> Option<&T> {
        self.get_arc(index).map(AsRef::as_ref)
    }

    /// Returns the shared row at an index.
    pub fn get_arc(&self, index: usize) -> Option<&Arc<T>> {
        let (chunk, place) = self.spine.locate(index);
        self.spine.chunks.get(chunk)?.get(place)
    }

    /// Returns the first row.
    pub fn first(&self) -> Option<&T> {
        self.get(0)
    }

    /// Returns the last row.
    pub fn last(&self) -> Option<&T> {
        self.spine.chunks.last()?.last().map(AsRef::as_ref)
    }

    /// Iterates over the rows.
    pub fn iter(&self) -> Iter<'_, T> {
        Iter { arcs: self.arcs() }
    }

    /// Iterates over the shared rows.
    pub fn arcs(&self) -> Arcs<'_, T> {
        self.arcs_from(0)
    }

    /// Iterates over the shared rows from an index on.
    fn arcs_from(&self, index: usize) -> Arcs<'_, T> {
        let (chunk, place) = self.spine.locate(index);
        let Some(first) = self.spine.chunks.get(chunk) else {
            return Arcs { chunks: [].iter(), rows: [].iter(), left: 0 };
        };
        let chunks = self.spine.chunks[chunk + 1..].iter();
        Arcs { chunks, rows: first[place..].iter(), left: self.len() - index }
    }

    /// Returns the index of the first row that passes the test.
    pub fn position(&self, test: impl FnMut(&T) -> bool) -> Option<usize> {
        self.iter().position(test)
    }

    /// Replaces the row at an index and returns the old one.
    ///
    /// # Panics
    ///
    /// Panics if the index is not below the length.
    pub fn set(&mut self, index: usize, row: Arc<T>) -> Arc<T> {
        assert!(index < self.len(), "row {index} of {} does not exist", self.len());
        let spine = Arc::make_mut(&mut self.spine);
        spine.places.came(index, &row);
        let (chunk, place) = spine.locate(index);
        std::mem::replace(&mut Arc::make_mut(&mut spine.chunks[chunk])[place], row)
    }

    /// Inserts a row before the one at an index, or at the end.
    ///
    /// # Panics
    ///
    /// Panics if the index is above the length.
    pub fn insert(&mut self, index: usize, row: Arc<T>) {
        assert!(index <= self.len(), "row {index} of {} cannot be inserted", self.len());
        let spine = Arc::make_mut(&mut self.spine);
        spine.places.moved();
        spine.places.came(index, &row);
        if spine.chunks.is_empty() {
            return spine.push_chunk(Arc::new(vec![row]));
        }
        // The end belongs to the last chunk; so does every other boundary to the chunk that begins there.
        let (chunk, place) = if index == spine.len() {
            let last = spine.chunks.len() - 1;
            (last, spine.chunks[last].len())
        } else {
            spine.locate(index)
        };
        let rows = Arc::make_mut(&mut spine.chunks[chunk]);
        rows.insert(place, row);
        if rows.len() > LONGEST {
            // Appending leaves full chunks behind, inserting anywhere else two halves.
            let half = if place == LONGEST { LONGEST } else { LONGEST / 2 };
            let rest = rows.split_off(half);
            spine.chunks.insert(chunk + 1, Arc::new(rest));
        }
        spine.count_from(chunk);
    }

    /// Adds a row at the end.
    pub fn push(&mut self, row: Arc<T>) {
        self.insert(self.len(), row);
    }

    /// Removes the row at an index and returns it.
    ///
    /// # Panics
    ///
    /// Panics if the index is not below the length.
    pub fn remove(&mut self, index: usize) -> Arc<T> {
        assert!(index < self.len(), "row {index} of {} does not exist", self.len());
        let spine = Arc::make_mut(&mut self.spine);
        spine.places.moved();
        let (chunk, place) = spine.locate(index);
        let row = Arc::make_mut(&mut spine.chunks[chunk]).remove(place);
        let mut changed = chunk;
        if spine.chunks[chunk].is_empty() {
            spine.chunks.remove(chunk);
        } else {
            let length = |chunk: usize| spine.chunks.get(chunk).map_or(LONGEST, |rows| rows.len());
            if chunk > 0 && length(chunk - 1) + length(chunk) <= JOINED {
                changed = chunk - 1;
            }
            if length(changed) + length(changed + 1) <= JOINED {
                let rest = spine.chunks.remove(changed + 1);
                Arc::make_mut(&mut spine.chunks[changed]).extend(rest.iter().cloned());
            }
        }
        spine.count_from(changed);
        row
    }

    /// Returns whether two lists are one and the same, without looking at the rows.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.spine, &other.spine)
    }
}

impl<T: PartialEq> PartialEq for Rows<T> {
    fn eq(&self, other: &Self) -> bool {
        if self.is_same(other) {
            return true;
        }
        if self.len() != other.len() {
            return false;
        }
        let (mut a, mut b) = (self.spine.chunks.iter(), other.spine.chunks.iter());
        let (mut rest_a, mut rest_b): (&[Arc<T>], &[Arc<T>]) = (&[], &[]);
        loop {
            if rest_a.is_empty() && rest_b.is_empty() {
                // Chunks that begin at the same row and are the same need no look.
                match (a.next(), b.next()) {
                    (Some(a), Some(b)) if Arc::ptr_eq(a, b) => continue,
                    (Some(a), Some(b)) => (rest_a, rest_b) = (a, b),
                    _ => return true,
                }
            } else if rest_a.is_empty() {
                rest_a = a.next().map_or(&[], |chunk| chunk);
            } else if rest_b.is_empty() {
                rest_b = b.next().map_or(&[], |chunk| chunk);
            }
            let count = rest_a.len().min(rest_b.len());
            let ((now_a, after_a), (now_b, after_b)) = (rest_a.split_at(count), rest_b.split_at(count));
            if !now_a.iter().zip(now_b).all(|(a, b)| same(a, b)) {
                return false;
            }
            (rest_a, rest_b) = (after_a, after_b);
        }
    }
}

fn same<T: PartialEq>(a: &Arc<T>, b: &Arc<T>) -> bool {
    Arc::ptr_eq(a, b) || a == b
}

impl<T: Eq> Eq for Rows<T> {}

impl<T> Clone for Rows<T> {
    fn clone(&self) -> Self {
        Self { spine: Arc::clone(&self.spine) }
    }
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: fmt::Debug> fmt::Debug for Rows<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

impl<T> Index<usize> for Rows<T> {
    type Output = T;

    fn index(&self, index: usize) -> &T {
        match self.get(index) {
            Some(row) => row,
            None => panic!("row {index} of {} does not exist", self.len()),
        }
    }
}

impl<T> FromIterator<Arc<T>> for Rows<T> {
    fn from_iter<I: IntoIterator<Item = Arc<T>>>(rows: I) -> Self {
        let mut spine = Spine::default();
        let mut rows = rows.into_iter();
        loop {
            let chunk: Vec<Arc<T>> = rows.by_ref().take(LONGEST).collect();
            let full = chunk.len() == LONGEST;
            spine.push_chunk(Arc::new(chunk));
            if !full {
                return Self { spine: Arc::new(spine) };
            }
        }
    }
}

impl<T> FromIterator<T> for Rows<T> {
    fn from_iter<I: IntoIterator<Item = T>>(rows: I) -> Self {
        rows.into_iter().map(Arc::new).collect()
    }
}

impl<T> From<Vec<T>> for Rows<T> {
    fn from(rows: Vec<T>) -> Self {
        rows.into_iter().collect()
    }
}

impl<'a, T> IntoIterator for &'a Rows<T> {
    type Item = &'a T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

/// Iterates over the rows of a [`Rows`].
pub struct Iter<'a, T> {
    arcs: Arcs<'a, T>,
}

impl<'a, T> Iterator for Iter<'a, T> {
    type Item = &'a T;

    fn next(&mut self) -> Option<&'a T> {
        self.arcs.next().map(AsRef::as_ref)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.arcs.size_hint()
    }
}

impl<T> ExactSizeIterator for Iter<'_, T> {}

impl<T> fmt::Debug for Iter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Iter").field("left", &self.arcs.left).finish()
    }
}

/// Iterates over the shared rows of a [`Rows`].
pub struct Arcs<'a, T> {
    chunks: std::slice::Iter<'a, Chunk<T>>,
    rows: std::slice::Iter<'a, Arc<T>>,
    left: usize,
}

impl<'a, T> Iterator for Arcs<'a, T> {
    type Item = &'a Arc<T>;

    fn next(&mut self) -> Option<&'a Arc<T>> {
        loop {
            if let Some(row) = self.rows.next() {
                self.left -= 1;
                return Some(row);
            }
            self.rows = self.chunks.next()?.iter();
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<T> ExactSizeIterator for Arcs<'_, T> {}

impl<T> fmt::Debug for Arcs<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arcs").field("left", &self.left).finish()
    }
}

impl<T: Serialize> Serialize for Rows<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Rows<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(RowsVisitor(PhantomData))
    }
}

struct RowsVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for RowsVisitor<T> {
    type Value = Rows<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Rows<T>, A::Error> {
        let mut failure = None;
        let rows = std::iter::from_fn(|| match sequence.next_element::<T>() {
            Ok(row) => row.map(Arc::new),
            Err(error) => {
                failure = Some(error);
                None
            }
        })
        .collect();
        failure.map_or(Ok(rows), Err)
    }
}

#[cfg(test)]
pub(crate) mod tests;
