//! Does everything add up where mutations of one row do not wait for each other, and fetches take each other's place?

use super::{Bench, Item, ItemChange, item};
use crate::{
    heart::{
        NewMutation, Scope,
        spec::{FetchSpec, MutationId},
    },
    key::QueryKey,
    projection::Op,
    resource::ListReach,
    status::GcTime,
};

/// Changes row 1 without waiting for its other mutations.
fn parallel(bench: &mut Bench, change: ItemChange) -> MutationId {
    bench.ids += 1;
    let id = MutationId(bench.ids);
    let new = NewMutation {
        id,
        key: QueryKey::new(["items", "change"]),
        scope: Scope::None,
        ops: vec![Op::change::<Item>(1, change, ListReach::Matching, true)],
        names: Vec::new(),
        spec: FetchSpec::default(),
        terms: bench.terms,
        idempotency_key: format!("key {}", id.0).into(),
        ready: true,
        gc: GcTime::default(),
        observers: 0,
        restored: None,
    };
    bench.act(|heart, now| heart.mutate(new, now));
    id
}

#[test]
fn answer_that_may_have_a_later_increment_does_not_count_it_twice() {
    // I5: the server has carried the second out first, so that the answer to the first has both.
    let mut bench = Bench::new();
    let detail = bench.detail(1);
    bench.loaded(detail, item(1, 0, 0, 0));
    let first = parallel(&mut bench, ItemChange::Inc(1));
    let second = parallel(&mut bench, ItemChange::Inc(10));
    assert_eq!(bench.sent(), [first, second]);
    bench.ack(second, Some(item(1, 0, 0, 10)));
    assert_eq!(bench.item(detail).map(|row| row.n), Some(11));
    bench.ack(first, Some(item(1, 0, 0, 11)));
    assert_eq!(bench.item(detail).map(|row| row.n), Some(11));
}

#[test]
fn fetched_value_is_not_covered_by_an_earlier_one_that_is_on_its_way() {
    // S14: what was fetched has the second; the first, which the server may have carried out before, does not show again.
    for refused in [false, true] {
        let mut bench = Bench::new();
        let detail = bench.detail(1);
        bench.loaded(detail, item(1, 0, 0, 0));
        let first = parallel(&mut bench, ItemChange::SetB(1));
        let second = parallel(&mut bench, ItemChange::SetB(2));
        assert_eq!(bench.sent(), [first, second]);
        bench.ack(second, Some(item(1, 0, 2, 0)));
        let fetch = bench.only_started();
        bench.reply(fetch, item(1, 0, 2, 0));
        assert_eq!(bench.item(detail).map(|row| row.b), Some(2));
        if refused {
            bench.reject(first);
        } else {
            bench.ack(first, Some(item(1, 0, 1, 0)));
        }
        assert_eq!(bench.item(detail).map(|row| row.b), Some(2));
        let last = bench.only_started();
        bench.reply(last, item(1, 0, 3, 0));
        assert_eq!(bench.item(detail).map(|row| row.b), Some(3), "nothing is left above what the server has");
    }
}

#[test]
fn fetch_that_takes_the_place_of_one_that_waits_does_not_wait_anew() {
    // R18, S39: however often it is invalidated, sending stops in time.
    let mut bench = Bench::new();
    let detail = bench.detail(1);
    bench.loaded(detail, item(1, 0, 0, 0));
    let first = bench.change(1, ItemChange::Inc(1));
    let second = bench.change(1, ItemChange::Inc(1));
    assert_eq!(bench.sent(), [first]);
    for _ in 0..3 {
        bench.invalidate(detail);
        let fetch = bench.only_started();
        bench.reply(fetch, item(1, 0, 0, 1));
        bench.pass(2_000);
    }
    bench.ack(first, Some(item(1, 0, 0, 1)));
    assert!(bench.sent().is_empty(), "nothing is sent before a clean fetch");
    let clean = bench.only_started();
    bench.reply(clean, item(1, 0, 0, 1));
    assert_eq!(bench.sent(), [second]);
}
