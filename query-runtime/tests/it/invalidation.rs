//! What happens to data that is marked stale?

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use query_runtime::{CacheAction, CacheEvent, QueryFilter, QueryKey, RefetchType, RetryPolicy, StaleTime};
use serde_json::json;

use crate::stage::{Stage, key, number};

#[test]
fn what_is_looked_at_is_fetched_at_once_and_the_rest_later() {
    let stage = Stage::new();
    let looked_at = stage.observed(number("a").stale_forever(), "GET /a", 1);
    drop(stage.observed(number("b").stale_forever(), "GET /b", 1));
    let settled = stage.client.invalidate(QueryKey::new(["number"]));
    assert!(looked_at.current().is_stale);
    stage.answer("GET /a", &json!(2));
    stage.silence();
    stage.runtime.block_on(settled).unwrap();
    assert!(!looked_at.current().is_stale);
    assert!(stage.client.state(key("b").untyped()).unwrap().is_invalidated);
    let _back = stage.client.observe(number("b").stale_forever());
    stage.answer("GET /b", &json!(2));
}

#[test]
fn an_invalidation_during_the_first_fetch_is_not_lost() {
    let stage = Stage::new();
    let observer = stage.client.observe(number("a").stale_forever());
    let early = stage.request("GET /a");
    stage.client.invalidate(key("a"));
    early.respond_json(200, &json!(1));
    stage.answer("GET /a", &json!(2));
    stage.silence();
    let shown = observer.current();
    assert_eq!((shown.data.as_deref(), shown.is_stale), (Some(&2), false));
}

#[test]
fn two_invalidations_in_a_row_send_one_request() {
    let stage = Stage::new();
    let observer = stage.observed(number("a").stale_forever(), "GET /a", 1);
    stage.client.invalidate(key("a"));
    stage.client.invalidate(key("a"));
    stage.answer("GET /a", &json!(2));
    stage.silence();
    assert_eq!(observer.current().data.as_deref(), Some(&2));
}

#[test]
fn an_invalidation_during_a_refetch_begins_it_anew() {
    let stage = Stage::new();
    let observer = stage.observed(number("a").stale_forever(), "GET /a", 1);
    let settled = observer.refetch();
    let early = stage.request("GET /a");
    stage.client.invalidate(key("a"));
    let late = stage.request("GET /a");
    assert!(early.is_aborted());
    late.respond_json(200, &json!(3));
    stage.runtime.run_until_stalled();
    stage.runtime.block_on(settled.outcome()).unwrap().unwrap();
    assert_eq!(observer.current().data.as_deref(), Some(&3));
}

#[test]
fn filters_choose_by_place_use_age_and_test() {
    let stage = Stage::new();
    let a = stage.observed(number("a").stale_forever(), "GET /a", 1);
    let b = stage.observed(number("b").stale_forever(), "GET /b", 1);
    drop(stage.observed(number("c").stale_forever(), "GET /c", 1));
    stage.client.refetch(QueryFilter::exact(key("b")));
    stage.answer("GET /b", &json!(2));
    stage.silence();
    stage.client.refetch(QueryFilter::exact(QueryKey::new(["number"])));
    stage.silence();
    stage.client.invalidate(
        QueryFilter::all().refetch_type(RefetchType::None).predicate(|query| query.key == *key("a").untyped()),
    );
    stage.silence();
    assert!(a.current().is_stale && !b.current().is_stale);
    stage.client.refetch(QueryFilter::all().stale());
    stage.answer("GET /a", &json!(2));
    stage.silence();
    stage.client.refetch(QueryFilter::all().inactive());
    stage.answer("GET /c", &json!(2));
    stage.silence();
}

#[test]
fn an_exact_map_is_not_a_larger_one() {
    let stage = Stage::new();
    let json = |value| QueryKey::from_json(&value).unwrap();
    let (small, large) = (json(json!(["list", {}])), json(json!(["list", {"page": 2}])));
    for key in [&small, &large] {
        stage.client.set(&query_runtime::Key::<u64>::typed(key.clone()), 1);
    }
    stage.client.remove(QueryFilter::exact(&small));
    assert!(stage.client.state(&small).is_none());
    assert!(stage.client.state(&large).is_some());
}

#[test]
fn queries_are_chosen_for_a_fetch_after_they_were_marked() {
    let stage = Stage::new();
    let _observer = stage.observed(number("a").stale_forever(), "GET /a", 1);
    drop(stage.observed(number("b").stale_forever(), "GET /b", 1));
    let marked = |name: &'static str| stage.client.state(key(name).untyped()).unwrap().is_invalidated;
    stage.client.invalidate(QueryFilter::all().fresh());
    stage.silence();
    assert!(marked("a") && marked("b"));
    stage.client.invalidate(QueryFilter::all().inactive());
    stage.answer("GET /b", &json!(2));
    stage.silence();
    assert!(marked("a") && !marked("b"));
}

#[test]
fn static_data_is_not_fetched_after_a_fetch_that_an_invalidation_overtook() {
    let stage = Stage::new();
    let _observer = stage.client.observe(number("a").stale_time(StaleTime::Static));
    let request = stage.request("GET /a");
    stage.client.invalidate(key("a"));
    request.respond_json(200, &json!(1));
    stage.silence();
}

#[test]
fn invalidation_of_what_is_invalidated_tells_nobody() {
    let stage = Stage::new();
    stage.client.set(&key("a"), 1);
    let told = Arc::new(AtomicUsize::new(0));
    let count = told.clone();
    let _listening = stage.client.subscribe(move |event| {
        if let CacheEvent::Updated(_, CacheAction::Invalidate) = event {
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    stage.client.invalidate(key("a"));
    stage.client.invalidate(key("a"));
    assert_eq!(told.load(Ordering::SeqCst), 1);
}

#[test]
fn reset_fetches_what_was_meant_before_it() {
    let stage = Stage::new();
    let _full = stage.observed(number("a").stale_forever(), "GET /a", 1);
    let _empty = stage.client.observe(number("b").stale_forever().retry(RetryPolicy::never()));
    stage.refuse("GET /b", 404);
    stage.client.reset(QueryFilter::all().predicate(|query| query.has_data));
    stage.answer("GET /a", &json!(2));
    stage.silence();
}
