//! Whose data is this, and what becomes of what somebody else has asked for? (rule R20)
//!
//! One principal uses the cache at a time. A switch is one event, a *fence*: fetches end, server data goes, and observers stay
//! where they are, with nothing to see until the fetches of the new principal land. Mutations with all that belongs to them
//! (order, temporary ids) are put aside. Those on their way end for their callers, where there is no entry that they could
//! change; the others wait until their principal comes back.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    mem::{replace, swap, take},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::Arc,
};

use crate::{
    clock::Moment,
    error::QueryError,
    event::CacheAction as Action,
    heart::{
        Due, Effect, EntryId, Event, FetchId, Heart, MutationId, ObserverId, PublishedMutation,
        entry::{Entry, Marks},
        holders::RowIndex,
        index::KeyIndex,
        log::MutationLog,
        news::News,
        observe::Observer,
        push::Pushed,
        record::Progress,
        resume::Resuming,
        tags::TagIndex,
    },
    key::QueryKey,
};

/// Who uses the cache; `None`: nobody in particular, such as before signing in.
pub(crate) type Principal = Option<Arc<str>>;

/// Who uses the cache, and what others have left.
#[derive(Debug, Default)]
pub(crate) struct Principals {
    current: Principal,
    /// How often that has changed.
    fence: u64,
    /// The last fetch before the last change.
    last_fetch: u64,
    has_changed: bool,
    away: BTreeMap<Principal, Away>,
    /// Whether what happens now happens for somebody who is away.
    is_away: bool,
    /// What callers must hear of mutations of those who are away.
    noted: Vec<PublishedMutation>,
}

impl Principals {
    /// Returns how often the principal has changed.
    pub(crate) fn fence(&self) -> u64 {
        self.fence
    }

    /// Returns whether what happens now happens for somebody who is away: nothing is sent then.
    pub(crate) fn is_away(&self) -> bool {
        self.is_away
    }

    /// Takes whether the principal has changed: how often by now, and who it is.
    pub(super) fn take_changed(&mut self) -> Option<(u64, Principal)> {
        take(&mut self.has_changed).then(|| (self.fence, self.current.clone()))
    }

    /// Takes what callers must hear of mutations of those who are away.
    pub(super) fn take_noted(&mut self) -> Vec<PublishedMutation> {
        take(&mut self.noted)
    }

    fn holder(&self, id: MutationId) -> Option<Principal> {
        self.away.iter().find(|(_, away)| away.log.get(id).is_some()).map(|(who, _)| who.clone())
    }
}

/// What somebody has left who does not use the cache now.
#[derive(Debug, Default)]
struct Away {
    log: MutationLog,
    /// The mutations that were listed.
    listed: Vec<MutationId>,
}

/// All that a mutation of somebody who is away can find: its log, and no entries.
#[derive(Debug, Default)]
struct Elsewhere {
    entries: BTreeMap<EntryId, Box<Entry>>,
    index: KeyIndex,
    tags: TagIndex,
    rows: RowIndex,
    flights: HashMap<FetchId, EntryId>,
    observers: BTreeMap<ObserverId, Observer>,
    log: MutationLog,
    news: News,
    held: Vec<Pushed>,
    resuming: Vec<Resuming>,
    dirty: BTreeSet<EntryId>,
    removed: Vec<(EntryId, QueryKey)>,
    effects: Vec<Effect>,
}

impl Heart {
    /// Returns who uses the cache.
    pub(crate) fn principal(&self) -> Principal {
        self.principals.current.clone()
    }

    /// Somebody else uses the cache from now on.
    pub(crate) fn set_principal(&mut self, principal: Principal, now: Moment) {
        if self.principals.current == principal {
            return;
        }
        self.event(now);
        self.principals.fence += 1;
        self.principals.last_fetch = self.next_id;
        self.principals.has_changed = true;
        let mut effects = take(&mut self.effects);
        self.forget_resumed(now);
        self.news.clear();
        self.held.clear();
        let next = self.principals.away.remove(&principal);
        let old = replace(&mut self.principals.current, principal);
        self.put_aside(old);
        if let Some(next) = next {
            self.take_back(next, now);
        }
        let entries: Vec<EntryId> = self.entries.keys().copied().collect();
        for id in entries {
            self.vacate(id, now);
        }
        // Keys of the old principal are told to nobody; nor does a function go on that expects no abort.
        let told = |effect: &Effect| match effect {
            Effect::Event(event) => matches!(event, Event::Dropped(_) | Event::Updated(..)),
            effect => !matches!(effect, Effect::AbortAttempt { .. }),
        };
        effects.push(Effect::Event(Event::PrincipalChanged(root())));
        effects.extend(take(&mut self.effects).into_iter().filter(told));
        self.effects = effects;
        // What has waited goes first, so that the fetches see what it did.
        self.dispatch(now);
        self.fetch_missing(now);
    }

    /// The mutations at hand are put aside; those that are over go.
    fn put_aside(&mut self, who: Principal) {
        let mut log = take(&mut self.log);
        let mut listed = Vec::new();
        for id in log.all() {
            let Some(record) = log.get_mut(id) else { continue };
            if record.progress == Progress::Settled {
                log.remove(id);
                self.deadlines.set(Due::MutationGc(id), None);
                continue;
            }
            if replace(&mut record.listed, false) {
                listed.push(id);
            }
            let lacking = record.live_on.clone();
            if record.progress == Progress::Waiting {
                record.progress = Progress::Queued;
                self.deadlines.set(Due::MutationRetry(id), None);
            }
            // There is no base left that could lack what it did.
            for entry in lacking {
                log.contained(id, entry);
            }
            log.retire(id);
        }
        self.principals.noted.extend(log.take_changed().0);
        if !log.all().is_empty() || !log.names().is_empty() {
            self.principals.away.insert(who, Away { log, listed });
        }
    }

    /// The mutations of somebody who comes back are at hand again.
    fn take_back(&mut self, away: Away, now: Moment) {
        self.log = away.log;
        for id in away.listed {
            if let Some(record) = self.log.get_mut(id) {
                record.listed = true;
            }
            self.arm_mutation_gc(id, now);
        }
    }

    /// An entry loses what the old principal had in it. One that nobody observes leaves.
    fn vacate(&mut self, id: EntryId, now: Moment) {
        if let Some(flight) = self.end_flight(id) {
            let result = Err(QueryError::cancelled());
            self.effects.push(Effect::FetchSettled { fetch: flight.id, result });
            self.effects.push(Effect::Event(Event::Dropped(root())));
        }
        let Some(entry) = self.entries.get_mut(&id) else { return };
        if entry.observers.is_empty() {
            return self.drop_entry(id);
        }
        entry.empty(false);
        entry.marks = Marks::default();
        self.base_changed(id);
        self.updated(id, Action::Reset, now);
    }

    /// Returns whether a mutation is one of somebody who is away.
    pub(crate) fn is_elsewhere(&self, id: MutationId) -> bool {
        self.principals.holder(id).is_some()
    }

    /// Does what happens to a mutation where that belongs: if its principal is away, where nothing else can be seen.
    pub(crate) fn for_mutation<R>(&mut self, id: MutationId, act: impl FnOnce(&mut Self) -> R) -> R {
        let Some(who) = self.principals.holder(id) else { return act(self) };
        let Some(mut away) = self.principals.away.remove(&who) else { return act(self) };
        let mut elsewhere = Elsewhere { log: take(&mut away.log), ..Elsewhere::default() };
        self.exchange(&mut elsewhere);
        self.principals.is_away = true;
        // Code of the program that panics, such as a policy, must not leave everybody there.
        let result = catch_unwind(AssertUnwindSafe(|| act(self)));
        self.principals.is_away = false;
        self.exchange(&mut elsewhere);
        self.principals.noted.extend(elsewhere.log.take_changed().0);
        self.effects.extend(elsewhere.effects.into_iter().filter(|effect| !matches!(effect, Effect::Event(_))));
        away.log = elsewhere.log;
        if !away.log.all().is_empty() || !away.log.names().is_empty() {
            self.principals.away.insert(who, away);
        }
        result.unwrap_or_else(|payload| resume_unwind(payload))
    }

    fn exchange(&mut self, other: &mut Elsewhere) {
        swap(&mut self.entries, &mut other.entries);
        swap(&mut self.index, &mut other.index);
        swap(&mut self.tags, &mut other.tags);
        swap(&mut self.rows, &mut other.rows);
        swap(&mut self.flights, &mut other.flights);
        swap(&mut self.observers, &mut other.observers);
        swap(&mut self.log, &mut other.log);
        swap(&mut self.news, &mut other.news);
        swap(&mut self.held, &mut other.held);
        swap(&mut self.resuming, &mut other.resuming);
        swap(&mut self.dirty, &mut other.dirty);
        swap(&mut self.removed, &mut other.removed);
        swap(&mut self.effects, &mut other.effects);
    }

    /// Returns the key under which subscribers hear of something about a fetch: its own, or, if it was another's, only that
    /// there was one.
    pub(super) fn told_of_fetch(&self, fetch: FetchId, key: &QueryKey) -> QueryKey {
        if fetch.0 <= self.principals.last_fetch { root() } else { key.clone() }
    }

    /// Returns the key under which subscribers hear of something about a mutation, likewise.
    pub(super) fn told_of_mutation(&self, id: MutationId, key: QueryKey) -> QueryKey {
        if self.is_elsewhere(id) { root() } else { key }
    }

    /// The fence has kept an attempt from sending: the mutation waits for its principal, or goes again if that is back.
    pub(crate) fn mutation_held_back(&mut self, id: MutationId, now: Moment) {
        self.event(now);
        if let Some(record) = self.log.get_mut(id)
            && record.progress == Progress::Sending
        {
            record.progress = Progress::Queued;
        }
        self.dispatch(now);
    }

    /// Data that comes from elsewhere belongs to somebody else: it is left out, and subscribers hear of it.
    pub(crate) fn left_to_another(&mut self) {
        self.tell_all(Event::Dropped(root()));
    }
}

/// The key that all others lie under.
fn root() -> QueryKey {
    QueryKey::of_segments(Vec::new())
}
