//! What do many queries show that are looked at together?

use std::sync::{Arc, Mutex};

use query_runtime::{QueriesObserver, QueryOptions, QueryResult};
use serde_json::json;

use crate::stage::{Stage, key, number};

fn fresh(name: &'static str) -> QueryOptions<u64> {
    number(name).stale_forever()
}

fn data(queries: &QueriesObserver<u64>) -> Vec<Option<u64>> {
    queries.current().iter().map(|result| result.data.as_deref().copied()).collect()
}

#[test]
fn results_come_in_the_order_of_the_queries() {
    let stage = Stage::new();
    let queries = stage.client.observe_all(vec![fresh("a"), fresh("b")]);
    assert!(queries.current().iter().all(QueryResult::is_loading));
    stage.answer("GET /a", &json!(1));
    assert_eq!(data(&queries), [Some(1), None]);
    stage.answer("GET /b", &json!(2));
    assert_eq!(data(&queries), [Some(1), Some(2)]);
    drop(queries);
    assert_eq!(stage.client.state(key("a").untyped()).unwrap().observers, 0);
}

#[test]
fn another_order_fetches_nothing_and_what_is_left_out_is_left() {
    let stage = Stage::new();
    let queries = stage.client.observe_all(vec![number("a"), number("b"), number("c")]);
    for (line, answer) in [("GET /a", 1), ("GET /b", 2), ("GET /c", 3)] {
        stage.answer(line, &json!(answer));
    }
    queries.set_queries(vec![number("c"), number("a")]);
    stage.silence();
    assert_eq!(data(&queries), [Some(3), Some(1)]);
    assert_eq!(stage.client.state(key("b").untyped()).unwrap().observers, 0);
    queries.set_queries(vec![number("d"), number("c")]);
    stage.answer("GET /d", &json!(4));
    stage.silence();
    assert_eq!(data(&queries), [Some(4), Some(3)]);
    assert!(queries.current()[0].is_fetched_after_mount);
}

#[test]
fn queries_with_one_key_are_told_apart_by_their_order() {
    let stage = Stage::new();
    let queries = stage.client.observe_all(vec![number("a").enabled(false), number("a")]);
    stage.answer("GET /a", &json!(1));
    let enabled = |queries: &QueriesObserver<u64>| -> Vec<bool> {
        queries.current().iter().map(|result| result.is_enabled).collect()
    };
    assert_eq!(enabled(&queries), [false, true]);
    queries.set_queries(vec![number("a").enabled(false), number("b").enabled(false), number("a")]);
    stage.silence();
    assert_eq!(enabled(&queries), [false, false, true]);
    assert_eq!(stage.client.state(key("a").untyped()).unwrap().observers, 2);
    queries.set_queries(vec![number("a"), number("a").enabled(false)]);
    stage.answer("GET /a", &json!(2));
}

#[test]
fn what_changes_together_is_heard_of_once() {
    let stage = Stage::new();
    let queries = stage.client.observe_all(vec![fresh("a"), fresh("b")]);
    stage.answer("GET /a", &json!(1));
    stage.answer("GET /b", &json!(1));
    let heard = Arc::new(Mutex::new(Vec::new()));
    let inner = heard.clone();
    let _subscription = queries.subscribe(move |results| {
        inner.lock().unwrap().push(results.iter().map(QueryResult::is_fetching).collect::<Vec<_>>());
    });
    let _refetch = stage.client.refetch(query_runtime::QueryFilter::all());
    assert_eq!(*heard.lock().unwrap(), [[true, true]]);
    queries.set_queries(vec![fresh("a"), fresh("b")]);
    assert_eq!(heard.lock().unwrap().len(), 1, "the same queries in the same state");
    queries.set_queries(vec![fresh("b")]);
    assert_eq!(heard.lock().unwrap().len(), 2);
}

#[test]
fn combined_value_is_made_anew_only_for_changes_and_shared_while_equal() {
    let stage = Stage::new();
    let queries = stage.client.observe_all(vec![fresh("a"), fresh("b")]);
    let runs = Arc::new(Mutex::new(0));
    let counted = runs.clone();
    let sum = queries.combine(move |results| {
        *counted.lock().unwrap() += 1;
        vec![results.iter().filter_map(|result| result.data.as_deref()).sum::<u64>()]
    });
    assert_eq!(*sum.current(), [0]);
    stage.answer("GET /a", &json!(2));
    stage.answer("GET /b", &json!(3));
    let five = sum.current();
    assert_eq!(*five, [5]);
    let before = *runs.lock().unwrap();
    assert!(Arc::ptr_eq(&five, &sum.current()));
    assert_eq!(*runs.lock().unwrap(), before);
    assert!(stage.runtime.block_on(sum.changed()).is_err());
    stage.client.set(&key("a"), 3);
    stage.client.set(&key("b"), 2);
    assert!(Arc::ptr_eq(&five, &sum.current()), "equal again");
    queries.set_queries(Vec::new());
    assert_eq!(*stage.runtime.block_on(sum.changed()).unwrap().unwrap(), [0]);
    drop(queries);
    assert!(stage.runtime.block_on(sum.changed()).unwrap().is_none());
}

#[test]
fn callback_may_exchange_the_queries_it_hears_of() {
    let stage = Stage::new();
    let queries = Arc::new(stage.client.observe_all(vec![fresh("a")]));
    let inner = Arc::downgrade(&queries);
    let _subscription = queries.subscribe(move |results| {
        if let (Some(queries), Some(1)) = (inner.upgrade(), results[0].data.as_deref()) {
            queries.set_queries(vec![fresh("b")]);
        }
    });
    stage.answer("GET /a", &json!(1));
    stage.answer("GET /b", &json!(2));
    assert_eq!(data(&queries), [Some(2)]);
    assert_eq!(stage.client.state(key("a").untyped()).unwrap().observers, 0);
}

#[test]
fn refetch_of_all_waits_for_all() {
    let stage = Stage::new();
    let queries = stage.client.observe_all(vec![fresh("a"), fresh("b")]);
    stage.answer("GET /a", &json!(1));
    stage.answer("GET /b", &json!(1));
    let mut refetch = queries.refetch();
    stage.answer("GET /a", &json!(2));
    assert!(stage.runtime.block_on(&mut refetch).is_err());
    stage.refuse("GET /b", 404);
    assert!(stage.runtime.block_on(refetch.outcome()).unwrap().is_err());
    assert_eq!(data(&queries), [Some(2), Some(1)]);
}
