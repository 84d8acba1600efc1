//! What does a query show that is fetched only when it is called?

use std::sync::{Arc, Mutex};

use query_runtime::{FetchContext, Key, LazyQuery, QueryError, QueryKey, QueryOptions, Request};
use serde_json::json;

use crate::stage::{Stage, seconds};

fn key(word: &str) -> Key<u64> {
    Key::typed(QueryKey::under(&["search"]).value(word).build())
}

async fn fetch(context: FetchContext, word: String) -> Result<u64, QueryError> {
    context.send(Request::get("/search/{word}").path("word", &word)).await?.json()
}

fn search(word: String) -> QueryOptions<u64> {
    QueryOptions::new(key(&word), move |context| fetch(context, word.clone())).stale_forever()
}

fn lazy(stage: &Stage) -> LazyQuery<String, u64> {
    stage.client.lazy(search)
}

#[test]
fn nothing_is_fetched_or_cached_before_the_first_call() {
    let stage = Stage::new();
    let lazy = lazy(&stage);
    stage.silence();
    assert!(lazy.current().is_pending() && !lazy.current().is_fetching());
    assert!(lazy.arguments().is_none() && stage.client.keys(QueryKey::new(["search"])).is_empty());
}

#[test]
fn what_is_shown_follows_the_last_arguments() {
    let stage = Stage::new();
    let lazy = lazy(&stage);
    let shown = Arc::new(Mutex::new(Vec::new()));
    let seen = shown.clone();
    let _subscription = lazy.subscribe(move |result| seen.lock().unwrap().push(result.data.as_deref().copied()));
    let first = lazy.trigger("a".to_owned());
    assert!(lazy.current().is_loading());
    stage.answer("GET /search/a", &json!(1));
    assert_eq!(*stage.runtime.block_on(first).unwrap().unwrap(), 1);
    assert_eq!(lazy.current().data.as_deref(), Some(&1));
    let _second = lazy.trigger("b".to_owned());
    assert!(lazy.current().data.is_none());
    assert_eq!(lazy.arguments().as_deref(), Some("b"));
    stage.answer("GET /search/b", &json!(2));
    assert_eq!(lazy.current().data.as_deref(), Some(&2));
    assert_eq!(shown.lock().unwrap().last(), Some(&Some(2)));
}

#[test]
fn earlier_call_that_is_awaited_gets_what_it_asked_for() {
    let stage = Stage::new();
    let lazy = lazy(&stage);
    let first = lazy.trigger("a".to_owned());
    let request = stage.request("GET /search/a");
    drop(lazy.trigger("b".to_owned()));
    stage.answer("GET /search/b", &json!(2));
    assert!(!request.is_aborted());
    request.respond_json(200, &json!(1));
    assert_eq!(*stage.runtime.block_on(first).unwrap().unwrap(), 1);
    assert_eq!(lazy.current().data.as_deref(), Some(&2));
}

#[test]
fn earlier_call_that_nobody_awaits_is_given_up() {
    let stage = Stage::new();
    let lazy = lazy(&stage);
    drop(lazy.trigger("a".to_owned()));
    let request = stage.request("GET /search/a");
    drop(lazy.trigger("b".to_owned()));
    assert!(request.is_aborted());
    stage.answer("GET /search/b", &json!(2));
}

#[test]
fn trigger_fetches_what_is_fresh_too_and_ensure_only_what_is_missing() {
    let stage = Stage::new();
    let lazy = lazy(&stage);
    drop(lazy.ensure("a".to_owned()));
    stage.answer("GET /search/a", &json!(1));
    let cached = lazy.ensure("a".to_owned());
    assert_eq!(*stage.runtime.block_on(cached).unwrap().unwrap(), 1);
    stage.silence();
    let forced = lazy.trigger("a".to_owned());
    let joined = lazy.trigger("a".to_owned());
    stage.answer("GET /search/a", &json!(2));
    stage.silence();
    assert_eq!(*stage.runtime.block_on(forced).unwrap().unwrap(), 2);
    assert_eq!(*stage.runtime.block_on(joined).unwrap().unwrap(), 2);
}

#[test]
fn after_a_call_it_is_an_observer_until_it_is_reset() {
    let stage = Stage::new();
    let lazy = lazy(&stage);
    drop(lazy.trigger("a".to_owned()));
    stage.answer("GET /search/a", &json!(1));
    stage.client.invalidate(QueryKey::new(["search"]));
    stage.answer("GET /search/a", &json!(2));
    lazy.reset();
    assert!(lazy.current().data.is_none() && lazy.arguments().is_none());
    stage.client.invalidate(QueryKey::new(["search"]));
    stage.silence();
    assert_eq!(stage.client.get(&key("a")).as_deref(), Some(&2));
    stage.advance(300);
    assert!(stage.client.get(&key("a")).is_none());
}

#[test]
fn change_wakes_who_waits_and_failure_is_told_to_both() {
    let stage = Stage::new();
    let lazy = lazy(&stage);
    assert!(lazy.current().is_pending());
    let mut changed = Box::pin(lazy.changed());
    assert!(stage.runtime.block_on(changed.as_mut()).is_err());
    let call = lazy.trigger("a".to_owned());
    assert!(stage.runtime.block_on(changed).unwrap().is_loading());
    stage.refuse("GET /search/a", 404);
    assert_eq!(stage.runtime.block_on(call).unwrap().unwrap_err().status(), Some(404));
    assert!(stage.runtime.block_on(lazy.changed()).unwrap().is_error());
}

#[test]
fn call_without_a_connection_waits_for_it() {
    let stage = Stage::new();
    let lazy = lazy(&stage);
    stage.client.set_online(false);
    let mut call = Box::pin(lazy.trigger("a".to_owned()));
    assert!(stage.runtime.block_on(call.as_mut()).is_err());
    stage.silence();
    stage.runtime.advance(seconds(1));
    stage.client.set_online(true);
    stage.answer("GET /search/a", &json!(1));
    assert_eq!(*stage.runtime.block_on(call).unwrap().unwrap(), 1);
}

#[test]
fn data_from_before_a_failure_is_enough_for_ensure() {
    let stage = Stage::new();
    let lazy = lazy(&stage);
    drop(lazy.trigger("a".to_owned()));
    stage.answer("GET /search/a", &json!(1));
    let failing = lazy.trigger("a".to_owned());
    stage.refuse("GET /search/a", 404);
    assert!(stage.runtime.block_on(failing).unwrap().is_err());
    let cached = lazy.ensure("a".to_owned());
    assert_eq!(*stage.runtime.block_on(cached).unwrap().unwrap(), 1);
    stage.silence();
}

#[test]
fn callback_may_call_again_and_the_last_call_counts() {
    let stage = Stage::new();
    let lazy = Arc::new(lazy(&stage));
    let weak = Arc::downgrade(&lazy);
    let _subscription = lazy.subscribe(move |shown| {
        if let (Some(1), Some(lazy)) = (shown.data.as_deref(), weak.upgrade()) {
            drop(lazy.trigger("b".to_owned()));
        }
    });
    drop(lazy.trigger("a".to_owned()));
    stage.answer("GET /search/a", &json!(1));
    stage.answer("GET /search/b", &json!(2));
    assert_eq!((lazy.arguments().as_deref(), lazy.current().data.as_deref()), (Some("b"), Some(&2)));
}

#[test]
fn calls_of_several_threads_end_with_what_the_last_one_named() {
    for _ in 0..50 {
        let stage = Stage::new();
        let lazy = lazy(&stage);
        std::thread::scope(|scope| {
            for word in ["a", "b", "c", "d"] {
                let lazy = &lazy;
                scope.spawn(move || drop(lazy.trigger(word.to_owned())));
            }
        });
        let word = lazy.arguments().unwrap();
        stage.client.set(&key(&word), 7);
        assert_eq!(lazy.current().data.as_deref(), Some(&7));
    }
}
