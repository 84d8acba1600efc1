//! What does the heart make of versions and watermarks?

use std::{cmp::Ordering, sync::Arc};

use super::Bench;
use crate::{
    backoff::RetryPolicy,
    filter,
    heart::{
        CancelHow, Confirmation, EntryId, EntrySpec, FetchId, FetchSpec, MutationId, ObserverSpec, Pushed, Written,
    },
    key::KeySegment,
    level::{Level, Version},
    page::Page,
    projection::{DetailProjector, ListProjector, Op, Value},
    resource::{Change, Entity, InsertAt, ListFilter, ListReach, ListWindow, Membership},
    status::{FetchStatus, GcTime},
};

/// A row at level `L`: `a` decides membership of the list, `n` is counted up.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row<const L: u8> {
    pub(super) id: i64,
    pub(super) a: i64,
    pub(super) n: i64,
    pub(super) version: i128,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum RowChange {
    SetA(i64),
    Inc(i64),
    /// Panics where the row has a larger `n`.
    PanicAbove(i64),
}

impl<const L: u8> Change<Row<L>> for RowChange {
    fn apply(&self, row: &mut Row<L>) {
        match self {
            Self::SetA(a) => row.a = *a,
            Self::Inc(n) => row.n += n,
            Self::PanicAbove(n) => assert!(row.n <= *n, "a change of the user's that panics"),
        }
    }

    fn is_idempotent(&self) -> bool {
        !matches!(self, Self::Inc(_))
    }

    fn settled(&self, row: &Row<L>) -> Self {
        match self {
            Self::SetA(_) => Self::SetA(row.a),
            other => other.clone(),
        }
    }
}

impl<const L: u8> Entity for Row<L> {
    type Id = i64;
    type Change = RowChange;
    const ROOT: &'static [&'static str] = &["rows"];
    const LEVEL: Level = match L {
        0 => Level::Plain,
        1 => Level::Keyed,
        2 => Level::Versioned,
        _ => Level::Watermarked,
    };

    fn id(&self) -> &i64 {
        &self.id
    }

    fn set_id(&mut self, id: i64) {
        self.id = id;
    }

    fn version(&self) -> Option<Version> {
        (self.version > 0).then_some(Version(self.version))
    }
}

/// Rows with `a == 1`, by id.
#[derive(Clone, Debug, PartialEq)]
struct Ones;

impl<const L: u8> ListFilter<Row<L>> for Ones {
    fn matches(&self, row: &Row<L>) -> Membership {
        filter::eq(Some(&1), Some(&row.a))
    }

    fn compare(&self, a: &Row<L>, b: &Row<L>) -> Option<Ordering> {
        Some(a.id.cmp(&b.id))
    }
}

/// Row 1.
pub(super) fn row<const L: u8>(a: i64, n: i64, version: i128) -> Row<L> {
    Row { id: 1, a, n, version }
}

fn rows<const L: u8>(rows: &[Row<L>]) -> Page<Row<L>> {
    Page { items: rows.iter().cloned().collect(), total: Some(rows.len() as u64), ..Page::default() }
}

/// A bench for rows at level `L`.
pub(super) struct Stage<const L: u8> {
    pub(super) bench: Bench,
}

impl<const L: u8> Stage<L> {
    pub(super) fn new() -> Self {
        Self { bench: Bench::new() }
    }

    pub(super) fn detail(&mut self) -> EntryId {
        let projector = DetailProjector::<Row<L>>::new(&1);
        self.bench.entry_of::<Row<L>>("row", Some(Arc::new(projector)), GcTime::default())
    }

    pub(super) fn list(&mut self) -> EntryId {
        let projector = ListProjector::<Row<L>, Ones>::new(Ones, ListWindow::All);
        self.bench.entry_of::<Page<Row<L>>>("rows", Some(Arc::new(projector)), GcTime::default())
    }

    /// Observes an entry and answers its first fetch.
    pub(super) fn loaded<T: Send + Sync + 'static>(&mut self, entry: EntryId, value: T, mark: u64) {
        self.bench.observe(entry);
        let fetch = self.bench.only_started();
        self.reply(fetch, value, mark);
    }

    pub(super) fn loaded_list(&mut self, list: EntryId, of: &[Row<L>], mark: u64) {
        self.loaded(list, rows(of), mark);
    }

    pub(super) fn reply<T: Send + Sync + 'static>(&mut self, fetch: FetchId, value: T, mark: u64) {
        self.bench.act(|heart, _| heart.watermarked(fetch, (L >= 3).then_some(mark)));
        self.bench.reply(fetch, value);
    }

    pub(super) fn reply_list(&mut self, fetch: FetchId, of: &[Row<L>], mark: u64) {
        self.reply(fetch, rows(of), mark);
    }

    pub(super) fn change(&mut self, change: RowChange) -> MutationId {
        let change = Op::change::<Row<L>>(1, change, ListReach::Matching, true);
        let id = self.bench.mutate(change);
        self.bench.sent();
        id
    }

    pub(super) fn create(&mut self, temporary: i64) -> MutationId {
        let row: Row<L> = Row { id: temporary, a: 1, n: 0, version: 0 };
        let id = self.bench.mutate(Op::create_temporary(row, ListReach::Matching, InsertAt::Sorted));
        self.bench.sent();
        id
    }

    pub(super) fn delete(&mut self) -> MutationId {
        let id = self.bench.mutate(Op::delete::<Row<L>>(1, ListReach::Matching, true));
        self.bench.sent();
        id
    }

    pub(super) fn ack(&mut self, id: MutationId, row: Option<Row<L>>, mark: u64) {
        let created = row.as_ref().map(|row| {
            let id: Value = Arc::new(row.id);
            (KeySegment::of(&row.id), id)
        });
        let row = row.map(|row| Arc::new(row) as Value);
        let confirmation = Confirmation { row, created, mark: (L >= 3).then_some(mark) };
        self.bench.act(|heart, now| {
            heart.mutation_acked(id, &confirmation, now);
            heart.mutation_settled(id, None, now);
        });
    }

    pub(super) fn push(&mut self, row: Row<L>, key: Option<MutationId>) {
        let version = row.version();
        self.push_as(row, version, key);
    }

    pub(super) fn push_as(&mut self, row: Row<L>, version: Option<Version>, key: Option<MutationId>) {
        let id: Value = Arc::new(row.id);
        let created = Some((KeySegment::of(&row.id), id));
        let value: Value = Arc::new(row.clone());
        let pushed = Pushed {
            op: Op::create(row, ListReach::Matching, InsertAt::Sorted),
            confirmation: Confirmation { row: Some(value), created, mark: None },
            version,
            key: key.map(|id| format!("key {}", id.0).into()),
        };
        self.bench.act(|heart, now| heart.receive(pushed, now));
    }

    pub(super) fn push_deletion(&mut self, version: i128) {
        let pushed = Pushed {
            op: Op::delete::<Row<L>>(1, ListReach::Matching, true),
            confirmation: Confirmation::default(),
            version: Some(Version(version)),
            key: None,
        };
        self.bench.act(|heart, now| heart.receive(pushed, now));
    }

    pub(super) fn shown(&self, entry: EntryId) -> Option<Row<L>> {
        self.bench.view(entry)
    }

    pub(super) fn listed(&self, entry: EntryId) -> Vec<Row<L>> {
        self.bench.view::<Page<Row<L>>>(entry).map(|page| page.items.iter().cloned().collect()).unwrap_or_default()
    }

    pub(super) fn total(&self, entry: EntryId) -> Option<u64> {
        self.bench.view::<Page<Row<L>>>(entry)?.total
    }

    pub(super) fn is_optimistic(&self, entry: EntryId) -> bool {
        self.bench.snapshots[&entry].is_optimistic
    }

    pub(super) fn is_invalidated(&self, entry: EntryId) -> bool {
        self.bench.snapshots[&entry].is_invalidated
    }
}

/// An observer whose fetches are tried three times, a second apart.
fn patient() -> ObserverSpec {
    let retry = RetryPolicy::default().max(2).delay(|_, _| std::time::Duration::from_secs(1));
    let entry = EntrySpec { fetch: FetchSpec { retry, ..FetchSpec::default() }, ..Bench::spec().entry };
    ObserverSpec { entry, ..Bench::spec() }
}

#[test]
fn answer_older_than_what_is_there_is_asked_for_again_a_few_times_and_never_shown() {
    // S33.
    fn check<const L: u8>(version: impl Fn(i128) -> i128) {
        let mut stage = Stage::<L>::new();
        let detail = stage.detail();
        stage.bench.observe_with(detail, patient());
        let fetch = stage.bench.only_started();
        stage.reply(fetch, row::<L>(7, 0, version(7)), 7);
        stage.bench.invalidate(detail);
        for attempt in 0..3 {
            let fetch = stage.bench.only_started();
            stage.reply(fetch, row::<L>(6, 0, version(6)), 6);
            assert_eq!(stage.shown(detail).map(|row| row.a), Some(7), "attempt {attempt}");
            assert!(stage.bench.started().is_empty(), "not at once");
            stage.bench.pass(1_000);
        }
        assert!(stage.bench.started().is_empty(), "and not for ever");
        let snapshot = &stage.bench.snapshots[&detail];
        assert!(snapshot.is_invalidated && snapshot.error.is_none());
        assert_eq!(snapshot.fetch_status, FetchStatus::Idle);
        stage.bench.invalidate(detail);
        let fetch = stage.bench.only_started();
        stage.reply(fetch, row::<L>(8, 0, version(8)), 8);
        assert_eq!(stage.shown(detail).map(|row| row.a), Some(8));
        assert!(!stage.is_invalidated(detail));
    }
    check::<2>(|version| version);
    check::<3>(|_| 0);
    check::<3>(|version| version);
}

#[test]
fn at_a_lower_level_the_last_answer_counts_whatever_its_version() {
    let mut stage = Stage::<1>::new();
    let detail = stage.detail();
    stage.loaded(detail, row::<1>(7, 0, 7), 7);
    let fetch = stage.bench.fetch(detail);
    stage.reply(fetch, row::<1>(6, 0, 6), 6);
    assert_eq!(stage.shown(detail).map(|row| row.a), Some(6));
}

#[test]
fn fetch_that_a_confirmation_overtook_ends_with_the_confirmed_row_and_is_not_repeated() {
    // S21 at L2 and L3.
    fn check<const L: u8>(version: impl Fn(i128) -> i128) {
        let mut stage = Stage::<L>::new();
        let detail = stage.detail();
        stage.loaded(detail, row::<L>(0, 0, version(1)), 1);
        let fetch = stage.bench.fetch(detail);
        let change = stage.change(RowChange::SetA(1));
        stage.ack(change, Some(row::<L>(1, 0, version(2))), 2);
        assert!(!stage.is_optimistic(detail), "the answer is the base");
        stage.reply(fetch, row::<L>(0, 0, version(1)), 1);
        assert_eq!(stage.shown(detail).map(|row| row.a), Some(1));
        assert!(stage.bench.started().is_empty());
        assert_eq!(stage.bench.snapshots[&detail].fetch_status, FetchStatus::Idle);
    }
    check::<2>(|version| version);
    check::<3>(|_| 0);
}

#[test]
fn fetch_that_began_before_a_confirmation_is_used_if_it_provably_has_it() {
    // L3 never discards by the order of events what the watermark proves.
    fn check<const L: u8>(version: impl Fn(i128) -> i128) {
        let mut stage = Stage::<L>::new();
        let detail = stage.detail();
        stage.loaded(detail, row::<L>(0, 0, version(1)), 1);
        let fetch = stage.bench.fetch(detail);
        let change = stage.change(RowChange::Inc(1));
        stage.ack(change, Some(row::<L>(0, 1, version(2))), 2);
        stage.reply(fetch, row::<L>(5, 1, version(3)), 3);
        assert_eq!(stage.shown(detail), Some(row::<L>(5, 1, version(3))));
        assert!(stage.bench.started().is_empty() && !stage.is_optimistic(detail));
    }
    check::<2>(|version| version);
    check::<3>(|_| 0);
}

#[test]
fn confirmation_that_the_base_contains_already_ends_the_operation_at_once() {
    fn check<const L: u8>(version: impl Fn(i128) -> i128) {
        let mut stage = Stage::<L>::new();
        let (detail, list) = (stage.detail(), stage.list());
        stage.loaded(detail, row::<L>(1, 0, version(1)), 1);
        stage.loaded_list(list, &[row::<L>(1, 0, version(1))], 1);
        let change = stage.change(RowChange::Inc(1));
        let (first, second) = (stage.bench.fetch(detail), stage.bench.fetch(list));
        stage.reply(first, row::<L>(1, 1, version(2)), 2);
        stage.reply_list(second, &[row::<L>(1, 1, version(2))], 2);
        assert_eq!(stage.shown(detail).map(|row| row.n), Some(1), "waits for the confirmation");
        stage.ack(change, Some(row::<L>(1, 1, version(2))), 2);
        assert_eq!(stage.shown(detail).map(|row| row.n), Some(1));
        assert_eq!(stage.listed(list), [row::<L>(1, 1, version(2))]);
        assert!(!stage.is_optimistic(detail) && !stage.is_optimistic(list));
        assert!(!stage.is_invalidated(list) || stage.bench.started().len() == 1, "proven or asked for");
    }
    check::<2>(|version| version);
    check::<3>(|_| 0);
}

#[test]
fn list_proves_a_change_by_the_version_of_its_row() {
    // C1 at L2: of a list, the version of a row counts for that row, whenever the fetch began.
    let mut stage = Stage::<2>::new();
    let list = stage.list();
    let other = Row { id: 2, ..row(1, 0, 9) };
    stage.loaded_list(list, &[row(1, 0, 1), other.clone()], 0);
    let change = stage.change(RowChange::Inc(1));
    let early = stage.bench.fetch(list);
    stage.ack(change, Some(row(1, 1, 2)), 0);
    assert!(stage.is_optimistic(list));
    stage.reply_list(early, &[row(1, 1, 2), other.clone()], 0);
    assert!(!stage.is_optimistic(list));
    assert_eq!(stage.listed(list)[0].n, 1, "shown once");
    let again = stage.bench.only_started();
    stage.reply_list(again, &[row(1, 1, 2), other], 0);
    assert!(!stage.is_invalidated(list));
}

#[test]
fn list_that_lacks_a_confirmed_increment_shows_it_once_until_it_has_it() {
    fn check<const L: u8>(version: impl Fn(i128) -> i128) {
        let mut stage = Stage::<L>::new();
        let list = stage.list();
        stage.loaded_list(list, &[row::<L>(1, 0, version(1))], 1);
        let early = stage.bench.fetch(list);
        let change = stage.change(RowChange::Inc(1));
        stage.ack(change, Some(row::<L>(1, 1, version(2))), 2);
        stage.reply_list(early, &[row::<L>(1, 0, version(1))], 1);
        assert_eq!(stage.listed(list)[0].n, 1);
        assert!(stage.is_optimistic(list), "the early answer is used, and the increment shows above it");
        let again = stage.bench.only_started();
        stage.reply_list(again, &[row::<L>(1, 1, version(2))], 2);
        assert_eq!(stage.listed(list)[0].n, 1);
        assert!(!stage.is_optimistic(list) && !stage.is_invalidated(list));
    }
    check::<2>(|version| version);
    check::<3>(|_| 0);
}

#[test]
fn lagging_answer_after_a_confirmation_does_not_end_what_it_lacks() {
    // A replica that has not seen a confirmed change answers a fetch that began after it.
    let mut stage = Stage::<3>::new();
    let list = stage.list();
    stage.bench.observe_with(list, patient());
    let fetch = stage.bench.only_started();
    stage.reply_list(fetch, &[row(1, 0, 0)], 1);
    let change = stage.change(RowChange::Inc(1));
    stage.ack(change, Some(row(1, 1, 0)), 5);
    let fetch = stage.bench.only_started();
    stage.reply_list(fetch, &[row(1, 0, 0)], 3);
    assert_eq!(stage.listed(list)[0].n, 1);
    assert!(stage.bench.started().is_empty(), "asked again later");
    stage.bench.pass(1_000);
    let fetch = stage.bench.only_started();
    stage.reply_list(fetch, &[row(1, 1, 0)], 5);
    assert_eq!(stage.listed(list)[0].n, 1);
    assert!(!stage.is_optimistic(list) && !stage.is_invalidated(list));
}

#[test]
fn answer_without_the_promised_watermark_is_judged_by_the_order_of_events() {
    let mut stage = Stage::<3>::new();
    let detail = stage.detail();
    stage.loaded(detail, row::<3>(0, 0, 0), 1);
    let early = stage.bench.fetch(detail);
    let change = stage.change(RowChange::SetA(1));
    stage.ack(change, Some(row(1, 0, 0)), 2);
    stage.bench.reply(early, row::<3>(0, 0, 0));
    assert_eq!(stage.shown(detail).map(|row| row.a), Some(1), "N1 still holds");
    let clean = stage.bench.only_started();
    stage.bench.reply(clean, row::<3>(1, 0, 0));
    assert_eq!(stage.shown(detail).map(|row| row.a), Some(1));
    assert!(!stage.is_optimistic(detail));
}

#[test]
fn confirmation_without_a_number_is_protected_from_every_early_fetch() {
    // The answer to the mutation said nothing: that a fetch says how new it is does not help.
    let mut stage = Stage::<3>::new();
    let detail = stage.detail();
    stage.loaded(detail, row::<3>(0, 0, 0), 1);
    let early = stage.bench.fetch(detail);
    let change = stage.change(RowChange::SetA(1));
    let confirmation = Confirmation { row: Some(Arc::new(row::<3>(1, 0, 0)) as Value), ..Confirmation::default() };
    stage.bench.act(|heart, now| heart.mutation_acked(change, &confirmation, now));
    stage.reply(early, row::<3>(0, 0, 0), 1);
    assert_eq!(stage.shown(detail).map(|row| row.a), Some(1));
    assert_eq!(stage.bench.started().len(), 1, "it runs again");
}

#[test]
fn row_of_a_list_never_goes_back_to_an_older_state() {
    let mut stage = Stage::<2>::new();
    let list = stage.list();
    let other = |version| Row { id: 2, ..row(1, 0, version) };
    stage.loaded_list(list, &[row(1, 5, 5), other(1)], 0);
    let fetch = stage.bench.fetch(list);
    stage.reply_list(fetch, &[row(1, 4, 4), other(2)], 0);
    assert_eq!(stage.listed(list), [row(1, 5, 5), other(2)]);
}

#[test]
fn deleted_row_does_not_come_back_by_a_fetch_that_was_running() {
    // S37, at every level.
    fn check<const L: u8>() {
        let version = |version| if L >= 2 { version } else { 0 };
        let mut stage = Stage::<L>::new();
        let (detail, list) = (stage.detail(), stage.list());
        stage.loaded(detail, row::<L>(1, 0, version(1)), 1);
        stage.loaded_list(list, &[row::<L>(1, 0, version(1))], 1);
        let (of_detail, of_list) = (stage.bench.fetch(detail), stage.bench.fetch(list));
        let deletion = stage.delete();
        stage.ack(deletion, None, 2);
        assert!(stage.shown(detail).is_none() && stage.bench.snapshots[&detail].is_gone, "gone at once");
        stage.reply(of_detail, row::<L>(1, 0, version(1)), 1);
        stage.reply_list(of_list, &[row::<L>(1, 0, version(1))], 1);
        assert!(stage.shown(detail).is_none() && stage.bench.snapshots[&detail].is_gone);
        assert!(stage.listed(list).is_empty());
    }
    check::<0>();
    check::<2>();
    check::<3>();
}

#[test]
fn data_set_by_hand_has_no_watermark() {
    let mut stage = Stage::<3>::new();
    let detail = stage.detail();
    stage.loaded(detail, row::<3>(0, 0, 0), 9);
    let value: Value = Arc::new(row::<3>(3, 0, 0));
    stage.bench.act(|heart, now| heart.set_base(detail, value, Written::default(), now));
    let fetch = stage.bench.fetch(detail);
    stage.reply(fetch, row::<3>(4, 0, 0), 8);
    assert_eq!(stage.shown(detail).map(|row| row.a), Some(4));
}

#[test]
fn settled_fields_show_where_a_confirmed_change_goes_on_showing() {
    // S74: the server made 1 of what was asked for; the list never shows the old value again.
    let mut stage = Stage::<0>::new();
    let list = stage.list();
    stage.loaded_list(list, &[row(1, 0, 0)], 0);
    let change = stage.change(RowChange::SetA(2));
    assert!(stage.listed(list).is_empty(), "it leaves the list");
    stage.ack(change, Some(row(1, 0, 0)), 0);
    assert_eq!(stage.listed(list), [row(1, 0, 0)], "the server did not let it");
}

#[test]
fn fetch_given_up_after_a_push_does_not_undo_it() {
    // S34.
    let mut stage = Stage::<2>::new();
    let detail = stage.detail();
    stage.loaded(detail, row::<2>(0, 0, 1), 0);
    stage.bench.fetch(detail);
    stage.push(row(3, 0, 2), None);
    stage.bench.act(|heart, now| heart.cancel(&[detail], CancelHow::REVERT, now));
    assert_eq!(stage.shown(detail), Some(row(3, 0, 2)));
    assert_eq!(stage.bench.snapshots[&detail].fetch_status, FetchStatus::Idle);
}
