//! Does what waits for something else go on in the end?

use super::{Bench, ItemChange, item};
use crate::{heart::CancelHow, key::KeySegment};

#[test]
fn fetches_that_take_each_others_place_do_not_put_the_barrier_off() {
    // R18: the screen asks again every three seconds, and a storm of increments parks each answer.
    let mut bench = Bench::new();
    let detail = bench.detail(1);
    bench.loaded(detail, item(1, 0, 0, 0));
    let first = bench.change(1, ItemChange::Inc(1));
    let second = bench.change(1, ItemChange::Inc(1));
    assert_eq!(bench.sent(), [first]);
    for _ in 0..2 {
        let fetch = bench.fetch(detail);
        bench.reply(fetch, item(1, 0, 0, 0));
        bench.pass(3_000);
    }
    bench.ack(first, Some(item(1, 0, 0, 1)));
    assert!(bench.sent().is_empty(), "the first answer was parked six seconds ago");
    let clean = bench.only_started();
    bench.reply(clean, item(1, 0, 0, 1));
    assert_eq!(bench.sent(), [second]);
}

#[test]
fn sending_goes_on_when_the_fetch_that_stopped_it_is_given_up_or_fails() {
    // R18, I17: nothing lands any more that could let it go on.
    for fails in [false, true] {
        let mut bench = Bench::new();
        let detail = bench.detail(1);
        bench.loaded(detail, item(1, 0, 0, 0));
        let first = bench.change(1, ItemChange::Inc(1));
        let second = bench.change(1, ItemChange::Inc(1));
        assert_eq!(bench.sent(), [first]);
        let fetch = bench.fetch(detail);
        bench.reply(fetch, item(1, 0, 0, 0));
        bench.pass(5_000);
        bench.ack(first, Some(item(1, 0, 0, 1)));
        let clean = bench.only_started();
        assert!(bench.sent().is_empty(), "the barrier holds");
        if fails {
            bench.fail(clean);
        } else {
            bench.act(|heart, now| heart.cancel(&[detail], CancelHow::REVERT, now));
        }
        assert_eq!(bench.sent(), [second], "fails: {fails}");
    }
}

#[test]
fn paused_fetch_holds_nothing_back() {
    // R18, T22: when the connection is back, the fetch waits for the mutation; both would wait for ever.
    let mut bench = Bench::new();
    let detail = bench.detail(1);
    bench.loaded(detail, item(1, 0, 0, 0));
    let first = bench.change(1, ItemChange::Inc(1));
    let second = bench.change(1, ItemChange::Inc(1));
    assert_eq!(bench.sent(), [first]);
    let fetch = bench.fetch(detail);
    bench.reply(fetch, item(1, 0, 0, 0));
    bench.pass(5_000);
    bench.act(|heart, now| heart.set_online(false, now));
    bench.invalidate(detail);
    bench.ack(first, Some(item(1, 0, 0, 1)));
    assert!(bench.sent().is_empty(), "offline");
    bench.act(|heart, now| heart.set_online(true, now));
    assert_eq!(bench.sent(), [second]);
}

#[test]
fn temporary_id_of_a_row_that_was_never_created_stays_one() {
    // I10: a screen may act on the row long after its creation was refused, and its mutation collected.
    let mut bench = Bench::new();
    bench.list();
    let create = bench.create(-1, 1);
    bench.reject(create);
    bench.pass(24 * 60 * 60 * 1000);
    assert!(bench.heart.names().pending.contains(&KeySegment::of(&-1_i64)));
}
