//! Do those who want the same query at once share one fetch?

use serde_json::json;

use crate::stage::{Stage, number};

#[test]
fn observers_and_fetches_of_one_key_join_one_request() {
    let stage = Stage::new();
    let first = stage.client.observe(number("a"));
    let second = stage.client.observe(number("a"));
    let (client, fetch) = (stage.client.clone(), number("a"));
    let awaited = async move { client.fetch(fetch).await };
    stage.answer("GET /a", &json!(7));
    assert_eq!(first.current().data.as_deref(), Some(&7));
    assert_eq!(second.current().data.as_deref(), Some(&7));
    stage.silence();
    // Its default stale time is none at all: who asks later asks the server.
    let mut awaited = Box::pin(awaited);
    assert!(stage.runtime.block_on(awaited.as_mut()).is_err());
    stage.answer("GET /a", &json!(8));
    assert_eq!(*stage.runtime.block_on(awaited).unwrap().unwrap(), 8);
    assert_eq!(first.current().data.as_deref(), Some(&8));
}

#[test]
fn a_fetch_joins_the_request_of_an_observer() {
    let stage = Stage::new();
    let observer = stage.client.observe(number("a"));
    let held = stage.request("GET /a");
    let mut awaited = Box::pin(stage.client.fetch(number("a")));
    assert!(stage.runtime.block_on(awaited.as_mut()).is_err());
    stage.silence();
    held.respond_json(200, &json!(1));
    assert_eq!(*stage.runtime.block_on(awaited).unwrap().unwrap(), 1);
    assert!(observer.current().is_success());
    assert_eq!(stage.client.statistics().fetches, 1);
}

#[test]
fn different_keys_are_fetched_at_once() {
    let stage = Stage::new();
    let _a = stage.client.observe(number("a"));
    let _b = stage.client.observe(number("b"));
    let (a, b) = (stage.request("GET /a"), stage.request("GET /b"));
    b.respond_json(200, &json!(2));
    a.respond_json(200, &json!(1));
}
