//! What is a cache entry, and how does its state change?
//!
//! `base` holds server data only; `view`, what readers see, is the base with the live operations folded over it. The
//! functions here are the only writers of an entry's state.

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
};

use crate::{
    clock::Moment,
    error::QueryError,
    heart::{
        audience::Audience,
        merge::Merges,
        part::Part,
        restore::Stored,
        revert::Before,
        spec::{Codec, Direction, EntrySpec, Epoch, FetchId, FetchSpec, Fetched, Kind, Meta, Source},
        tags::Tagged,
    },
    key::QueryKey,
    projection::Value,
    status::{FetchStatus, GcTime, QueryStatus, StaleTime},
};

/// What an entry and what readers see of it have in common.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own; all combinations occur")]
pub(crate) struct EntryState {
    /// Whether an optimistic operation shows in the data.
    pub(crate) is_optimistic: bool,
    /// When the server's data arrived.
    pub(crate) data_updated_at: Option<Moment>,
    /// How often data arrived.
    pub(crate) data_update_count: u64,
    /// The last failure.
    pub(crate) error: Option<QueryError>,
    /// When it happened.
    pub(crate) error_updated_at: Option<Moment>,
    /// How often a fetch failed for good.
    pub(crate) error_update_count: u64,
    /// How often the current or last fetch failed.
    pub(crate) failure_count: u32,
    /// Its last failure.
    pub(crate) failure_reason: Option<QueryError>,
    /// Whether there is data.
    pub(crate) status: QueryStatus,
    /// Whether a fetch runs.
    pub(crate) fetch_status: FetchStatus,
    /// The part of the data that the current or last fetch loads.
    pub(crate) direction: Direction,
    /// Whether the data is marked stale.
    pub(crate) is_invalidated: bool,
    /// Whether the entry was removed, or its row deleted, under its observers.
    pub(crate) is_gone: bool,
    /// Whether nothing is cached and the fetch takes longer than an observer expects.
    pub(crate) is_slow: bool,
    /// How many bytes the server sent for the data, or its own size where it was set by hand.
    pub(crate) bytes: u64,
    /// How long the data counts as fresh while nobody observes it.
    pub(crate) stale: StaleTime,
    /// Whether the data is JSON of which nobody has said yet which type it is.
    pub(crate) is_raw: bool,
    /// The program's own note.
    pub(crate) meta: Option<Meta>,
    /// How often something has happened to the entry; who observes it makes no difference.
    pub(crate) events: u64,
}

/// What readers of an entry see: immutable, made anew by each commit that changes it.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    /// The key.
    pub(crate) key: QueryKey,
    /// The data with optimistic operations folded in.
    pub(crate) data: Option<Value>,
    /// What the entry knows of it.
    pub(crate) state: EntryState,
    /// How many observers the entry has.
    pub(crate) observers: usize,
    /// How many of them are enabled.
    pub(crate) active: usize,
    /// From when on it is stale for an enabled observer; without observers, by its own stale time.
    pub(crate) stale_from: Moment,
    /// How the data becomes JSON, where it can.
    pub(crate) codec: Option<Codec>,
    /// Whether stored data is being read back.
    pub(crate) is_restoring: bool,
    /// How often somebody else came to use the cache before.
    pub(crate) fence: u64,
}

impl Deref for Snapshot {
    type Target = EntryState;

    fn deref(&self) -> &EntryState {
        &self.state
    }
}

/// What a running fetch is doing.
#[derive(Clone, Debug)]
pub(crate) enum Phase {
    /// An attempt runs. `begun`: its future was polled, so that its start can no longer be moved.
    Running {
        /// Whether the future was polled.
        begun: bool,
    },
    /// It waits for its next attempt.
    Waiting,
    /// It waits for the connection or for focus.
    Paused,
    /// Its result waits until an operation that it may or may not contain has settled (rule C2).
    Parked(Value),
}

/// A running fetch.
#[derive(Clone, Debug)]
pub(crate) struct Flight {
    /// Its name.
    pub(crate) id: FetchId,
    /// When the earliest attempt began of which something is in the result; only a fetch that began late enough proves
    /// anything.
    pub(crate) start: Epoch,
    /// When the earliest attempt began of which the next one keeps something.
    pub(crate) kept: Option<Epoch>,
    /// The data when it was asked for: it decides which parts are loaded.
    pub(crate) plan: Option<Value>,
    /// What was loaded, where it is not all of the data.
    pub(crate) part: Option<Part>,
    /// Whether it took the place of a fetch that an invalidation asked for.
    pub(crate) owes: bool,
    /// The number of the current attempt, from 0.
    pub(crate) attempt: u32,
    /// What it is doing.
    pub(crate) phase: Phase,
    /// When it began, or went on after a pause.
    pub(crate) since: Moment,
    /// The part of the data.
    pub(crate) direction: Direction,
    /// The settings.
    pub(crate) spec: FetchSpec,
    /// How many bytes the current attempt has received.
    pub(crate) bytes: u64,
    /// How far the server had seen when it answered; `None`: it does not say, or not for all of the data.
    pub(crate) mark: Option<u64>,
    /// Whether the current attempt goes on with what another has loaded.
    pub(crate) is_mixed: bool,
    /// How often the answer was older than what was there before.
    pub(crate) outdated: u32,
    /// What is known of its data where it came from storage.
    pub(crate) stored: Option<Stored>,
    /// Whether nobody is left who wants a retry.
    pub(crate) retries_stopped: bool,
    /// The state to go back to when it is cancelled.
    pub(crate) before: Before,
}

/// What optimistic rules remember of an entry.
#[derive(Clone, Debug, Default)]
pub(crate) struct Marks {
    /// Fetches that began before this are refused (rule N1).
    pub(crate) min_start: Epoch,
    /// When it was last invalidated.
    pub(crate) invalid_at: Epoch,
    /// The time of that.
    pub(crate) invalid_since: Option<Moment>,
    /// When the fetch began that brought all of the data.
    pub(crate) fetched_start: Epoch,
    /// When the server last told, with a number, what the base is: fetches that began before this are judged by theirs, and
    /// refused if they have none.
    pub(crate) numbered_start: Epoch,
    /// How far the server had seen what the base is.
    pub(crate) mark: Option<u64>,
    /// When the base was last replaced by a fetch or by hand.
    pub(crate) replaced_at: Epoch,
    /// Whether nothing non-idempotent may be sent before a clean fetch has landed (rule R18).
    pub(crate) barrier: bool,
    /// Since when results have waited, and none has landed.
    pub(crate) parked_since: Option<Moment>,
}

/// A cache entry.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) key: QueryKey,
    pub(crate) kind: Arc<Kind>,
    pub(crate) base: Option<Value>,
    pub(crate) view: Option<Value>,
    pub(crate) state: EntryState,
    /// Whether an operation that nobody has decided about shows: such an entry is kept (rule R19).
    pub(crate) has_pending: bool,
    pub(crate) initial: Option<Box<(Value, Option<Moment>)>>,
    pub(crate) flight: Option<Box<Flight>>,
    pub(crate) observers: Audience,
    pub(crate) gc: GcTime,
    pub(crate) keep_parts: bool,
    pub(crate) merges: Merges,
    /// How fetches run that begin from now on.
    pub(crate) fetch: FetchSpec,
    /// Whether there is a function that fetches it.
    pub(crate) source: Source,
    pub(crate) marks: Marks,
    /// What says which tags it has.
    pub(crate) tagged: Option<Box<Tagged>>,
    /// When a fetch brought the data, if nothing has been said about it since.
    pub(crate) fetched_at: Option<Moment>,
    /// When it was observed, fetched or written last: of those that may leave, the one unused for longest goes first.
    pub(crate) used: Epoch,
    /// Whether code of the program panicked since the last commit.
    pub(crate) panicked: bool,
}

impl Deref for Entry {
    type Target = EntryState;

    fn deref(&self) -> &EntryState {
        &self.state
    }
}

impl DerefMut for Entry {
    fn deref_mut(&mut self) -> &mut EntryState {
        &mut self.state
    }
}

impl Entry {
    /// Returns a new entry, with its initial data if it has any.
    pub(crate) fn new(key: QueryKey, kind: Arc<Kind>, spec: &EntrySpec, now: Moment) -> Self {
        let mut entry = Self {
            key,
            kind,
            base: None,
            view: None,
            state: EntryState {
                is_optimistic: false,
                data_updated_at: None,
                data_update_count: 0,
                error: None,
                error_updated_at: None,
                error_update_count: 0,
                failure_count: 0,
                failure_reason: None,
                status: QueryStatus::Pending,
                fetch_status: FetchStatus::Idle,
                direction: Direction::Whole,
                is_invalidated: false,
                is_gone: false,
                is_slow: false,
                bytes: 0,
                stale: spec.stale,
                is_raw: false,
                meta: spec.meta.clone(),
                events: 0,
            },
            has_pending: false,
            initial: None,
            flight: None,
            observers: Audience::default(),
            gc: spec.gc,
            keep_parts: spec.keep_parts,
            merges: spec.merges.clone(),
            fetch: spec.fetch.clone(),
            source: spec.source,
            marks: Marks::default(),
            tagged: None,
            fetched_at: None,
            used: Epoch::default(),
            panicked: false,
        };
        if let Some((value, at)) = &spec.initial {
            entry.seed(value.clone(), *at, now);
        }
        entry
    }

    /// Takes initial data, which does not count as an update (T32).
    pub(crate) fn seed(&mut self, value: Value, at: Fetched, now: Moment) {
        let at = match at {
            Fetched::Now => Some(now),
            Fetched::At(at) => Some(at),
            Fetched::Never => None,
        };
        self.initial = Some(Box::new((value.clone(), at)));
        self.base = Some(value);
        self.marks.mark = None;
        self.data_updated_at = at;
        self.status = QueryStatus::Success;
        self.error = None;
        self.is_invalidated = false;
    }

    /// Takes the settings of another user: of all times to keep it, the longest counts (T84).
    pub(crate) fn adopt(&mut self, spec: &EntrySpec) {
        self.gc = self.gc.longer(spec.gc);
        self.stale = spec.stale;
        self.meta.clone_from(&spec.meta);
        self.keep_parts = spec.keep_parts;
        if spec.merges.0.is_some() {
            self.merges.clone_from(&spec.merges);
        }
        self.fetch = spec.fetch.clone();
        self.source = spec.source;
    }

    /// Returns whether the data is stale for somebody with this stale time.
    pub(crate) fn is_stale(&self, stale: StaleTime, now: Moment) -> bool {
        self.stale_from(stale) <= now
    }

    /// Returns from when on the data is stale for somebody with this stale time.
    pub(crate) fn stale_from(&self, stale: StaleTime) -> Moment {
        if self.base.is_none() || (self.is_invalidated && stale != StaleTime::Static) {
            return Moment::ZERO;
        }
        self.stale_at(stale).unwrap_or(Moment::MAX)
    }

    /// Returns from when on the data is stale for any of its observers; without any, by its own stale time (I10).
    pub(crate) fn stale_from_for_any(&self) -> Moment {
        if self.observers.is_empty() {
            return self.stale_from(self.stale);
        }
        self.observers.stale_times().map(|stale| self.stale_from(stale)).min().unwrap_or(Moment::MAX)
    }

    /// Returns whether the data is stale for any of its observers; without any, by its own stale time.
    pub(crate) fn is_stale_for_any(&self, now: Moment) -> bool {
        self.stale_from_for_any() <= now
    }

    /// Returns when the data becomes stale by age.
    pub(crate) fn stale_at(&self, stale: StaleTime) -> Option<Moment> {
        match (stale, self.data_updated_at) {
            (StaleTime::For(time), Some(at)) => Some(at + time),
            (StaleTime::For(_), None) => Some(Moment::ZERO),
            (StaleTime::Forever | StaleTime::Static, _) => None,
        }
    }

    /// A fetch begins (T25).
    pub(crate) fn fetch_began(&mut self, flight: Flight) {
        self.failure_count = 0;
        self.failure_reason = None;
        self.fetch_status = match flight.phase {
            Phase::Paused => FetchStatus::Paused,
            _ => FetchStatus::Fetching,
        };
        self.direction = flight.direction;
        if self.base.is_none() {
            self.status = QueryStatus::Pending;
            self.error = None;
        }
        self.flight = Some(Box::new(flight));
    }

    /// Server data replaces the base (T28, T29).
    pub(crate) fn data_arrived(&mut self, value: Value, at: Moment) {
        self.base = Some(self.shared(self.base.clone(), value));
        self.marks.mark = None;
        self.data_updated_at = Some(at);
        self.data_update_count += 1;
        self.status = QueryStatus::Success;
        self.error = None;
        self.is_gone = false;
        self.is_slow = false;
        self.fetched_at = None;
    }

    /// Returns the old value where both are equal, else the new one with the parts that are equal taken from the old.
    pub(crate) fn shared(&mut self, old: Option<Value>, new: Value) -> Value {
        let Some(old) = old.filter(|_| self.keep_parts) else { return new };
        self.kind.shared(&old, &new).unwrap_or_else(|| {
            self.panicked = true;
            new
        })
    }

    /// A fetch ends well.
    pub(crate) fn fetch_ended(&mut self) {
        self.flight = None;
        self.fetch_status = FetchStatus::Idle;
        self.failure_count = 0;
        self.failure_reason = None;
    }

    /// A fetch ends badly; data is kept, but counts as stale (T30). Its last failure is counted, too.
    pub(crate) fn fetch_failed(&mut self, error: QueryError, now: Moment) {
        self.flight = None;
        self.fetch_status = FetchStatus::Idle;
        self.status = QueryStatus::Error;
        self.failure_count += 1;
        self.failure_reason = Some(error.clone());
        self.error = Some(error);
        self.error_updated_at = Some(now);
        self.error_update_count += 1;
        self.is_invalidated = true;
        self.is_slow = false;
        self.fetched_at = None;
    }

    /// Goes back to the beginning (T33), or to nothing at all.
    pub(crate) fn empty(&mut self, keep_initial: bool) {
        let initial = self.initial.take().filter(|_| keep_initial);
        self.base = None;
        self.marks.mark = None;
        self.data_updated_at = None;
        self.data_update_count = 0;
        self.error = None;
        self.error_updated_at = None;
        self.error_update_count = 0;
        self.failure_count = 0;
        self.failure_reason = None;
        self.status = QueryStatus::Pending;
        self.fetch_status = FetchStatus::Idle;
        self.is_invalidated = false;
        self.is_gone = false;
        self.is_slow = false;
        self.fetched_at = None;
        self.bytes = 0;
        self.flight = None;
        if let Some((value, at)) = initial.map(|initial| *initial) {
            self.base = Some(value.clone());
            self.initial = Some(Box::new((value, at)));
            self.data_updated_at = at;
            self.status = QueryStatus::Success;
        }
    }

    /// Returns whether a fetch runs that began too early to end the staleness.
    pub(crate) fn is_behind(&self, start: Epoch) -> bool {
        start < self.marks.invalid_at
    }

    /// Returns what readers see.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let mut state = self.state.clone();
        if state.status == QueryStatus::Pending && self.view.is_some() {
            // A row that only an operation shows is there to be seen, whatever the fetch of its entry does.
            state.status = QueryStatus::Success;
        }
        Snapshot {
            key: self.key.clone(),
            data: self.view.clone(),
            state,
            observers: self.observers.len(),
            active: self.observers.active(),
            stale_from: self.stale_from_for_any(),
            codec: self.kind.codec,
            is_restoring: false,
            fence: 0,
        }
    }
}
