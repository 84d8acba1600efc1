//! What becomes of pushes, whatever else is under way?

use super::levels::{Row, RowChange, Stage, row};
use crate::{
    heart::{Effect, Event},
    level::Version,
    projection::Op,
    resource::ListReach,
};

fn other(id: i64, a: i64, version: i128) -> Row<2> {
    Row { id, ..row(a, 0, version) }
}

fn ids(rows: &[Row<2>]) -> Vec<i64> {
    rows.iter().map(|row| row.id).collect()
}

#[test]
fn fetch_that_a_push_overtook_changes_nothing() {
    // S40.
    let mut stage = Stage::<2>::new();
    let (detail, list) = (stage.detail(), stage.list());
    stage.loaded(detail, row::<2>(1, 0, 1), 0);
    stage.loaded_list(list, &[row(1, 0, 1)], 0);
    let (of_detail, of_list) = (stage.bench.fetch(detail), stage.bench.fetch(list));
    stage.push(row(1, 5, 5), None);
    stage.reply(of_detail, row::<2>(1, 0, 1), 0);
    stage.reply_list(of_list, &[row(1, 0, 1)], 0);
    assert_eq!(stage.shown(detail), Some(row(1, 5, 5)));
    assert_eq!(stage.listed(list), [row(1, 5, 5)]);
    assert!(stage.bench.started().is_empty());
}

#[test]
fn first_load_that_a_push_overtook_brings_the_pushed_state() {
    let mut stage = Stage::<2>::new();
    let (detail, list) = (stage.detail(), stage.list());
    stage.bench.observe(detail);
    stage.bench.observe(list);
    let fetches = stage.bench.started();
    stage.push(row(1, 5, 5), None);
    stage.reply(fetches[0], row::<2>(1, 0, 1), 0);
    stage.reply_list(fetches[1], &[row(1, 0, 1)], 0);
    assert_eq!(stage.shown(detail), Some(row(1, 5, 5)));
    assert_eq!(stage.listed(list), [row(1, 5, 5)]);
}

#[test]
fn only_the_newest_of_several_pushes_counts() {
    // S41.
    let mut stage = Stage::<2>::new();
    let (detail, list) = (stage.detail(), stage.list());
    stage.loaded(detail, row::<2>(1, 0, 1), 0);
    stage.loaded_list(list, &[row(1, 0, 1)], 0);
    stage.push(row(0, 3, 3), None);
    assert!(stage.listed(list).is_empty(), "it has left the list");
    let before = stage.bench.snapshots[&detail].events;
    stage.push(row(1, 2, 2), None);
    stage.push(row(0, 3, 3), None);
    assert_eq!(stage.shown(detail), Some(row(0, 3, 3)));
    assert_eq!(stage.bench.snapshots[&detail].events, before, "one change");
    assert!(stage.listed(list).is_empty() && stage.total(list) == Some(0));
}

#[test]
fn push_and_pending_change_both_show() {
    // S43, S44: what is pushed is never masked by what an operation was applied to first.
    let mut stage = Stage::<2>::new();
    let (detail, list) = (stage.detail(), stage.list());
    stage.loaded(detail, row::<2>(5, 0, 1), 0);
    stage.loaded_list(list, &[], 0);
    stage.change(RowChange::SetA(1));
    assert_eq!(stage.shown(detail), Some(row(1, 0, 1)));
    stage.push(row(5, 7, 2), None);
    assert_eq!(stage.shown(detail), Some(row(1, 7, 2)));
    stage.push(row(5, 8, 3), None);
    assert_eq!(stage.shown(detail), Some(row(1, 8, 3)));
    assert_eq!(stage.listed(list).first().map(|row| row.n), Some(8), "also where the change alone puts the row");
}

#[test]
fn created_row_that_is_pushed_before_the_answer_shows_once() {
    // S46, with the mutation's key and without.
    for with_key in [true, false] {
        let mut stage = Stage::<2>::new();
        let list = stage.list();
        stage.loaded_list(list, &[other(7, 1, 1)], 0);
        let create = stage.create(-1);
        assert_eq!(ids(&stage.listed(list)), [-1, 7]);
        stage.push(other(42, 1, 1), with_key.then_some(create));
        assert_eq!(stage.listed(list).len(), 2, "one row of the two is new");
        assert_eq!(ids(&stage.listed(list)).contains(&42), with_key, "with the key it is known to be that row");
        stage.ack(create, Some(other(42, 1, 1)), 0);
        assert_eq!(ids(&stage.listed(list)), [7, 42]);
        assert_eq!(stage.total(list), Some(2));
        assert!(!stage.is_optimistic(list), "the row that is there proves it");
    }
}

#[test]
fn row_of_somebody_else_is_held_until_the_own_creation_is_decided() {
    for accepted in [true, false] {
        let mut stage = Stage::<2>::new();
        let list = stage.list();
        stage.loaded_list(list, &[], 0);
        let create = stage.create(-1);
        stage.push(other(50, 1, 1), None);
        assert_eq!(ids(&stage.listed(list)), [-1]);
        if accepted {
            stage.ack(create, Some(other(42, 1, 1)), 0);
            assert_eq!(ids(&stage.listed(list)), [42, 50]);
        } else {
            stage.bench.reject(create);
            assert_eq!(ids(&stage.listed(list)), [50]);
        }
        assert_eq!(stage.total(list), Some(stage.listed(list).len() as u64));
    }
}

#[test]
fn known_row_is_not_held_for_a_creation() {
    let mut stage = Stage::<2>::new();
    let list = stage.list();
    stage.loaded_list(list, &[other(7, 1, 1)], 0);
    stage.create(-1);
    stage.push(Row { n: 3, ..other(7, 1, 2) }, None);
    assert!(stage.listed(list).iter().any(|row| row.id == 7 && row.n == 3));
}

#[test]
fn push_that_the_filter_excludes_leaves_the_list_as_it_is() {
    // S48.
    let mut stage = Stage::<2>::new();
    let list = stage.list();
    stage.loaded_list(list, &[row(1, 0, 1)], 0);
    let before = stage.bench.snapshots[&list].data.clone();
    stage.push(other(9, 0, 1), None);
    assert_eq!((stage.listed(list), stage.total(list)), (vec![row(1, 0, 1)], Some(1)));
    let after = stage.bench.snapshots[&list].data.clone();
    assert!(before.zip(after).is_some_and(|(before, after)| std::sync::Arc::ptr_eq(&before, &after)));
    assert!(stage.bench.started().is_empty());
    stage.push(other(0, 1, 1), None);
    assert_eq!((ids(&stage.listed(list)), stage.total(list)), (vec![0, 1], Some(2)));
}

#[test]
fn push_without_a_version_is_only_a_reason_to_ask() {
    // S50.
    let mut stage = Stage::<2>::new();
    let detail = stage.detail();
    stage.loaded(detail, row::<2>(1, 0, 1), 0);
    stage.push_as(row(9, 9, 9), None, None);
    assert_eq!(stage.shown(detail), Some(row(1, 0, 1)));
    let fetch = stage.bench.only_started();
    stage.reply(fetch, row::<2>(2, 0, 2), 0);
    assert_eq!(stage.shown(detail), Some(row(2, 0, 2)));
}

#[test]
fn push_at_a_level_without_versions_is_only_a_reason_to_ask() {
    let mut stage = Stage::<1>::new();
    let detail = stage.detail();
    stage.loaded(detail, row::<1>(1, 0, 1), 0);
    stage.push_as(row(9, 9, 9), Some(Version(9)), None);
    assert_eq!(stage.shown(detail), Some(row(1, 0, 1)));
    assert_eq!(stage.bench.started().len(), 1);
}

#[test]
fn push_that_may_contain_an_increment_waits_for_it() {
    // C2.
    for accepted in [true, false] {
        let mut stage = Stage::<2>::new();
        let detail = stage.detail();
        stage.loaded(detail, row::<2>(1, 0, 1), 0);
        let inc = stage.change(RowChange::Inc(1));
        stage.push(row(1, 1, 2), None);
        assert_eq!(stage.shown(detail).map(|row| row.n), Some(1), "shown once");
        if accepted {
            stage.ack(inc, Some(row(1, 1, 2)), 0);
        } else {
            stage.bench.reject(inc);
        }
        assert_eq!(stage.shown(detail), Some(row(1, 1, 2)));
        assert!(!stage.is_optimistic(detail));
    }
}

#[test]
fn push_with_the_key_of_an_increment_proves_it() {
    // C2: an early proof of inclusion; the mutation is settled by its answer all the same.
    let mut stage = Stage::<2>::new();
    let (detail, list) = (stage.detail(), stage.list());
    stage.loaded(detail, row::<2>(1, 0, 1), 0);
    stage.loaded_list(list, &[row(1, 0, 1)], 0);
    let inc = stage.change(RowChange::Inc(1));
    stage.push(row(1, 1, 2), Some(inc));
    assert_eq!(stage.shown(detail), Some(row(1, 1, 2)));
    assert_eq!(stage.listed(list), [row(1, 1, 2)]);
    assert!(!stage.is_optimistic(detail) && !stage.is_optimistic(list));
    let next = stage.bench.mutate(Op::change::<Row<2>>(1, RowChange::Inc(1), ListReach::Matching, true));
    assert!(stage.bench.sent().is_empty(), "its scope waits for the answer");
    stage.ack(inc, Some(row(1, 1, 2)), 0);
    assert_eq!(stage.bench.sent(), [next]);
    assert_eq!(stage.shown(detail).map(|row| row.n), Some(2));
}

#[test]
fn push_after_a_confirmation_without_a_version_never_shows_an_increment_twice() {
    let mut stage = Stage::<2>::new();
    let list = stage.list();
    stage.loaded_list(list, &[row(1, 0, 1)], 0);
    let inc = stage.change(RowChange::Inc(1));
    let early = stage.bench.fetch(list);
    stage.ack(inc, None, 0);
    stage.push(row(1, 1, 2), None);
    assert_eq!(stage.listed(list)[0].n, 1);
    stage.reply_list(early, &[row(1, 0, 1)], 0);
    assert_eq!(stage.listed(list)[0].n, 1);
    for fetch in stage.bench.started() {
        stage.reply_list(fetch, &[row(1, 1, 2)], 0);
    }
    assert_eq!(stage.listed(list), [row(1, 1, 2)]);
    assert!(!stage.is_optimistic(list));
}

#[test]
fn deletion_that_is_pushed_is_not_undone_by_what_is_older() {
    let mut stage = Stage::<2>::new();
    let (detail, list) = (stage.detail(), stage.list());
    stage.loaded(detail, row::<2>(1, 0, 1), 0);
    stage.loaded_list(list, &[row(1, 0, 1)], 0);
    let (of_detail, of_list) = (stage.bench.fetch(detail), stage.bench.fetch(list));
    stage.push_deletion(3);
    assert!(stage.shown(detail).is_none() && stage.bench.snapshots[&detail].is_gone);
    assert_eq!((stage.listed(list), stage.total(list)), (vec![], Some(0)));
    stage.push(row(1, 2, 2), None);
    stage.reply(of_detail, row::<2>(1, 2, 2), 0);
    stage.reply_list(of_list, &[row(1, 2, 2)], 0);
    assert!(stage.shown(detail).is_none() && stage.listed(list).is_empty());
    stage.push(row(1, 4, 4), None);
    assert_eq!(stage.listed(list), [row(1, 4, 4)], "made again");
}

#[test]
fn push_after_the_own_deletion_is_only_a_reason_to_ask() {
    // Whether the state is from before or after, the version does not say.
    let mut stage = Stage::<2>::new();
    let list = stage.list();
    stage.loaded_list(list, &[row(1, 0, 1)], 0);
    let deletion = stage.delete();
    stage.ack(deletion, None, 0);
    let clean = stage.bench.only_started();
    stage.reply_list(clean, &[], 0);
    stage.push(row(1, 2, 2), None);
    assert!(stage.listed(list).is_empty());
    assert_eq!(stage.bench.started().len(), 1);
}

#[test]
fn change_that_panics_over_a_pushed_row_hides_nothing_and_is_sent() {
    // S12, R17.
    let mut stage = Stage::<2>::new();
    let detail = stage.detail();
    stage.loaded(detail, row::<2>(1, 0, 1), 0);
    let bad = stage.bench.mutate(Op::change::<Row<2>>(1, RowChange::PanicAbove(4), ListReach::Matching, true));
    stage.bench.mutate(Op::change::<Row<2>>(1, RowChange::SetA(7), ListReach::Matching, true));
    assert_eq!(stage.shown(detail), Some(row(7, 0, 1)));
    stage.bench.effects.retain(|effect| !matches!(effect, Effect::Event(_)));
    stage.push(row(1, 5, 2), None);
    assert_eq!(stage.shown(detail), Some(row(7, 5, 2)), "the others show");
    let panics = |effect: &&Effect| matches!(effect, Effect::Event(Event::Panicked(_)));
    assert_eq!(stage.bench.effects.iter().filter(panics).count(), 1, "told once");
    assert_eq!(stage.bench.sent(), [bad], "and it is sent");
    stage.push(row(1, 3, 3), None);
    assert_eq!(stage.shown(detail), Some(row(7, 3, 3)));
}

#[test]
fn what_is_told_of_many_rows_is_bounded_and_what_is_forgotten_is_asked_for() {
    let mut stage = Stage::<2>::new();
    let list = stage.list();
    stage.loaded_list(list, &[row(1, 0, 1)], 0);
    let fetch = stage.bench.fetch(list);
    stage.push(row(1, 5, 5), None);
    for id in 0..10_000 {
        stage.push(other(100 + id, 0, 1), None);
    }
    stage.reply_list(fetch, &[row(1, 0, 1)], 0);
    assert_eq!(stage.listed(list), [row(1, 5, 5)], "the base still knows");
    assert_eq!(stage.bench.started().len(), 1, "and one more fetch makes sure");
}

#[test]
fn pushes_that_wait_are_bounded() {
    let mut stage = Stage::<2>::new();
    let list = stage.list();
    stage.loaded_list(list, &[], 0);
    let create = stage.create(-1);
    for id in 0..1_001 {
        stage.push(other(100 + id, 1, 1), None);
    }
    let fetch = stage.bench.only_started();
    stage.bench.reject(create);
    assert_eq!(stage.listed(list).len(), 1_000);
    let all: Vec<Row<2>> = (0..1_001).map(|id| other(100 + id, 1, 1)).collect();
    stage.reply_list(fetch, &all, 0);
    assert_eq!(stage.listed(list).len(), 1_001);
}
