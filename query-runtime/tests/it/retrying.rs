//! Which failures are tried again?

use query_runtime::RetryPolicy;
use serde_json::json;

use crate::stage::{Stage, key, number, seconds};

#[test]
fn an_observers_fetch_is_retried_with_growing_delays() {
    let stage = Stage::new();
    let observer = stage.client.observe(number("a").retry(RetryPolicy::default().jitter(false)));
    stage.refuse("GET /a", 503);
    let shown = observer.current();
    assert!(shown.is_loading(), "still at it");
    assert_eq!(shown.failure_count, 1);
    assert_eq!(shown.failure_reason.and_then(|error| error.status()), Some(503));
    stage.silence();
    stage.advance(1);
    stage.refuse("GET /a", 503);
    stage.advance(1);
    stage.silence();
    stage.advance(1);
    stage.answer("GET /a", &json!(1));
    let shown = observer.current();
    assert!(shown.is_success());
    assert_eq!(shown.failure_count, 0);
}

#[test]
fn what_the_server_refuses_for_good_is_not_retried() {
    let stage = Stage::new();
    let observer = stage.client.observe(number("a"));
    stage.refuse("GET /a", 404);
    assert!(observer.current().is_error());
    stage.advance(100);
    stage.silence();
}

#[test]
fn an_awaited_fetch_is_not_retried_unless_told() {
    let stage = Stage::new();
    let mut once = Box::pin(stage.client.fetch(number("a")));
    assert!(stage.runtime.block_on(once.as_mut()).is_err());
    stage.refuse("GET /a", 503);
    assert_eq!(stage.runtime.block_on(once).unwrap().unwrap_err().status(), Some(503));
    let policy = RetryPolicy::default().max(1).backoff(seconds(5), 1.0, seconds(5)).jitter(false);
    let mut twice = Box::pin(stage.client.fetch(number("b").retry(policy)));
    assert!(stage.runtime.block_on(twice.as_mut()).is_err());
    stage.refuse("GET /b", 503);
    stage.advance(5);
    stage.answer("GET /b", &json!(1));
    assert_eq!(*stage.runtime.block_on(twice).unwrap().unwrap(), 1);
}

#[test]
fn without_focus_a_retry_waits() {
    let stage = Stage::new();
    let observer = stage.client.observe(number("a").retry(RetryPolicy::default().jitter(false)));
    stage.refuse("GET /a", 503);
    stage.client.set_focused(false);
    stage.advance(10);
    stage.silence();
    assert!(observer.current().is_paused());
    stage.client.set_focused(true);
    stage.answer("GET /a", &json!(1));
    assert!(observer.current().is_success());
}

#[test]
fn observer_that_moves_on_takes_its_function_along_and_the_fetch_it_began_goes_on_with_its_own() {
    let stage = Stage::new();
    let options = |name| number(name).retry(RetryPolicy::default().jitter(false));
    let observer = stage.client.observe(options("a"));
    let _other = stage.client.observe(options("a").enabled(false));
    stage.refuse("GET /a", 503);
    observer.set_options(options("b"));
    stage.answer("GET /b", &json!(2));
    stage.advance(1);
    stage.answer("GET /a", &json!(1));
    assert_eq!(stage.client.get(&key("a")).as_deref(), Some(&1));
}
