//! What happens in the cache, and what must be done about it?
//!
//! The heart decides and does nothing else: events and the time go in, a [`Commit`] comes out. It has no clock, task,
//! lock, socket or callback. The shell (`shell/core.rs`) owns it, carries its effects out and wakes observers.
//!
//! Protocol: call any methods, then [`Heart::finish`] exactly once.
//!
//! 1. Each event is one [`Epoch`]; a fetch attempt takes the epoch at which it began as its *start*.
//! 2. An entry's base is replaced only by a fetch that began late enough, by hand, or by a confirmed mutation.
//! 3. What readers see is the base with the live operations of the mutation log folded over it.
//! 4. Everything that one call changes is published together.

mod adopt;
mod audience;
mod budget;
mod cancel;
mod conflict;
mod deadlines;
mod doubt;
mod entry;
mod fetch;
mod fold;
mod holders;
mod hydrate;
mod index;
mod invalidate;
mod judge;
mod layers;
mod log;
mod merge;
mod mutate;
mod news;
mod observe;
mod optimism;
mod order;
mod part;
mod principal;
mod push;
mod reach;
mod record;
mod refuse;
mod restore;
mod resume;
mod revert;
mod rules;
mod seed;
mod spec;
mod stream;
mod tags;
mod timers;

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

#[cfg(not(feature = "test-util"))]
pub(crate) use self::rules::Rule;
#[cfg(feature = "test-util")]
pub use self::rules::Rule;
use self::{
    budget::Budget,
    deadlines::{Deadlines, Due},
    entry::Entry,
    holders::RowIndex,
    index::KeyIndex,
    log::MutationLog,
    news::News,
    observe::Observer,
    resume::Resuming,
    rules::Rules,
    spec::Epoch,
    tags::TagIndex,
};
pub(crate) use self::{
    budget::Limits,
    cancel::CancelHow,
    entry::{EntryState, Snapshot},
    hydrate::{Carried, CarriedData, EntryRecord, Hydration},
    invalidate::{EntryFilter, RefetchType},
    log::Names,
    merge::{Merge, Merges},
    part::Part,
    principal::Principal,
    push::Pushed,
    record::{MutationSnapshot, PublishedMutation},
    restore::Stored,
    spec::{
        Adapt, Adapting, Codec, Confirmation, Direction, EntryId, EntrySpec, FetchId, FetchRequest, FetchSpec, Fetched,
        Kind, Meta, MutationId, NamedScope, NewMutation, ObserverId, ObserverSpec, Restored, Scope, Source, Terms,
        Written,
    },
    tags::Provides,
};
use crate::{
    clock::Moment,
    error::QueryError,
    event::{CacheAction as Action, CacheEvent as Event, MutationChange},
    key::QueryKey,
    projection::Value,
};

/// Something that the shell must do, in order.
#[derive(Debug)]
pub(crate) enum Effect {
    /// From now on the entry's fetch function is the observer's.
    TakeFunction {
        /// The entry.
        entry: EntryId,
        /// Whose function it is.
        observer: ObserverId,
    },
    /// A fetch was asked for; its first attempt may have to wait.
    FetchBegan {
        /// The entry.
        entry: EntryId,
        /// The fetch.
        fetch: FetchId,
    },
    /// Call the fetch function of the entry.
    StartAttempt {
        /// The entry.
        entry: EntryId,
        /// Its key.
        key: QueryKey,
        /// The fetch; all its attempts have this name.
        fetch: FetchId,
        /// The attempt, from 0.
        attempt: u32,
        /// Which part is loaded.
        direction: Direction,
        /// The program's own note to the entry.
        meta: Option<Meta>,
    },
    /// Give up the fetch's current attempt; its result interests nobody.
    AbortAttempt {
        /// The fetch.
        fetch: FetchId,
    },
    /// Tell those who wait for the fetch how it ended.
    FetchSettled {
        /// The fetch.
        fetch: FetchId,
        /// The entry's data as readers see it, or the error.
        result: Result<Value, QueryError>,
    },
    /// Those who wait for one fetch now wait for another.
    FetchReplaced {
        /// The fetch that was given up.
        fetch: FetchId,
        /// The one in its place.
        by: FetchId,
    },
    /// Send the mutation.
    SendMutation {
        /// The mutation.
        mutation: MutationId,
        /// The attempt, from 0.
        attempt: u32,
    },
    /// Drop the future of the mutation's current attempt; whether the server carries it out is unknown.
    AbortMutation {
        /// The mutation.
        mutation: MutationId,
    },
    /// The mutation has failed for good and is rolled back: run its callbacks, then call `mutation_settled`.
    MutationFailed {
        /// The mutation.
        mutation: MutationId,
        /// Why.
        error: QueryError,
    },
    /// The mutation conflicts with what the server has: ask the program, then tell the heart what it says.
    MutationConflict {
        /// The mutation.
        mutation: MutationId,
        /// What the server said.
        error: QueryError,
        /// Whether an earlier attempt may have been carried out, so that the conflict may be with itself.
        is_uncertain: bool,
        /// How often it was changed after a conflict before.
        round: u32,
    },
    /// The server is said to have carried the mutation out, or there is nothing left to do: run its callbacks as after an
    /// answer without a body.
    MutationAssumed {
        /// The mutation.
        mutation: MutationId,
    },
    /// Look again at what the observer shows: time made a difference.
    Wake(ObserverId),
    /// Something that subscribers of the cache hear of.
    Event(Event),
}

/// What one call changed: published as a whole.
#[derive(Debug)]
pub(crate) struct Commit {
    /// Larger with each commit.
    pub(crate) id: u64,
    /// The entries that changed, `None` where one left.
    pub(crate) entries: Vec<PublishedEntry>,
    /// The mutations that changed.
    pub(crate) mutations: Vec<PublishedMutation>,
    /// What must be done, in order.
    pub(crate) effects: Vec<Effect>,
    /// When `tick` must be called next.
    pub(crate) deadline: Option<Moment>,
    /// If somebody else uses the cache now: how often that has changed, and who.
    pub(crate) principal: Option<(u64, Principal)>,
}

/// An entry that changed.
#[derive(Debug)]
pub(crate) struct PublishedEntry {
    /// The entry.
    pub(crate) entry: EntryId,
    /// Its key.
    pub(crate) key: QueryKey,
    /// What readers see now.
    pub(crate) snapshot: Option<Arc<Snapshot>>,
    /// Who observes it.
    pub(crate) observers: Vec<ObserverId>,
}

/// The state of a client's cache.
#[derive(Debug)]
pub(crate) struct Heart {
    epoch: Epoch,
    /// The time of the event that is dealt with.
    now: Moment,
    commit: u64,
    next_id: u64,
    online: bool,
    focused: bool,
    random: fastrand::Rng,
    rules: Rules,
    /// Boxed, since the nodes of the map have room that stays free.
    entries: BTreeMap<EntryId, Box<Entry>>,
    index: KeyIndex,
    tags: TagIndex,
    rows: RowIndex,
    flights: HashMap<FetchId, EntryId>,
    observers: BTreeMap<ObserverId, Observer>,
    log: MutationLog,
    /// What the server told of single rows.
    news: News,
    /// Pushes that may or may not contain a mutation which is on its way.
    held: Vec<Pushed>,
    deadlines: Deadlines,
    budget: Budget,
    /// How many are reading stored data back.
    restoring: u32,
    /// Whether another client does what happens now.
    remote: bool,
    /// Mutations that must settle before the entries hear of the connection or of focus (T22).
    resuming: Vec<Resuming>,
    dirty: BTreeSet<EntryId>,
    /// Entries of which something has changed that none of their observers shows: who they are, and settings.
    counted: BTreeSet<EntryId>,
    removed: Vec<(EntryId, QueryKey)>,
    effects: Vec<Effect>,
    principals: principal::Principals,
}

impl Heart {
    /// Returns an empty cache, online and focused; `seed` decides the jitter of retries.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            epoch: Epoch(1),
            now: Moment::ZERO,
            commit: 0,
            next_id: 0,
            online: true,
            focused: true,
            random: fastrand::Rng::with_seed(seed),
            rules: Rules::default(),
            entries: BTreeMap::new(),
            index: KeyIndex::default(),
            tags: TagIndex::default(),
            rows: RowIndex::default(),
            flights: HashMap::new(),
            observers: BTreeMap::new(),
            log: MutationLog::default(),
            news: News::default(),
            held: Vec::new(),
            deadlines: Deadlines::default(),
            budget: Budget::default(),
            restoring: 0,
            remote: false,
            resuming: Vec::new(),
            dirty: BTreeSet::new(),
            counted: BTreeSet::new(),
            removed: Vec::new(),
            effects: Vec::new(),
            principals: principal::Principals::default(),
        }
    }

    /// Breaks a rule from now on.
    #[cfg(feature = "test-util")]
    pub(crate) fn switch_off(&mut self, rule: Rule) {
        self.rules.switch_off(rule);
    }

    /// Begins a new event at this time.
    fn event(&mut self, now: Moment) -> Epoch {
        self.now = now;
        self.epoch.0 += 1;
        self.epoch
    }

    fn fresh_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// Returns the entry of a key, if there is one.
    pub(crate) fn find(&self, key: &QueryKey) -> Option<EntryId> {
        self.index.get(key)
    }

    /// Returns the key of an entry.
    pub(crate) fn key(&self, entry: EntryId) -> Option<QueryKey> {
        Some(self.entries.get(&entry)?.key.clone())
    }

    /// Returns what readers see of an entry.
    pub(crate) fn snapshot(&self, id: EntryId) -> Option<Snapshot> {
        let entry = self.entries.get(&id)?;
        let snapshot = entry.snapshot();
        Some(Snapshot { is_restoring: self.is_restoring(), fence: self.principals.fence(), ..snapshot })
    }

    /// Returns the server data of an entry, without optimistic operations.
    pub(crate) fn base(&self, entry: EntryId) -> Option<Value> {
        self.entries.get(&entry)?.base.clone()
    }

    /// Marks an entry as changed.
    fn changed(&mut self, entry: EntryId, action: Action) {
        self.dirty.insert(entry);
        let action = if self.remote { Action::Remote } else { action };
        if let Some(entry) = self.entries.get_mut(&entry) {
            entry.events += 1;
            self.effects.push(Effect::Event(Event::Updated(entry.key.clone(), action)));
        }
    }

    /// Tells subscribers something.
    pub(crate) fn tell_all(&mut self, event: Event) {
        self.effects.push(Effect::Event(event));
    }

    /// Tells subscribers something about an entry.
    fn tell(&mut self, entry: EntryId, event: fn(QueryKey) -> Event) {
        if let Some(entry) = self.entries.get(&entry) {
            self.effects.push(Effect::Event(event(entry.key.clone())));
        }
    }

    /// Notes that an entry is used now.
    fn used(&mut self, entry: EntryId) {
        if let Some(entry) = self.entries.get_mut(&entry) {
            entry.used = self.epoch;
        }
    }

    /// Takes out what has changed since the last call.
    pub(crate) fn finish(&mut self) -> Commit {
        self.commit += 1;
        self.keep_within_budget();
        let mut entries: Vec<PublishedEntry> = std::mem::take(&mut self.removed)
            .into_iter()
            .map(|(entry, key)| PublishedEntry { entry, key, snapshot: None, observers: Vec::new() })
            .collect();
        let (changed, counted) = (std::mem::take(&mut self.dirty), std::mem::take(&mut self.counted));
        for id in changed.union(&counted).copied() {
            if self.entries.get_mut(&id).is_some_and(|entry| std::mem::take(&mut entry.panicked)) {
                self.tell(id, Event::Panicked);
            }
            if let (Some(entry), Some(snapshot)) = (self.entries.get(&id), self.snapshot(id)) {
                entries.push(PublishedEntry {
                    entry: id,
                    key: entry.key.clone(),
                    snapshot: Some(Arc::new(snapshot)),
                    observers: if changed.contains(&id) {
                        entry.observers.iter().copied().collect()
                    } else {
                        Vec::new()
                    },
                });
            }
        }
        let mut mutations = self.principals.take_noted();
        let (changed, events) = self.log.take_changed();
        mutations.extend(changed);
        self.effects.extend(events.into_iter().map(Effect::Event));
        Commit {
            id: self.commit,
            entries,
            mutations,
            effects: std::mem::take(&mut self.effects),
            deadline: self.deadlines.next(),
            principal: self.principals.take_changed(),
        }
    }

    /// Returns whether an enabled observer looks at an entry (T9).
    fn is_active(&self, id: EntryId) -> bool {
        self.entries.get(&id).is_some_and(|entry| entry.observers.active() > 0)
    }

    /// Takes an entry out for good.
    fn drop_entry(&mut self, id: EntryId) {
        self.lift_barrier(id, self.now);
        let Some(entry) = self.entries.remove(&id) else { return };
        self.index.remove(&entry.key);
        if let Some(projector) = &entry.kind.projector {
            self.rows.remove(&**projector, id);
        }
        self.deadlines.set(Due::EntryGc(id), None);
        self.deadlines.set(Due::Retry(id), None);
        self.deadlines.set(Due::Slow(id), None);
        self.dirty.remove(&id);
        self.counted.remove(&id);
        self.budget.forget(id);
        self.tags.forget(id);
        self.log.forget_entry(id);
        self.effects.push(Effect::Event(Event::Removed(entry.key.clone())));
        self.removed.push((id, entry.key));
    }
}
