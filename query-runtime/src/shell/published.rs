//! What do readers see of the cache, and how do they read it beside those who change it?

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError},
};

use crate::{
    heart::{EntryFilter, EntryId, PublishedEntry, Snapshot},
    key::QueryKey,
    shell::Core,
    sync::RwLock,
};

/// An entry as readers see it.
#[derive(Clone, Debug)]
pub(crate) struct Published {
    /// The entry.
    pub(crate) entry: EntryId,
    /// The commit that made it so.
    pub(crate) commit: u64,
    /// What it shows.
    pub(crate) snapshot: Arc<Snapshot>,
}

/// How many parts the published entries are in, so that readers of different keys seldom meet.
const SHARDS: usize = 16;

/// What the commits have published.
#[derive(Debug, Default)]
pub(super) struct Board {
    /// Held for writing while a commit is published, for reading by whoever reads several keys at once (rule R16).
    gate: RwLock<()>,
    shards: [RwLock<HashMap<QueryKey, Published>>; SHARDS],
}

impl Board {
    /// Makes a commit visible, all of it at once to those who read several keys. Returns what was seen until now, to be dropped
    /// outside of every lock: the last hold on data of the program may be among it.
    pub(super) fn publish(&self, entries: &[PublishedEntry], commit: u64) -> Vec<Published> {
        let mut old = Vec::new();
        let _gate = self.gate.write().unwrap_or_else(PoisonError::into_inner);
        for entry in entries {
            let mut shard = self.shard(&entry.key).write().unwrap_or_else(PoisonError::into_inner);
            match &entry.snapshot {
                Some(snapshot) => {
                    let published = Published { entry: entry.entry, commit, snapshot: snapshot.clone() };
                    old.extend(shard.insert(entry.key.clone(), published));
                }
                None => {
                    // A new entry may stand under the key already.
                    if shard.get(&entry.key).is_some_and(|published| published.entry == entry.entry) {
                        old.extend(shard.remove(&entry.key));
                    }
                }
            }
        }
        old
    }

    fn shard(&self, key: &QueryKey) -> &RwLock<HashMap<QueryKey, Published>> {
        let index = usize::try_from(key.hash_value() % SHARDS as u64).unwrap_or_default();
        &self.shards[index]
    }

    fn get(&self, key: &QueryKey) -> Option<Published> {
        self.shard(key).read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }
}

impl Core {
    /// Returns what readers see of a key. Takes no exclusive lock.
    pub(crate) fn published(&self, key: &QueryKey) -> Option<Published> {
        self.board.get(key)
    }

    /// Returns what readers see of several keys, all from the same commit (rule R16, invariant I7).
    pub(crate) fn published_together(&self, keys: &[QueryKey]) -> Vec<Option<Published>> {
        let _gate = self.board.gate.read().unwrap_or_else(PoisonError::into_inner);
        keys.iter().map(|key| self.published(key)).collect()
    }

    /// Returns what readers see of the keys under a prefix, from the same commit, in the order in which the entries were made.
    pub(crate) fn published_under(self: &Arc<Self>, prefix: &QueryKey) -> Vec<Published> {
        self.published_where(EntryFilter { prefix: prefix.segments().to_vec(), ..EntryFilter::default() })
    }

    /// As [`Self::published_under`], for all that a filter means, or a few more.
    pub(crate) fn published_where(self: &Arc<Self>, filter: EntryFilter) -> Vec<Published> {
        let (core, prefix) = (self.clone(), filter.prefix.clone());
        let found = self.run(move |heart, now| {
            // The turn is ours: nobody publishes meanwhile.
            let keys = heart.matching(&filter, now).into_iter().filter_map(|entry| heart.key(entry));
            keys.filter_map(|key| core.published(&key)).collect()
        });
        found.unwrap_or_else(|| {
            // Code of the program asks while the heart runs it.
            let all = self.all_published().into_iter();
            all.filter(|one| one.snapshot.key.is_under(&prefix)).collect()
        })
    }

    /// Returns what readers see of all keys, from the same commit, in the order in which the entries were made.
    pub(crate) fn all_published(&self) -> Vec<Published> {
        let _gate = self.board.gate.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<Published> = Vec::new();
        for shard in &self.board.shards {
            all.extend(shard.read().unwrap_or_else(PoisonError::into_inner).values().cloned());
        }
        all.sort_unstable_by_key(|one| one.entry);
        all
    }
}
