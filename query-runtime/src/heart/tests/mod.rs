//! Does the heart keep its rules, event by event?
//!
//! The names S.. and I.. are those of the scenarios and invariants of the specification.

mod folding;
mod levels;
mod mutations;
mod order;
mod parts;
mod principals;
mod pushes;
mod queries;
mod scale;
mod waiting;

use std::{any::TypeId, collections::BTreeMap, sync::Arc, time::Duration};

use crate::{
    backoff::RetryPolicy,
    clock::Moment,
    error::QueryError,
    filter,
    heart::{
        Commit, Confirmation, Effect, EntryId, EntrySpec, FetchId, FetchRequest, FetchSpec, Heart, Kind, MutationId,
        NewMutation, ObserverId, ObserverSpec, Scope, Snapshot, Source, Terms,
    },
    key::{KeySegment, QueryKey},
    page::Page,
    projection::{DetailProjector, ListProjector, Op, Projector, Value},
    resource::{Change, Entity, InsertAt, ListFilter, ListReach, ListWindow, Membership},
    status::{GcTime, RefetchWhen, StaleTime},
};

/// A row: `a` decides membership of the list, `n` is counted up.
#[derive(Clone, Debug, PartialEq)]
struct Item {
    id: i64,
    a: i64,
    b: i64,
    n: i64,
}

#[derive(Clone, Debug, PartialEq)]
enum ItemChange {
    SetA(i64),
    SetB(i64),
    Inc(i64),
    Panic,
}

impl Change<Item> for ItemChange {
    fn apply(&self, row: &mut Item) {
        match self {
            Self::SetA(a) => row.a = *a,
            Self::SetB(b) => row.b = *b,
            Self::Inc(n) => row.n += n,
            Self::Panic => panic!("a change of the user's that panics"),
        }
    }

    fn is_idempotent(&self) -> bool {
        !matches!(self, Self::Inc(_))
    }

    fn moves(&self) -> bool {
        matches!(self, Self::SetA(_) | Self::Panic)
    }
}

impl Entity for Item {
    type Id = i64;
    type Change = ItemChange;
    const ROOT: &'static [&'static str] = &["items"];

    fn id(&self) -> &i64 {
        &self.id
    }

    fn set_id(&mut self, id: i64) {
        self.id = id;
    }
}

/// Rows with `a == 1`, by id.
#[derive(Clone, Debug, PartialEq)]
struct Ones;

impl ListFilter<Item> for Ones {
    fn matches(&self, row: &Item) -> Membership {
        filter::eq(Some(&1), Some(&row.a))
    }

    fn compare(&self, a: &Item, b: &Item) -> Option<std::cmp::Ordering> {
        Some(a.id.cmp(&b.id))
    }
}

fn share<T: PartialEq + Send + Sync + 'static>(old: &Value, new: Value) -> Value {
    match (old.downcast_ref::<T>(), new.downcast_ref::<T>()) {
        (Some(one), Some(two)) if one == two => old.clone(),
        _ => new,
    }
}

fn kind<T: PartialEq + Send + Sync + 'static>(projector: Option<Arc<dyn Projector>>) -> Arc<Kind> {
    Arc::new(Kind {
        type_id: TypeId::of::<T>(),
        type_name: std::any::type_name::<T>(),
        size: size_of::<T>() as u64,
        share: share::<T>,
        projector,
        codec: None,
        is_infinite: false,
    })
}

/// The heart, and what it has asked for.
struct Bench {
    heart: Heart,
    now: Moment,
    effects: Vec<Effect>,
    snapshots: BTreeMap<EntryId, Arc<Snapshot>>,
    ids: u64,
    /// On which terms mutations are sent from now on.
    terms: Terms,
}

fn item(id: i64, a: i64, b: i64, n: i64) -> Item {
    Item { id, a, b, n }
}

impl Bench {
    fn new() -> Self {
        Self {
            heart: Heart::new(7),
            now: Moment::ZERO,
            effects: Vec::new(),
            snapshots: BTreeMap::default(),
            ids: 0,
            terms: Terms::default(),
        }
    }

    /// Does something at the present time and takes what comes of it.
    fn act<R>(&mut self, act: impl FnOnce(&mut Heart, Moment) -> R) -> R {
        let result = act(&mut self.heart, self.now);
        let Commit { entries, effects, .. } = self.heart.finish();
        self.effects.extend(effects);
        for one in entries {
            match one.snapshot {
                Some(snapshot) => self.snapshots.insert(one.entry, snapshot),
                None => self.snapshots.remove(&one.entry),
            };
        }
        result
    }

    /// Lets time pass, deadline by deadline.
    fn pass(&mut self, milliseconds: u64) {
        let end = self.now + Duration::from_millis(milliseconds);
        loop {
            let next = self.heart.finish().deadline.filter(|at| *at <= end);
            self.now = next.unwrap_or(end);
            self.act(Heart::tick);
            if next.is_none() {
                return;
            }
        }
    }

    fn spec() -> ObserverSpec {
        ObserverSpec {
            enabled: true,
            stale: StaleTime::default(),
            on_mount: RefetchWhen::Stale,
            on_focus: RefetchWhen::Stale,
            on_reconnect: RefetchWhen::Stale,
            retry_on_mount: true,
            interval: None,
            interval_in_background: false,
            dedupe: Duration::ZERO,
            focus_throttle: Duration::ZERO,
            slow_after: None,
            entry: EntrySpec {
                gc: GcTime::For(Duration::ZERO),
                fetch: FetchSpec { retry: RetryPolicy::never(), ..FetchSpec::default() },
                source: Source::Given,
                keep_parts: true,
                ..EntrySpec::default()
            },
            by: None,
        }
    }

    fn entry_of<T: PartialEq + Send + Sync + 'static>(
        &mut self,
        key: &str,
        projector: Option<Arc<dyn Projector>>,
        gc: GcTime,
    ) -> EntryId {
        let key = QueryKey::new([key.to_owned()]);
        let fetch = FetchSpec { retry: RetryPolicy::never(), ..FetchSpec::default() };
        let spec = EntrySpec { gc, keep_parts: true, fetch, ..EntrySpec::default() };
        self.act(|heart, now| heart.entry(&key, &kind::<T>(projector), &spec, now)).expect("one type a key")
    }

    fn plain(&mut self, key: &str) -> EntryId {
        self.entry_of::<i64>(key, None, GcTime::default())
    }

    fn detail(&mut self, id: i64) -> EntryId {
        self.entry_of::<Item>(
            &format!("item{id}"),
            Some(Arc::new(DetailProjector::<Item>::new(&id))),
            GcTime::default(),
        )
    }

    fn list(&mut self) -> EntryId {
        let projector = ListProjector::<Item, Ones>::new(Ones, ListWindow::All);
        self.entry_of::<Page<Item>>("list", Some(Arc::new(projector)), GcTime::default())
    }

    fn observe_with(&mut self, entry: EntryId, spec: ObserverSpec) -> ObserverId {
        self.ids += 1;
        let id = ObserverId(self.ids);
        self.act(|heart, now| heart.observe(id, entry, spec, now));
        id
    }

    fn observe(&mut self, entry: EntryId) -> ObserverId {
        self.observe_with(entry, Self::spec())
    }

    /// Takes the attempts that were started since the last call.
    fn started(&mut self) -> Vec<FetchId> {
        let mut started = Vec::new();
        self.effects.retain(|effect| match effect {
            Effect::StartAttempt { fetch, .. } => {
                started.push(*fetch);
                false
            }
            _ => true,
        });
        for fetch in &started {
            let fetch = *fetch;
            self.act(|heart, _| heart.attempt_began(fetch));
        }
        started
    }

    fn only_started(&mut self) -> FetchId {
        let started = self.started();
        assert_eq!(started.len(), 1, "one fetch is started");
        started[0]
    }

    /// Takes the mutations that were sent since the last call.
    fn sent(&mut self) -> Vec<MutationId> {
        let mut sent = Vec::new();
        self.effects.retain(|effect| match effect {
            Effect::SendMutation { mutation, .. } => {
                sent.push(*mutation);
                false
            }
            _ => true,
        });
        sent
    }

    fn reply<T: Send + Sync + 'static>(&mut self, fetch: FetchId, value: T) {
        let value: Value = Arc::new(value);
        self.act(|heart, now| heart.attempt_done(fetch, Ok(value), now));
    }

    fn fail(&mut self, fetch: FetchId) {
        self.act(|heart, now| heart.attempt_done(fetch, Err(QueryError::http(503)), now));
    }

    /// Observes an entry and answers its first fetch.
    fn loaded<T: Send + Sync + 'static>(&mut self, entry: EntryId, value: T) -> ObserverId {
        let observer = self.observe(entry);
        let fetch = self.only_started();
        self.reply(fetch, value);
        observer
    }

    fn mutate(&mut self, op: Op) -> MutationId {
        self.mutate_with(op, RetryPolicy::never())
    }

    /// Changes row 1 by a mutation that is retried.
    fn retried(&mut self, change: ItemChange) -> MutationId {
        let op = Op::change::<Item>(1, change, ListReach::Matching, true);
        self.mutate_with(op, RetryPolicy::forever().when(|_, _| true))
    }

    fn mutate_with(&mut self, op: Op, retry: RetryPolicy) -> MutationId {
        self.ids += 1;
        let id = MutationId(self.ids);
        let new = NewMutation {
            id,
            key: QueryKey::new(["items", "change"]),
            scope: Scope::Row(op.entity, op.id.clone()),
            ops: vec![op],
            names: Vec::new(),
            spec: FetchSpec { retry, ..FetchSpec::default() },
            terms: self.terms,
            idempotency_key: format!("key {}", id.0).into(),
            ready: true,
            gc: GcTime::default(),
            observers: 0,
            restored: None,
        };
        self.act(|heart, now| heart.mutate(new, now));
        id
    }

    fn change(&mut self, id: i64, change: ItemChange) -> MutationId {
        self.mutate(Op::change::<Item>(id, change, ListReach::Matching, true))
    }

    fn create(&mut self, temporary: i64, a: i64) -> MutationId {
        self.mutate(Op::create_temporary(item(temporary, a, 0, 0), ListReach::Matching, InsertAt::Sorted))
    }

    fn ack(&mut self, id: MutationId, row: Option<Item>) {
        let created = row.as_ref().map(|row| {
            let id: Value = Arc::new(row.id);
            (KeySegment::of(&row.id), id)
        });
        let confirmation = Confirmation { row: row.map(|row| Arc::new(row) as Value), created, mark: None };
        self.act(|heart, now| {
            heart.for_mutation(id, |heart| {
                heart.mutation_acked(id, &confirmation, now);
                heart.mutation_settled(id, None, now);
            });
        });
    }

    fn reject(&mut self, id: MutationId) {
        self.act(|heart, now| heart.mutation_failed(id, &QueryError::http(422), now));
        self.act(|heart, now| heart.mutation_settled(id, None, now));
    }

    fn view<T: Clone + 'static>(&self, entry: EntryId) -> Option<T> {
        self.snapshots.get(&entry)?.data.as_ref()?.downcast_ref::<T>().cloned()
    }

    fn item(&self, entry: EntryId) -> Option<Item> {
        self.view(entry)
    }

    fn rows(&self, entry: EntryId) -> Vec<Item> {
        self.view::<Page<Item>>(entry).map(|page| page.items.iter().cloned().collect()).unwrap_or_default()
    }

    fn invalidate(&mut self, entry: EntryId) {
        self.act(|heart, now| heart.invalidate(&[entry], crate::heart::RefetchType::Active, true, now));
    }

    fn fetch(&mut self, entry: EntryId) -> FetchId {
        let request = FetchRequest { replace: true, ..FetchRequest::whole() };
        self.act(|heart, now| heart.fetch(entry, request, now));
        self.only_started()
    }
}

fn page(rows: &[Item]) -> Page<Item> {
    Page { items: rows.iter().cloned().collect(), total: Some(rows.len() as u64), ..Page::default() }
}
