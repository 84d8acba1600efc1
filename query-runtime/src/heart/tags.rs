//! Which entries have a tag?
//!
//! A tag leads to its entries directly, so that an invalidation costs what it touches and not what there is.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap},
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use crate::{
    error::QueryError,
    heart::{EntryId, Heart},
    key::{KeySegment, Tag},
    marker::{MaybeSend, MaybeSync},
    projection::Value,
};

/// Says which tags an entry has.
pub(crate) trait Provides: MaybeSend + MaybeSync {
    /// Returns the tags, given the server's data and why the last fetch failed.
    fn tags(&self, data: Option<&Value>, error: Option<&QueryError>) -> Vec<Tag>;
}

/// What says which tags an entry has, and what it was asked about last.
#[derive(Clone)]
pub(crate) struct Tagged {
    provides: Arc<dyn Provides>,
    data: Option<Value>,
    error: Option<QueryError>,
}

impl Tagged {
    /// Returns what has not been asked yet.
    pub(crate) fn new(provides: Arc<dyn Provides>) -> Self {
        Self { provides, data: None, error: None }
    }

    /// Takes a newer function; what was asked before is asked again.
    fn replaced(&mut self, provides: &Arc<dyn Provides>) {
        if !Arc::ptr_eq(&self.provides, provides) {
            *self = Self::new(provides.clone());
        }
    }
}

impl fmt::Debug for Tagged {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Tagged").finish_non_exhaustive()
    }
}

/// A pair of an id, or of none, and entries means that those have the tag.
type OfKind = HashMap<Option<KeySegment>, BTreeSet<EntryId>>;

/// The tags of all entries.
#[derive(Debug, Default)]
pub(crate) struct TagIndex {
    kinds: HashMap<Cow<'static, str>, OfKind>,
    of_entry: HashMap<EntryId, BTreeSet<Tag>>,
}

impl TagIndex {
    /// Sets which tags an entry has; those that it had before go.
    fn set(&mut self, entry: EntryId, tags: Vec<Tag>) {
        let tags: BTreeSet<Tag> = tags.into_iter().collect();
        let old =
            if tags.is_empty() { self.of_entry.remove(&entry) } else { self.of_entry.insert(entry, tags.clone()) };
        let old = old.unwrap_or_default();
        for tag in old.difference(&tags) {
            self.unlink(entry, tag);
        }
        for tag in tags.difference(&old) {
            let (kind, id) = tag.parts();
            self.kinds.entry(kind.clone()).or_default().entry(id.cloned()).or_default().insert(entry);
        }
    }

    /// Forgets an entry.
    pub(crate) fn forget(&mut self, entry: EntryId) {
        self.set(entry, Vec::new());
    }

    fn unlink(&mut self, entry: EntryId, tag: &Tag) {
        let (kind, id) = tag.parts();
        let Some(ids) = self.kinds.get_mut(kind) else { return };
        let id = id.cloned();
        if let Some(entries) = ids.get_mut(&id) {
            entries.remove(&entry);
            if entries.is_empty() {
                ids.remove(&id);
            }
        }
        if ids.is_empty() {
            self.kinds.remove(kind);
        }
    }

    /// Returns the entries that any of the tags means, each once, in the order in which they were made.
    pub(crate) fn meant(&self, tags: &[Tag]) -> Vec<EntryId> {
        let mut entries = BTreeSet::new();
        for tag in tags {
            let (kind, id) = tag.parts();
            let Some(ids) = self.kinds.get(kind) else { continue };
            match id {
                Some(_) => entries.extend(ids.get(&id.cloned()).into_iter().flatten()),
                None => entries.extend(ids.values().flatten()),
            }
        }
        entries.into_iter().collect()
    }
}

impl Heart {
    /// Takes the function that says which tags an entry has, and asks it about what is there.
    pub(crate) fn provide(&mut self, entry_id: EntryId, provides: &Arc<dyn Provides>) {
        let Some(entry) = self.entries.get_mut(&entry_id) else { return };
        match &mut entry.tagged {
            Some(tagged) => tagged.replaced(provides),
            None => entry.tagged = Some(Box::new(Tagged::new(provides.clone()))),
        }
        self.retag(entry_id);
    }

    /// Finds out anew which tags an entry has, if its data or its error is another one.
    pub(crate) fn retag(&mut self, entry_id: EntryId) {
        let Some(entry) = self.entries.get_mut(&entry_id) else { return };
        let Some(tagged) = &mut entry.tagged else { return };
        let same_data = match (&tagged.data, &entry.base) {
            (Some(old), Some(new)) => Arc::ptr_eq(old, new),
            (None, None) => true,
            _ => false,
        };
        if same_data && tagged.error == entry.state.error {
            return;
        }
        tagged.data.clone_from(&entry.base);
        tagged.error.clone_from(&entry.state.error);
        let (data, error) = (tagged.data.as_ref(), tagged.error.as_ref());
        let tags = if data.is_none() && error.is_none() {
            Vec::new()
        } else {
            // Both are only read: a panic in the middle leaves nothing half-changed.
            catch_unwind(AssertUnwindSafe(|| tagged.provides.tags(data, error))).unwrap_or_else(|_| {
                entry.panicked = true;
                Vec::new()
            })
        };
        self.tags.set(entry_id, tags);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::TagIndex;
    use crate::{heart::EntryId, key::Tag};

    /// Returns which entries a tag means where the entries 0, 1, 2 have the kind, the id 1 and the id "a" of it.
    fn meant(tag: &Tag) -> Vec<u64> {
        let mut index = TagIndex::default();
        for (entry, tag) in [Tag::kind("User"), Tag::of("User", &1), Tag::of("User", "a")].into_iter().enumerate() {
            index.set(EntryId(entry as u64), vec![tag]);
        }
        index.meant(std::slice::from_ref(tag)).into_iter().map(|entry| entry.0).collect()
    }

    #[test]
    fn kind_means_all_of_it_and_an_id_only_itself() {
        assert_eq!(meant(&Tag::kind("User")), [0, 1, 2]);
        assert_eq!(meant(&Tag::of("User", &1)), [1]);
        assert_eq!(meant(&Tag::of("User", "1")), [1], "an id and its text are one id");
        assert_eq!(meant(&Tag::of("User", "a")), [2]);
        assert!(meant(&Tag::of("User", "b")).is_empty());
        assert!(meant(&Tag::kind("Post")).is_empty());
        assert!(meant(&Tag::list("User")).is_empty());
    }

    #[test]
    fn zero_and_the_empty_text_are_ids() {
        let mut index = TagIndex::default();
        index.set(EntryId(1), vec![Tag::of("User", &0)]);
        index.set(EntryId(2), vec![Tag::of("User", "")]);
        assert_eq!(index.meant(&[Tag::of("User", &0)]), [EntryId(1)]);
        assert_eq!(index.meant(&[Tag::of("User", "")]), [EntryId(2)]);
        assert_eq!(index.meant(&[Tag::of("User", ""), Tag::kind("User")]), [EntryId(1), EntryId(2)]);
    }

    #[test]
    fn new_tags_replace_the_old_and_nothing_stays_of_an_entry_that_left() {
        let mut index = TagIndex::default();
        let entry = EntryId(1);
        index.set(entry, vec![Tag::of("User", &1), Tag::of("User", &1), Tag::of("User", &2)]);
        index.set(entry, vec![Tag::of("User", &2), Tag::kind("Post")]);
        assert!(index.meant(&[Tag::of("User", &1)]).is_empty());
        assert_eq!(index.meant(&[Tag::of("User", &2), Tag::kind("Post")]), [entry]);
        index.forget(entry);
        assert!(index.kinds.is_empty() && index.of_entry.is_empty());
    }

    #[test]
    fn index_finds_what_a_look_at_every_entry_finds() {
        let mut random = fastrand::Rng::with_seed(7);
        let mut index = TagIndex::default();
        let mut all: BTreeMap<EntryId, Vec<Tag>> = BTreeMap::new();
        let tag = |random: &mut fastrand::Rng| match (random.u8(0..2), random.u8(0..4)) {
            (kind, 3) => Tag::kind(["User", "Post"][usize::from(kind)]),
            (kind, id) => Tag::of(["User", "Post"][usize::from(kind)], &id),
        };
        for _ in 0..2_000 {
            let entry = EntryId(random.u64(0..20));
            let tags: Vec<Tag> = (0..random.u8(0..4)).map(|_| tag(&mut random)).collect();
            index.set(entry, tags.clone());
            all.insert(entry, tags);
            let wanted = [tag(&mut random), tag(&mut random)];
            let has_one = |tags: &[Tag]| tags.iter().any(|own| wanted.iter().any(|wanted| wanted.means(own)));
            let found: Vec<EntryId> = all.iter().filter(|(_, tags)| has_one(tags)).map(|(entry, _)| *entry).collect();
            assert_eq!(index.meant(&wanted), found);
        }
    }
}
