//! Does a part of the data prove no more than it should, and lose nothing that is confirmed meanwhile?

use std::sync::Arc;

use super::{Bench, Item, ItemChange, item, page};
use crate::{
    heart::{Direction, EntryId, FetchId, FetchRequest, Part},
    page::Page,
    status::FetchStatus,
};

fn fetch_part(bench: &mut Bench, entry: EntryId, direction: Direction) {
    let request = FetchRequest { direction, replace: true, ..FetchRequest::whole() };
    bench.act(|heart, now| heart.fetch(entry, request, now));
}

/// Answers with one page of two: only the first row was loaded.
fn reply_first(bench: &mut Bench, fetch: FetchId, rows: &[Item]) {
    let rest = Arc::new(page(&rows[1..]));
    bench.act(|heart, _| heart.loaded_part(fetch, Part { rest, renews: false }));
    bench.reply(fetch, page(rows));
}

#[test]
fn page_that_was_loaded_before_a_confirmation_is_loaded_again_and_ends_no_invalidation() {
    let mut bench = Bench::new();
    let list = bench.list();
    bench.loaded(list, page(&[item(1, 1, 0, 0), item(2, 1, 0, 0)]));
    let increment = bench.change(1, ItemChange::Inc(1));
    bench.sent();
    fetch_part(&mut bench, list, Direction::Page(0));
    let fetch = bench.only_started();
    reply_first(&mut bench, fetch, &[item(1, 1, 0, 0), item(2, 1, 0, 0)]);
    bench.ack(increment, None);
    assert_eq!(bench.only_started(), fetch, "the answer may lack what is confirmed");
    assert_eq!(bench.rows(list), [item(1, 1, 0, 1), item(2, 1, 0, 0)]);
    reply_first(&mut bench, fetch, &[item(1, 1, 0, 1), item(2, 1, 0, 0)]);
    assert_eq!(bench.rows(list), [item(1, 1, 0, 1), item(2, 1, 0, 0)]);
    assert!(bench.snapshots[&list].is_invalidated, "one page says nothing about the others");
}

#[test]
fn page_that_is_asked_for_offline_is_added_to_what_was_confirmed_meanwhile() {
    let mut bench = Bench::new();
    let list = bench.list();
    bench.loaded(list, page(&[item(1, 1, 0, 0)]));
    let increment = bench.change(1, ItemChange::Inc(1));
    bench.sent();
    bench.act(|heart, now| heart.set_online(false, now));
    fetch_part(&mut bench, list, Direction::Next(1));
    assert_eq!(bench.snapshots[&list].fetch_status, FetchStatus::Paused);
    bench.ack(increment, Some(item(1, 1, 0, 1)));
    bench.act(|heart, now| heart.set_online(true, now));
    let fetch = bench.only_started();
    let plan = bench.act(|heart, _| heart.plan(fetch)).ok().flatten().expect("there was data");
    assert_eq!(plan.downcast_ref::<Page<Item>>(), Some(&page(&[item(1, 1, 0, 1)])));
}

#[test]
fn page_that_lacks_a_created_row_proves_no_increment_of_it() {
    // C1: the row shows only because it was created here; the next page says nothing about what has become of it.
    let mut bench = Bench::new();
    let list = bench.list();
    bench.loaded(list, page(&[item(1, 1, 0, 0)]));
    let create = bench.create(-1, 1);
    bench.ack(create, Some(item(9, 1, 0, 0)));
    let increment = bench.change(9, ItemChange::Inc(1));
    bench.ack(increment, Some(item(9, 1, 0, 1)));
    bench.started();
    fetch_part(&mut bench, list, Direction::Next(1));
    let fetch = bench.only_started();
    let rest = Arc::new(page(&[item(1, 1, 0, 0)]));
    bench.act(|heart, _| heart.loaded_part(fetch, Part { rest, renews: true }));
    bench.reply(fetch, page(&[item(1, 1, 0, 0), item(2, 1, 0, 0)]));
    assert_eq!(bench.rows(list), [item(1, 1, 0, 0), item(2, 1, 0, 0), item(9, 1, 0, 1)]);
}
