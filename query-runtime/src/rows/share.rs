//! Which of a new list's rows are those of the old one?
//!
//! Chunks that both lists have need no look. So a list that was edited costs its edits, and one that was fetched its length.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;

use super::{Chunk, LONGEST, Rows, Spine, same};

impl<T: PartialEq> Rows<T> {
    /// Returns the new list with the old shared row wherever the row at the same index is equal; the old list itself if all are.
    #[must_use]
    pub fn share(old: &Self, new: Self) -> Self {
        Self::share_by(old, new, |_, _| None)
    }

    /// Like [`Rows::share`], and a row that is elsewhere keeps the old shared row with the same id, if that is equal.
    #[must_use]
    pub fn share_by_id<I: Eq + Hash>(old: &Self, new: Self, id: impl Fn(&T) -> &I) -> Self {
        // Only needed where rows moved, so built only then.
        let mut places: Option<HashMap<&I, &Arc<T>>> = None;
        Self::share_by(old, new, |gone, row| {
            let places = places.get_or_insert_with(|| gone().map(|row| (id(row), row)).collect());
            places.get(id(row)).filter(|old| old.as_ref() == row).map(|old| Arc::clone(old))
        })
    }

    /// `elsewhere` is given the old rows that are not in a chunk of both lists, and a new row.
    fn share_by<'a>(
        old: &'a Self,
        new: Self,
        mut elsewhere: impl FnMut(&dyn Fn() -> Box<dyn Iterator<Item = &'a Arc<T>> + 'a>, &T) -> Option<Arc<T>>,
    ) -> Self {
        if old.is_same(&new) {
            return new;
        }
        let (head, changed_old, changed_new) = changed(&old.spine.chunks, &new.spine.chunks);
        let kept = kept(changed_old, changed_new);
        let is_kept = |chunk: &Chunk<T>| kept.contains(&address(chunk));
        let gone = || -> Box<dyn Iterator<Item = &'a Arc<T>> + 'a> {
            let gone: Vec<&Chunk<T>> = changed_old.iter().filter(|chunk| !is_kept(chunk)).collect();
            Box::new(gone.into_iter().flat_map(|chunk| chunk.iter()))
        };
        let mut choose = |before: Option<&Arc<T>>, row: &Arc<T>| match before {
            Some(old) if same(old, row) => Arc::clone(old),
            _ => elsewhere(&gone, row).unwrap_or_else(|| Arc::clone(row)),
        };
        if kept.is_empty() && changed_new.len() == new.spine.chunks.len() {
            let mut before = old.arcs();
            let rows: Vec<Arc<T>> = new.arcs().map(|row| choose(before.next(), row)).collect();
            return if is_all(old, &rows) { old.clone() } else { Self::chunked_like(old, &rows) };
        }
        let mut spine = Spine::clone(&new.spine);
        for (index, chunk) in (head..).zip(changed_new).filter(|(_, chunk)| !is_kept(chunk)) {
            let start = new.spine.start(index);
            let mut before = old.arcs_from(start);
            let rows: Vec<Arc<T>> = chunk.iter().map(|row| choose(before.next(), row)).collect();
            let (of_old, place) = old.spine.locate(start);
            let same_chunk = old.spine.chunks.get(of_old).filter(|old| place == 0 && is_same_rows(old, &rows));
            if let Some(old) = same_chunk {
                spine.chunks[index] = Arc::clone(old);
            } else if !is_same_rows(chunk, &rows) {
                spine.chunks[index] = Arc::new(rows);
            }
        }
        let shared = Self { spine: Arc::new(spine) };
        if shared == *old { old.clone() } else { shared }
    }

    /// Builds a list with the chunks of an old one wherever all their rows are the same, so that comparing the two skips them.
    fn chunked_like(old: &Self, rows: &[Arc<T>]) -> Self {
        let mut spine = Spine::default();
        let mut rest = rows;
        for chunk in &old.spine.chunks {
            let Some((rows, after)) = rest.split_at_checked(chunk.len()) else { break };
            spine.push_chunk(if is_same_rows(chunk, rows) { Arc::clone(chunk) } else { Arc::new(rows.to_vec()) });
            rest = after;
        }
        for rows in rest.chunks(LONGEST) {
            spine.push_chunk(Arc::new(rows.to_vec()));
        }
        Self { spine: Arc::new(spine) }
    }
}

fn address<T>(chunk: &Chunk<T>) -> usize {
    Arc::as_ptr(chunk).addr()
}

/// Returns how many chunks both lists begin with, and what is between those and the ones that both end with.
fn changed<'a, 'b, T>(old: &'a [Chunk<T>], new: &'b [Chunk<T>]) -> (usize, &'a [Chunk<T>], &'b [Chunk<T>]) {
    let is_same = |(old, new): &(&Chunk<T>, &Chunk<T>)| Arc::ptr_eq(old, new);
    let head = old.iter().zip(new).take_while(is_same).count();
    let (old, new) = (&old[head..], &new[head..]);
    let tail = old.iter().rev().zip(new.iter().rev()).take_while(is_same).count();
    (head, &old[..old.len() - tail], &new[..new.len() - tail])
}

/// Returns the chunks that both have.
fn kept<T>(old: &[Chunk<T>], new: &[Chunk<T>]) -> HashSet<usize> {
    if old.len().min(new.len()) < 2 {
        return HashSet::new();
    }
    let old: HashSet<usize> = old.iter().map(address).collect();
    new.iter().map(address).filter(|chunk| old.contains(chunk)).collect()
}

fn is_same_rows<T>(a: &[Arc<T>], b: &[Arc<T>]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| Arc::ptr_eq(a, b))
}

/// Returns whether these are all rows of the old list.
fn is_all<T>(old: &Rows<T>, rows: &[Arc<T>]) -> bool {
    old.len() == rows.len() && old.arcs().zip(rows).all(|(a, b)| Arc::ptr_eq(a, b))
}
