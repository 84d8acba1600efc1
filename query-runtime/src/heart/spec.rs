//! What does the heart know of entries, observers and mutations: ids, settings and what can be done with a value?

use std::{
    any::{Any, TypeId},
    fmt,
    hash::{Hash, Hasher},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use crate::{
    backoff::RetryPolicy,
    clock::Moment,
    error::QueryError,
    heart::{entry::EntryState, merge::Merges, tags::Provides},
    key::{KeySegment, QueryKey},
    marker::{MaybeSend, MaybeSync},
    projection::{Op, Projector, Value},
    status::{GcTime, NetworkMode, RefetchWhen, StaleTime},
    value::Json,
};

pub(crate) use crate::event::MutationId;

/// Declares a number that names one thing.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub(crate) struct $name(pub(crate) u64);
    };
}

id!(
    /// Names an entry; never used again after the entry is gone.
    EntryId
);
id!(
    /// Names a fetch: all attempts and, of infinite queries, all pages of it.
    FetchId
);
id!(
    /// Names an observer.
    ObserverId
);

/// A point in the order of events: one more with each event.
///
/// Wall clocks are never compared; source: `reliability` rule R3 and invariant I3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub(crate) struct Epoch(pub(crate) u64);

/// What can be done with the values of one entry; the typed front makes it.
pub(crate) struct Kind {
    /// The type of the values.
    pub(crate) type_id: TypeId,
    /// Its name, for messages.
    pub(crate) type_name: &'static str,
    /// The size of a value itself, without what it points to.
    pub(crate) size: u64,
    /// Returns the old value where both are equal, else the new one with the parts that are equal taken from the old.
    pub(crate) share: fn(&Value, Value) -> Value,
    /// How optimistic operations show in it.
    pub(crate) projector: Option<Arc<dyn Projector>>,
    /// How it becomes JSON and comes back, where its type can.
    pub(crate) codec: Option<Codec>,
    /// Whether it is the pages of an infinite list.
    pub(crate) is_infinite: bool,
}

/// How values of one type become JSON, and come back.
#[derive(Clone, Copy)]
pub(crate) struct Codec {
    /// Writes a value.
    pub(crate) encode: fn(&Value) -> Result<Json, QueryError>,
    /// Reads one.
    pub(crate) decode: fn(&Json) -> Result<Value, QueryError>,
}

impl fmt::Debug for Codec {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Codec").finish_non_exhaustive()
    }
}

impl Codec {
    /// Writes a value; a panic of the user's code is an error.
    pub(crate) fn write(self, value: &Value) -> Result<Json, QueryError> {
        catch_unwind(AssertUnwindSafe(|| (self.encode)(value)))
            .unwrap_or_else(|_| Err(QueryError::message("writing the data panicked")))
    }

    /// Reads a value; a panic of the user's code is an error.
    pub(crate) fn read(self, json: &Json) -> Result<Value, QueryError> {
        catch_unwind(AssertUnwindSafe(|| (self.decode)(json)))
            .unwrap_or_else(|_| Err(QueryError::message("reading the data panicked")))
    }
}

impl Kind {
    /// Returns this kind and what the other one knows besides; `None` where that is nothing.
    pub(crate) fn learned(&self, other: &Self) -> Option<Self> {
        let rows = self.projector.is_none() && other.projector.is_some();
        let codec = self.codec.is_none() && other.codec.is_some();
        (rows || codec).then(|| Self {
            share: if rows { other.share } else { self.share },
            projector: self.projector.clone().or_else(|| other.projector.clone()),
            codec: self.codec.or(other.codec),
            ..*self
        })
    }

    /// Returns this kind with a codec.
    pub(crate) fn with_codec(&self, codec: Codec) -> Self {
        Self { projector: self.projector.clone(), codec: Some(codec), ..*self }
    }

    /// Returns the new value with what equals the old taken from there; `None` if the user's comparison panics.
    pub(crate) fn shared(&self, old: &Value, new: &Value) -> Option<Value> {
        // Both are only read: a panic in the middle leaves nothing half-changed.
        catch_unwind(AssertUnwindSafe(|| (self.share)(old, new.clone()))).ok()
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Kind").field("type_name", &self.type_name).finish_non_exhaustive()
    }
}

/// The settings with which fetches run.
#[derive(Clone, Debug, Default)]
pub(crate) struct FetchSpec {
    /// How failures are retried.
    pub(crate) retry: RetryPolicy,
    /// When the network may be used.
    pub(crate) network: NetworkMode,
}

/// The settings of an entry, from whoever touches it.
#[derive(Clone, Default)]
pub(crate) struct EntrySpec {
    /// How long it is kept without observers.
    pub(crate) gc: GcTime,
    /// How long its data counts as fresh while it has no observers.
    pub(crate) stale: StaleTime,
    /// Data to begin with, and when it was fetched.
    pub(crate) initial: Option<(Value, Fetched)>,
    /// Whether equal parts of new data are taken from the old.
    pub(crate) keep_parts: bool,
    /// Whether what a fetch brings joins what is there.
    pub(crate) merges: Merges,
    /// What says which tags it has.
    pub(crate) provides: Option<Arc<dyn Provides>>,
    /// How its fetches run.
    pub(crate) fetch: FetchSpec,
    /// Whether there is a function that fetches it.
    pub(crate) source: Source,
    /// The program's own note.
    pub(crate) meta: Option<Meta>,
}

/// A value that goes with an entry or a mutation, of which only the program knows what it means (T18).
pub(crate) type Meta = Arc<dyn Any + Send + Sync>;

/// Whether there is a function that fetches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum Source {
    /// None was said, and there is no default.
    #[default]
    None,
    /// Nothing is to be fetched (T21).
    Skipped,
    /// There is.
    Given,
}

impl fmt::Debug for EntrySpec {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("EntrySpec").field("gc", &self.gc).field("stale", &self.stale).finish_non_exhaustive()
    }
}

/// When data that an entry begins with was fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum Fetched {
    /// When it comes into the entry.
    #[default]
    Now,
    /// Then.
    At(Moment),
    /// Never: it is stale at once.
    Never,
}

impl From<Option<Moment>> for Fetched {
    fn from(at: Option<Moment>) -> Self {
        at.map_or(Self::Never, Self::At)
    }
}

/// What data that is written by hand counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Written {
    /// Whether the server is known to have it.
    pub(crate) confirmed: bool,
    /// When it was fetched (`None`: now).
    pub(crate) at: Option<Moment>,
}

/// The settings of an observer.
#[derive(Clone, Debug)]
pub(crate) struct ObserverSpec {
    /// Whether it may fetch of itself; never where nothing is to be fetched.
    pub(crate) enabled: bool,
    /// How long data counts as fresh for it.
    pub(crate) stale: StaleTime,
    /// When it fetches on appearing.
    pub(crate) on_mount: RefetchWhen,
    /// When it fetches on focus.
    pub(crate) on_focus: RefetchWhen,
    /// When it fetches on reconnecting.
    pub(crate) on_reconnect: RefetchWhen,
    /// Whether it fetches on appearing where the last fetch failed and there is no data.
    pub(crate) retry_on_mount: bool,
    /// How often it fetches.
    pub(crate) interval: Option<Duration>,
    /// Whether it also does so without focus.
    pub(crate) interval_in_background: bool,
    /// How long after a fetch what happens makes it fetch nothing.
    pub(crate) dedupe: Duration,
    /// How long after one fetch on focus the next may come, and after it appeared the first.
    pub(crate) focus_throttle: Duration,
    /// How long a fetch may take while nothing is cached until it counts as slow.
    pub(crate) slow_after: Option<Duration>,
    /// The settings that it gives its entry.
    pub(crate) entry: EntrySpec,
    /// How all of these depend on the state of its entry.
    pub(crate) by: Option<Adapting>,
}

impl ObserverSpec {
    /// Returns these settings as they are in a state of the entry.
    pub(crate) fn adapted(self, data: Option<&Value>, state: &EntryState) -> Self {
        let adapted = self.by.as_ref().and_then(|by| by.adapt(data, state));
        match adapted {
            Some(adapted) => Self { by: self.by, ..adapted },
            None => self,
        }
    }
}

/// Makes an observer's settings of the state of its entry.
pub(crate) trait Adapt: MaybeSend + MaybeSync {
    /// Returns what they are.
    fn adapt(&self, data: Option<&Value>, state: &EntryState) -> ObserverSpec;
}

/// How an observer's settings depend on the state of its entry.
#[derive(Clone)]
pub(crate) struct Adapting(Arc<dyn Adapt>);

impl fmt::Debug for Adapting {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Adapting")
    }
}

impl Adapting {
    pub(crate) fn new(adapt: Arc<dyn Adapt>) -> Self {
        Self(adapt)
    }

    /// Returns the settings; nothing, if the user's code panics.
    pub(crate) fn adapt(&self, data: Option<&Value>, state: &EntryState) -> Option<ObserverSpec> {
        // Both are only read: a panic in the middle leaves nothing half-changed.
        catch_unwind(AssertUnwindSafe(|| self.0.adapt(data, state))).ok()
    }
}

/// Which part of the data a fetch is to load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum Direction {
    /// All of it.
    #[default]
    Whole,
    /// An infinite query's first page, and no other.
    First,
    /// So many pages after an infinite query's last one.
    Next(usize),
    /// The page before an infinite query's first one.
    Previous,
    /// The page that an infinite query has at this place.
    Page(usize),
}

/// A fetch that somebody asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FetchRequest {
    /// Whose settings and function the entry takes before a fetch starts; `None`: it keeps those it has.
    pub(crate) observer: Option<ObserverId>,
    /// The part of the data.
    pub(crate) direction: Direction,
    /// Whether a running fetch is replaced, if there is data.
    pub(crate) replace: bool,
}

impl FetchRequest {
    /// Returns the request for all of the data, with the settings that the entry has, joining a fetch that runs.
    pub(crate) fn whole() -> Self {
        Self { observer: None, direction: Direction::Whole, replace: false }
    }
}

/// A mutation that somebody asks for.
#[derive(Clone, Debug)]
pub(crate) struct NewMutation {
    /// Its name: the client gives it before the heart hears of it.
    pub(crate) id: MutationId,
    /// Its key, the same for all calls.
    pub(crate) key: QueryKey,
    /// What it changes, in order, where it is optimistic.
    pub(crate) ops: Vec<Op>,
    /// Which mutations it must not overtake.
    pub(crate) scope: Scope,
    /// Ids, possibly temporary, that its variables name.
    pub(crate) names: Vec<KeySegment>,
    /// The settings.
    pub(crate) spec: FetchSpec,
    /// What may be done when nobody knows whether the server has carried it out, or when the server says no.
    pub(crate) terms: Terms,
    /// By what the server can tell that it has seen the mutation.
    pub(crate) idempotency_key: Arc<str>,
    /// Whether it may be sent; otherwise it waits for `ready`.
    pub(crate) ready: bool,
    /// How long it is kept while nobody looks at it.
    pub(crate) gc: GcTime,
    /// How many observers look at it.
    pub(crate) observers: usize,
    /// Whether it was saved by an earlier client: it is then sent when it is resumed, and not before.
    pub(crate) restored: Option<Restored>,
}

/// What may be done when nobody knows whether the server has carried a mutation out, or when the server says no.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is said on its own; all combinations occur")]
pub(crate) struct Terms {
    /// Whether sending it twice does no more than sending it once.
    pub(crate) idempotent: bool,
    /// Whether the server takes what has the same idempotency key for one and the same.
    pub(crate) keyed: bool,
    /// Whether the program decides what becomes of it when nobody knows.
    pub(crate) asks: bool,
    /// Whether the program decides what becomes of it when it conflicts with what the server has.
    pub(crate) resolves: bool,
}

impl Terms {
    /// Returns whether the same bytes may be sent again after some have left (rule R9).
    pub(crate) fn may_repeat(self) -> bool {
        self.idempotent || self.keyed
    }
}

/// What is known of a mutation that was saved while it waited.
#[derive(Clone, Debug)]
pub(crate) struct Restored {
    /// When it was asked for.
    pub(crate) submitted_at: Moment,
    /// How often it had failed.
    pub(crate) failure_count: u32,
    /// Whether an attempt failed so that the server may have carried it out.
    pub(crate) is_uncertain: bool,
}

/// Mutations of one scope are sent one after the other, in the order they were asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Scope {
    /// In parallel with everything.
    None,
    /// By name.
    Named(NamedScope),
    /// By the row it changes: the default of optimistic mutations (rule R2).
    Row(TypeId, KeySegment),
}

/// A scope with a name, and what becomes of those that wait in it. Two are the same if their names are.
#[derive(Clone, Debug)]
pub(crate) struct NamedScope {
    /// Its name.
    pub(crate) name: Arc<str>,
    /// Whether a mutation is rejected when one before it fails.
    pub(crate) stops: bool,
    /// Whether a mutation takes the place of those that wait.
    pub(crate) newest: bool,
}

impl PartialEq for NamedScope {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for NamedScope {}

impl Hash for NamedScope {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl Scope {
    /// Returns the name, if it has one.
    pub(crate) fn named(&self) -> Option<&NamedScope> {
        match self {
            Self::Named(scope) => Some(scope),
            Self::None | Self::Row(..) => None,
        }
    }
}

/// What the server said of a mutation it carried out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Confirmation {
    /// The row as it is now: an `Arc<E>`; `None` where the answer has none, or it could not be read.
    pub(crate) row: Option<Value>,
    /// The id of the row that was created: as a key segment, and an `Arc<E::Id>`.
    pub(crate) created: Option<(KeySegment, Value)>,
    /// How far the server had seen when it carried it out.
    pub(crate) mark: Option<u64>,
}
