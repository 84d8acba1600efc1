//! How does a list of rows change in one place without copying the rest?
//!
//! Two levels: a spine of chunks, and chunks of at most [`LONGEST`] shared rows. A change copies one chunk and the spine, not the rows. The
//! spine knows where each chunk ends, so a row is found by bisection.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::marker::PhantomData;
use std::ops::Index;
use std::sync::Arc;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

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
    chunks: Vec<Arc<Vec<Arc<T>>>>,
    ends: Vec<usize>,
}

impl<T> Clone for Spine<T> {
    fn clone(&self) -> Self {
        Self { chunks: self.chunks.clone(), ends: self.ends.clone() }
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

    fn push_chunk(&mut self, chunk: Arc<Vec<Arc<T>>>) {
        if !chunk.is_empty() {
            self.ends.push(self.len() + chunk.len());
            self.chunks.push(chunk);
        }
    }
}

impl<T> Rows<T> {
    /// Returns an empty list.
    pub fn new() -> Self {
        Self { spine: Arc::new(Spine { chunks: Vec::new(), ends: Vec::new() }) }
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
        Arcs { chunks: self.spine.chunks.iter(), rows: [].iter(), left: self.len() }
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

impl<T: PartialEq> Rows<T> {
    /// Returns the new list with the old shared row wherever the row at the same index is equal; the old list itself if all are.
    #[must_use]
    pub fn share(old: &Self, new: Self) -> Self {
        Self::share_by(old, new, |_| None)
    }

    /// Like [`Rows::share`], and a row that is elsewhere keeps the old shared row with the same id, if that is equal.
    #[must_use]
    pub fn share_by_id<I: Eq + Hash>(old: &Self, new: Self, id: impl Fn(&T) -> &I) -> Self {
        // Only needed where rows moved, so built only then.
        let mut places: Option<HashMap<&I, &Arc<T>>> = None;
        Self::share_by(old, new, |row| {
            let places = places.get_or_insert_with(|| old.arcs().map(|row| (id(row), row)).collect());
            places.get(id(row)).filter(|old| old.as_ref() == row).map(|old| Arc::clone(old))
        })
    }

    fn share_by(old: &Self, new: Self, mut elsewhere: impl FnMut(&T) -> Option<Arc<T>>) -> Self {
        if old.is_same(&new) {
            return new;
        }
        let mut before = old.arcs();
        let mut rows = Vec::with_capacity(new.len());
        let mut all_kept = old.len() == new.len();
        for row in new.arcs() {
            if let Some(old) = before.next().filter(|old| same(old, row)) {
                rows.push(Arc::clone(old));
            } else {
                all_kept = false;
                rows.push(elsewhere(row).unwrap_or_else(|| Arc::clone(row)));
            }
        }
        if all_kept { old.clone() } else { Self::chunked_like(old, &rows) }
    }

    /// Builds a list with the chunks of an old one wherever all their rows are the same, so that comparing the two skips them.
    fn chunked_like(old: &Self, rows: &[Arc<T>]) -> Self {
        let mut spine = Spine { chunks: Vec::new(), ends: Vec::new() };
        let mut rest = rows;
        for chunk in &old.spine.chunks {
            let Some((rows, after)) = rest.split_at_checked(chunk.len()) else { break };
            let kept = chunk.iter().zip(rows).all(|(old, new)| Arc::ptr_eq(old, new));
            spine.push_chunk(if kept { Arc::clone(chunk) } else { Arc::new(rows.to_vec()) });
            rest = after;
        }
        for rows in rest.chunks(LONGEST) {
            spine.push_chunk(Arc::new(rows.to_vec()));
        }
        Self { spine: Arc::new(spine) }
    }
}

fn same<T: PartialEq>(a: &Arc<T>, b: &Arc<T>) -> bool {
    Arc::ptr_eq(a, b) || a == b
}

impl<T: PartialEq> PartialEq for Rows<T> {
    fn eq(&self, other: &Self) -> bool {
        if self.is_same(other) {
            return true;
        }
        if self.len() != other.len() {
            return false;
        }
        let (a, b) = (&self.spine, &other.spine);
        let mut index = 0;
        while index < a.len() {
            let ((chunk_a, place_a), (chunk_b, place_b)) = (a.locate(index), b.locate(index));
            let (rows_a, rows_b) = (&a.chunks[chunk_a], &b.chunks[chunk_b]);
            let count = (rows_a.len() - place_a).min(rows_b.len() - place_b);
            let shared = place_a == place_b && Arc::ptr_eq(rows_a, rows_b);
            if !shared {
                let mut pairs = rows_a[place_a..place_a + count].iter().zip(&rows_b[place_b..place_b + count]);
                if !pairs.all(|(a, b)| same(a, b)) {
                    return false;
                }
            }
            index += count;
        }
        true
    }
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
        let mut spine = Spine { chunks: Vec::new(), ends: Vec::new() };
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
    chunks: std::slice::Iter<'a, Arc<Vec<Arc<T>>>>,
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
