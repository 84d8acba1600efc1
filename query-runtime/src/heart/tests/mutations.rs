//! Do optimistic operations and server data meet as the rules say, whatever the order of events?

use super::{Bench, ItemChange, item, page};
use crate::{
    heart::{Effect, Event, Written},
    projection::Op,
    resource::ListReach,
};

#[test]
fn failed_change_takes_only_itself_back() {
    // S01, S07, I2. The second is queued behind the first, shows all the same, and is sent after the first has failed.
    let mut bench = Bench::new();
    let detail = bench.detail(1);
    bench.loaded(detail, item(1, 0, 0, 0));
    let first = bench.change(1, ItemChange::SetA(1));
    let second = bench.change(1, ItemChange::SetB(1));
    assert_eq!(bench.item(detail), Some(item(1, 1, 1, 0)));
    assert_eq!(bench.sent(), [first]);
    bench.reject(first);
    assert_eq!(bench.item(detail), Some(item(1, 0, 1, 0)));
    assert_eq!(bench.sent(), [second]);
    bench.ack(second, Some(item(1, 0, 1, 0)));
    assert_eq!(bench.item(detail), Some(item(1, 0, 1, 0)));
    assert!(!bench.snapshots[&detail].is_optimistic);
}

#[test]
fn two_failures_leave_exactly_the_server_state() {
    // S05; TanStack's scope leaves a phantom.
    let mut bench = Bench::new();
    let detail = bench.detail(1);
    bench.loaded(detail, item(1, 0, 0, 0));
    let first = bench.change(1, ItemChange::SetA(1));
    let second = bench.change(1, ItemChange::SetA(2));
    bench.sent();
    bench.reject(first);
    assert_eq!(bench.item(detail), Some(item(1, 2, 0, 0)));
    bench.sent();
    bench.reject(second);
    assert_eq!(bench.item(detail), Some(item(1, 0, 0, 0)));
}

#[test]
fn fetch_that_began_before_the_confirmation_cannot_undo_it() {
    // S20, S21 at L0: the result is refused and the fetch runs again.
    let mut bench = Bench::new();
    let detail = bench.detail(1);
    bench.loaded(detail, item(1, 0, 0, 0));
    bench.invalidate(detail);
    let fetch = bench.only_started();
    let change = bench.change(1, ItemChange::SetA(1));
    bench.sent();
    bench.ack(change, Some(item(1, 1, 0, 0)));
    assert_eq!(bench.item(detail), Some(item(1, 1, 0, 0)));
    bench.reply(fetch, item(1, 0, 0, 0));
    assert_eq!(bench.item(detail), Some(item(1, 1, 0, 0)));
    let again = bench.only_started();
    bench.reply(again, item(1, 1, 0, 0));
    assert_eq!(bench.item(detail), Some(item(1, 1, 0, 0)));
    assert!(bench.started().is_empty());
}

#[test]
fn change_made_before_the_first_load_shows_when_it_lands() {
    // S22; RTK Query drops it.
    let mut bench = Bench::new();
    let detail = bench.detail(1);
    bench.observe(detail);
    let fetch = bench.only_started();
    bench.change(1, ItemChange::SetA(1));
    assert_eq!(bench.item(detail), None);
    bench.reply(fetch, item(1, 0, 0, 0));
    assert_eq!(bench.item(detail), Some(item(1, 1, 0, 0)));
}

#[test]
fn result_that_may_contain_an_increment_waits_until_it_has_settled() {
    // S24, S26, C2.
    for accepted in [true, false] {
        let mut bench = Bench::new();
        let detail = bench.detail(1);
        bench.loaded(detail, item(1, 0, 0, 0));
        let inc = bench.change(1, ItemChange::Inc(1));
        bench.sent();
        bench.invalidate(detail);
        let fetch = bench.only_started();
        let n = i64::from(accepted);
        bench.reply(fetch, item(1, 0, 7, n));
        assert_eq!(bench.item(detail).map(|row| row.n), Some(1), "shown once, never twice");
        if accepted {
            bench.ack(inc, Some(item(1, 0, 7, 1)));
            let again = bench.only_started();
            bench.reply(again, item(1, 0, 7, 1));
        } else {
            bench.reject(inc);
        }
        assert_eq!(bench.item(detail), Some(item(1, 0, 7, n)));
        assert!(!bench.snapshots[&detail].is_optimistic);
    }
}

#[test]
fn waiting_results_stop_the_sending_until_one_has_landed() {
    // R18, S39: a storm of increments must not starve the entry.
    let mut bench = Bench::new();
    let detail = bench.detail(1);
    bench.loaded(detail, item(1, 0, 0, 0));
    let first = bench.change(1, ItemChange::Inc(1));
    let second = bench.change(1, ItemChange::Inc(1));
    assert_eq!(bench.sent(), [first]);
    bench.invalidate(detail);
    let fetch = bench.only_started();
    bench.reply(fetch, item(1, 0, 0, 1));
    bench.pass(5_000);
    bench.ack(first, Some(item(1, 0, 0, 1)));
    assert!(bench.sent().is_empty(), "nothing is sent before a clean fetch");
    let clean = bench.only_started();
    bench.reply(clean, item(1, 0, 0, 1));
    assert_eq!(bench.sent(), [second]);
    assert_eq!(bench.item(detail).map(|row| row.n), Some(2));
}

#[test]
fn row_moves_in_and_out_of_a_list_and_comes_back_when_the_change_fails() {
    // S69, and membership by the declared filter.
    let mut bench = Bench::new();
    let (list, detail) = (bench.list(), bench.detail(3));
    bench.loaded(list, page(&[item(1, 1, 0, 0), item(2, 1, 0, 0)]));
    bench.loaded(detail, item(3, 0, 0, 0));
    let leaves = bench.change(1, ItemChange::SetA(0));
    assert_eq!(bench.rows(list), [item(2, 1, 0, 0)]);
    let enters = bench.change(3, ItemChange::SetA(1));
    assert_eq!(bench.rows(list), [item(2, 1, 0, 0), item(3, 1, 0, 0)]);
    bench.sent();
    bench.reject(leaves);
    assert_eq!(bench.rows(list), [item(1, 1, 0, 0), item(2, 1, 0, 0), item(3, 1, 0, 0)]);
    bench.ack(enters, Some(item(3, 1, 0, 0)));
    let again = bench.only_started();
    bench.reply(again, page(&[item(1, 1, 0, 0), item(2, 1, 0, 0), item(3, 1, 0, 0)]));
    assert!(!bench.snapshots[&list].is_optimistic, "the clean fetch proves inclusion (C1)");
}

#[test]
fn created_row_takes_its_real_name_and_so_does_what_follows() {
    // S60, S62, D43.
    let mut bench = Bench::new();
    let list = bench.list();
    bench.loaded(list, page(&[item(1, 1, 0, 0)]));
    let create = bench.create(-1, 1);
    let edit = bench.change(-1, ItemChange::SetB(9));
    assert_eq!(bench.rows(list).len(), 2);
    assert_eq!(bench.sent(), [create], "the edit waits for the row's name");
    bench.ack(create, Some(item(42, 1, 0, 0)));
    assert_eq!(bench.rows(list), [item(1, 1, 0, 0), item(42, 1, 9, 0)]);
    assert_eq!(bench.sent(), [edit]);
}

#[test]
fn two_creates_at_once_keep_their_own_rows() {
    // D43; the seed design replaced every temporary row by the first that came back.
    let mut bench = Bench::new();
    let list = bench.list();
    bench.loaded(list, page(&[]));
    let one = bench.create(-1, 1);
    let two = bench.create(-2, 1);
    assert_eq!(bench.sent(), [one, two]);
    bench.ack(two, Some(item(41, 1, 0, 0)));
    bench.ack(one, Some(item(42, 1, 0, 0)));
    let mut ids: Vec<i64> = bench.rows(list).iter().map(|row| row.id).collect();
    ids.sort_unstable();
    assert_eq!(ids, [41, 42]);
}

#[test]
fn rejected_create_takes_what_depends_on_it_along_unsent() {
    // S65.
    let mut bench = Bench::new();
    let list = bench.list();
    bench.loaded(list, page(&[]));
    let create = bench.create(-1, 1);
    let edit = bench.change(-1, ItemChange::SetB(1));
    bench.sent();
    bench.reject(create);
    assert!(bench.rows(list).is_empty());
    assert!(bench.sent().is_empty());
    let failed: Vec<_> = bench
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::MutationFailed { mutation, error } => Some((*mutation, error.is_rejected())),
            _ => None,
        })
        .collect();
    assert_eq!(failed, [(create, false), (edit, true)]);
}

#[test]
fn deleted_row_leaves_its_detail_at_once_and_the_total_only_where_it_was() {
    // S37, S70.
    let mut bench = Bench::new();
    let (list, detail) = (bench.list(), bench.detail(1));
    bench.loaded(list, page(&[item(1, 1, 0, 0), item(2, 1, 0, 0)]));
    bench.loaded(detail, item(1, 1, 0, 0));
    let elsewhere = bench.mutate(Op::delete::<super::Item>(9, ListReach::All, true));
    assert_eq!(bench.view::<crate::page::Page<super::Item>>(list).and_then(|page| page.total), Some(2));
    bench.reject(elsewhere);
    bench.invalidate(detail);
    let fetch = bench.only_started();
    let delete = bench.mutate(Op::delete::<super::Item>(1, ListReach::All, true));
    assert_eq!(bench.item(detail), None);
    assert_eq!(bench.rows(list).len(), 1);
    bench.sent();
    bench.ack(delete, None);
    assert!(bench.snapshots[&detail].is_gone);
    bench.reply(fetch, item(1, 1, 0, 0));
    assert_eq!(bench.item(detail), None, "a fetch that began before the deletion brings nothing back");
}

#[test]
fn panicking_change_stays_pending_and_is_sent_while_the_others_show() {
    // R17, S12.
    let mut bench = Bench::new();
    let detail = bench.detail(1);
    bench.loaded(detail, item(1, 0, 0, 0));
    let bad = bench.change(1, ItemChange::Panic);
    bench.change(1, ItemChange::SetB(3));
    assert_eq!(bench.item(detail), Some(item(1, 0, 3, 0)));
    assert_eq!(bench.sent(), [bad]);
    assert!(bench.effects.iter().any(|effect| matches!(effect, Effect::Event(Event::Panicked(_)))));
}

#[test]
fn mutations_of_different_rows_go_in_parallel() {
    // S16.
    let mut bench = Bench::new();
    let one = bench.change(1, ItemChange::SetA(1));
    let two = bench.change(2, ItemChange::SetA(1));
    assert_eq!(bench.sent(), [one, two]);
}

#[test]
fn empty_answer_keeps_the_change_until_a_clean_fetch() {
    // S19: 2xx without a body is a success; nothing flickers.
    let mut bench = Bench::new();
    let detail = bench.detail(1);
    bench.loaded(detail, item(1, 0, 0, 0));
    let change = bench.change(1, ItemChange::SetA(1));
    bench.sent();
    bench.ack(change, None);
    assert_eq!(bench.item(detail), Some(item(1, 1, 0, 0)));
    let clean = bench.only_started();
    bench.reply(clean, item(1, 1, 0, 0));
    assert!(!bench.snapshots[&detail].is_optimistic);
}

#[test]
fn overlapping_list_fetch_stays_usable_under_a_stream_of_changes() {
    // N2: the list keeps the confirmed change; the fetch that overlapped it is shown with the change over it.
    let mut bench = Bench::new();
    let list = bench.list();
    bench.loaded(list, page(&[item(1, 1, 0, 0)]));
    let fetch = bench.fetch(list);
    let change = bench.change(1, ItemChange::SetB(5));
    bench.sent();
    bench.ack(change, Some(item(1, 1, 5, 0)));
    bench.reply(fetch, page(&[item(1, 1, 0, 0), item(2, 1, 0, 0)]));
    assert_eq!(bench.rows(list), [item(1, 1, 5, 0), item(2, 1, 0, 0)]);
    let clean = bench.only_started();
    bench.reply(clean, page(&[item(1, 1, 5, 0), item(2, 1, 0, 0)]));
    assert!(!bench.snapshots[&list].is_optimistic);
}

#[test]
fn fetch_under_way_cannot_bring_a_row_back_whose_creation_and_deletion_it_saw_half() {
    // R7: the base does not hold the row, but the answer under way does, and a lower operation shows it.
    let mut bench = Bench::new();
    let list = bench.list();
    bench.loaded(list, page(&[item(1, 1, 0, 0)]));
    let create = bench.create(-1, 1);
    bench.sent();
    bench.ack(create, Some(item(42, 1, 0, 0)));
    let between = bench.only_started();
    let delete = bench.mutate(Op::delete::<super::Item>(42, ListReach::All, true));
    assert_eq!(bench.sent(), [delete]);
    bench.ack(delete, None);
    assert_eq!(bench.rows(list), [item(1, 1, 0, 0)]);
    bench.reply(between, page(&[item(1, 1, 0, 0), item(42, 1, 0, 0)]));
    assert_eq!(bench.rows(list), [item(1, 1, 0, 0)], "the answer was made before the deletion");
    let clean = bench.only_started();
    bench.reply(clean, page(&[item(1, 1, 0, 0)]));
    assert!(!bench.snapshots[&list].is_optimistic);
}

#[test]
fn fetch_under_way_cannot_bring_back_a_row_that_the_list_did_not_hold() {
    let mut bench = Bench::new();
    let list = bench.list();
    bench.loaded(list, page(&[item(1, 1, 0, 0)]));
    let fetch = bench.fetch(list);
    let delete = bench.mutate(Op::delete::<super::Item>(2, ListReach::All, true));
    bench.sent();
    bench.ack(delete, None);
    bench.reply(fetch, page(&[item(1, 1, 0, 0), item(2, 1, 0, 0)]));
    assert_eq!(bench.rows(list), [item(1, 1, 0, 0)], "somebody else had created it, then we deleted it");
}

#[test]
fn barrier_holds_back_what_was_never_sent_and_no_retry() {
    // R18, I17: the result waits for the increment; were its retry to wait for the result, both would wait for ever.
    let mut bench = Bench::new();
    let detail = bench.detail(1);
    bench.loaded(detail, item(1, 0, 0, 0));
    let inc = bench.retried(ItemChange::Inc(1));
    assert_eq!(bench.sent(), [inc]);
    bench.invalidate(detail);
    let fetch = bench.only_started();
    bench.reply(fetch, item(1, 0, 0, 1));
    bench.pass(5_000);
    bench.act(|heart, now| heart.mutation_failed(inc, &crate::error::QueryError::http(503), now));
    bench.pass(60_000);
    assert_eq!(bench.sent(), [inc], "the second attempt");
}

#[test]
fn barrier_ends_with_any_result_that_lands() {
    // R18: also with one that is stale again when it lands, and with nobody there to fetch anew.
    let mut bench = Bench::new();
    let detail = bench.detail(1);
    bench.loaded(detail, item(1, 0, 0, 0));
    let first = bench.change(1, ItemChange::Inc(1));
    let second = bench.change(1, ItemChange::Inc(1));
    bench.sent();
    let fetch = bench.fetch(detail);
    bench.reply(fetch, item(1, 0, 0, 0));
    bench.pass(5_000);
    bench.act(|heart, now| heart.invalidate(&[detail], crate::heart::RefetchType::None, true, now));
    bench.reject(first);
    assert_eq!(bench.sent(), [second]);
}

#[test]
fn confirmed_deletion_ends_what_was_confirmed_before_it() {
    // I1: no fetch of a row that is gone would ever prove the change (C1), so that it would show, and be kept, for ever.
    let mut bench = Bench::new();
    let detail = bench.detail(1);
    bench.loaded(detail, item(1, 0, 0, 0));
    let change = bench.change(1, ItemChange::SetA(1));
    let delete = bench.mutate(Op::delete::<super::Item>(1, ListReach::All, true));
    bench.sent();
    bench.ack(change, None);
    bench.ack(delete, None);
    assert_eq!(bench.item(detail), None);
    assert!(!bench.snapshots[&detail].is_optimistic);
}

#[test]
fn row_that_left_a_list_and_comes_back_is_known_as_it_was_changed() {
    // R22: what was asked for before counts, not what the server last sent.
    let mut bench = Bench::new();
    let list = bench.list();
    bench.loaded(list, page(&[item(1, 1, 0, 0)]));
    bench.change(1, ItemChange::SetA(0));
    let edit = bench.change(1, ItemChange::SetB(5));
    bench.change(1, ItemChange::SetA(1));
    assert_eq!(bench.rows(list).len(), 1, "it belongs to the list again");
    bench.reject(edit);
    assert_eq!(bench.rows(list), [item(1, 1, 0, 0)], "a refused edit leaves no trace (I2)");
}

#[test]
fn change_brings_no_row_back_that_was_deleted_before() {
    let mut bench = Bench::new();
    let list = bench.list();
    bench.loaded(list, page(&[item(1, 1, 0, 0)]));
    let delete = bench.mutate(Op::delete::<super::Item>(1, ListReach::All, true));
    bench.change(1, ItemChange::SetB(5));
    assert!(bench.rows(list).is_empty());
    assert_eq!(bench.view::<crate::page::Page<super::Item>>(list).and_then(|page| page.total), Some(0));
    bench.reject(delete);
    assert_eq!(bench.rows(list), [item(1, 1, 5, 0)]);
}

#[test]
fn detail_that_begins_with_a_row_of_a_list_has_what_that_list_shows_over_it() {
    // I4: the list keeps the confirmed change above its base (N2), and the base alone would show what was before.
    let mut bench = Bench::new();
    let list = bench.list();
    bench.loaded(list, page(&[item(1, 1, 0, 0)]));
    let change = bench.change(1, ItemChange::SetB(5));
    bench.sent();
    bench.ack(change, Some(item(1, 1, 5, 0)));
    let detail = bench.detail(1);
    bench.act(|heart, now| {
        let id = crate::projection::RowId::new::<super::Item>(&1_i64);
        let found = heart.list_row(std::any::TypeId::of::<super::Item>(), &id).expect("the list holds the row");
        heart.set_base(detail, found.row, Written { at: found.at, ..Written::default() }, now);
        heart.inherit(detail, found.from);
    });
    assert_eq!(bench.item(detail), Some(item(1, 1, 5, 0)));
    bench.act(|heart, now| heart.reset(&[detail], now));
    assert_eq!(bench.item(detail), None, "a reset forgets a row that may be older than what was confirmed");
}

#[test]
fn detail_in_which_a_confirmed_increment_waits_does_not_begin_with_a_row_that_may_have_it() {
    // I5: the list was fetched after the increment, the detail never.
    let mut bench = Bench::new();
    let detail = bench.detail(1);
    let inc = bench.change(1, ItemChange::Inc(1));
    bench.sent();
    bench.ack(inc, Some(item(1, 1, 0, 1)));
    let list = bench.list();
    bench.loaded(list, page(&[item(1, 1, 0, 1)]));
    assert!(!bench.heart.may_seed(detail));
    let fetch = bench.fetch(detail);
    bench.reply(fetch, item(1, 1, 0, 1));
    assert_eq!(bench.item(detail).map(|row| row.n), Some(1));
}

#[test]
fn mutation_that_may_have_been_carried_out_shows_until_a_fetch_tells() {
    // R9: 5xx says nothing about what the server has done; 4xx does.
    for (status, shown, fetches) in [(503, 1, 1), (422, 0, 0)] {
        let mut bench = Bench::new();
        let detail = bench.detail(1);
        bench.loaded(detail, item(1, 0, 0, 0));
        let change = bench.change(1, ItemChange::SetA(1));
        bench.sent();
        bench.act(|heart, now| heart.mutation_failed(change, &crate::error::QueryError::http(status), now));
        assert_eq!(bench.item(detail), Some(item(1, shown, 0, 0)));
        assert_eq!(bench.started().len(), fetches, "{status}");
    }
}

#[test]
fn row_that_leaves_and_comes_back_shows_although_nobody_knew_it_when_it_was_asked_to() {
    // R22: the list is loaded after both changes were asked for.
    let mut bench = Bench::new();
    let list = bench.list();
    bench.observe(list);
    let fetch = bench.only_started();
    bench.change(1, ItemChange::SetA(0));
    bench.change(1, ItemChange::SetA(1));
    bench.reply(fetch, page(&[item(1, 1, 0, 0), item(2, 1, 0, 0)]));
    assert_eq!(bench.rows(list), [item(1, 1, 0, 0), item(2, 1, 0, 0)]);
}

#[test]
fn entry_that_was_kept_for_an_operation_lives_on_for_its_gc_time() {
    let mut bench = Bench::new();
    let detail = bench.detail(1);
    let observer = bench.loaded(detail, item(1, 0, 0, 0));
    let change = bench.change(1, ItemChange::SetA(1));
    bench.sent();
    bench.act(|heart, now| heart.unobserve(observer, true, now));
    bench.pass(600_000);
    assert!(bench.snapshots.contains_key(&detail), "kept for the operation (R19)");
    bench.reject(change);
    bench.pass(299_999);
    assert!(bench.snapshots.contains_key(&detail));
    bench.pass(1);
    assert!(!bench.snapshots.contains_key(&detail));
}
