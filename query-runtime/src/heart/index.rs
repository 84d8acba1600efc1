//! Which entries have a key that begins with a prefix?
//!
//! Keys are in a trie by segment: a prefix is found in as many steps as it has segments, and only what stands below it is
//! visited. A map in the prefix also matches larger maps, so at such a segment the node's map children are compared.

use std::collections::HashMap;

use crate::{
    heart::spec::EntryId,
    key::{KeySegment, QueryKey},
};

#[derive(Debug, Default)]
struct Node {
    entry: Option<EntryId>,
    children: HashMap<KeySegment, Self>,
}

/// The keys of all entries.
#[derive(Debug, Default)]
pub(crate) struct KeyIndex {
    root: Node,
    exact: HashMap<QueryKey, EntryId>,
}

impl KeyIndex {
    /// Returns the entry with this very key.
    pub(crate) fn get(&self, key: &QueryKey) -> Option<EntryId> {
        self.exact.get(key).copied()
    }

    /// Adds an entry.
    pub(crate) fn insert(&mut self, key: &QueryKey, entry: EntryId) {
        self.exact.insert(key.clone(), entry);
        let mut node = &mut self.root;
        for segment in key.segments() {
            node = node.children.entry(segment.clone()).or_default();
        }
        node.entry = Some(entry);
    }

    /// Removes an entry and the nodes that only it needed.
    pub(crate) fn remove(&mut self, key: &QueryKey) {
        if self.exact.remove(key).is_some() {
            prune(&mut self.root, key.segments());
        }
    }

    /// Returns the entries whose keys begin with the prefix, in the order in which they were made.
    pub(crate) fn under(&self, prefix: &[KeySegment]) -> Vec<EntryId> {
        let mut found = Vec::new();
        walk(&self.root, prefix, &mut |node| found.extend(node.entry));
        found.sort_unstable();
        found
    }
}

/// Removes the way to a key, as far as nothing else uses it; returns whether the node is empty now.
fn prune(node: &mut Node, way: &[KeySegment]) -> bool {
    match way.split_first() {
        None => node.entry = None,
        Some((first, rest)) => {
            if let Some(child) = node.children.get_mut(first)
                && prune(child, rest)
            {
                node.children.remove(first);
            }
        }
    }
    node.entry.is_none() && node.children.is_empty()
}

/// Visits the nodes at which keys that begin with the prefix may end.
fn walk(node: &Node, prefix: &[KeySegment], visit: &mut impl FnMut(&Node)) {
    let Some((first, rest)) = prefix.split_first() else {
        visit(node);
        for child in node.children.values() {
            walk(child, &[], visit);
        }
        return;
    };
    if matches!(first, KeySegment::Map(_) | KeySegment::List(_)) {
        for (segment, child) in &node.children {
            if segment.includes(first) {
                walk(child, rest, visit);
            }
        }
    } else if let Some(child) = node.children.get(first) {
        walk(child, rest, visit);
    }
}

#[cfg(test)]
mod tests {
    use super::{KeyIndex, walk};
    use crate::{heart::spec::EntryId, key::QueryKey};

    fn key(number: u64) -> QueryKey {
        QueryKey::under(&["items"]).value(&(number % 100)).value(&number).key::<()>().into_untyped()
    }

    #[test]
    fn prefix_visits_only_what_stands_below_it() {
        let mut index = KeyIndex::default();
        for number in 0..10_000_u64 {
            index.insert(&key(number), EntryId(number));
        }
        let prefix = QueryKey::under(&["items"]).value(&7_u64).key::<()>().into_untyped();
        let mut visits = 0;
        walk(&index.root, prefix.segments(), &mut |_| visits += 1);
        assert_eq!(visits, 101, "the prefix and the keys below it");
        assert_eq!(index.under(prefix.segments()).len(), 100);
        for number in 0..10_000_u64 {
            index.remove(&key(number));
        }
        let mut left = 0;
        walk(&index.root, &[], &mut |_| left += 1);
        assert_eq!(left, 1, "nothing but the root");
    }
}
