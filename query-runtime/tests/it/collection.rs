//! When does data that nobody looks at leave?

use query_runtime::{QueryDefaults, QueryFilter};
use serde_json::json;

use crate::stage::{Stage, key, number, seconds};

#[test]
fn data_leaves_some_time_after_its_last_observer() {
    let stage = Stage::new();
    let observer = stage.observed(number("a").gc_time(seconds(60)), "GET /a", 1);
    stage.advance(600);
    assert!(stage.client.get(&key("a")).is_some());
    drop(observer);
    stage.advance(59);
    assert!(stage.client.get(&key("a")).is_some());
    stage.advance(1);
    assert!(stage.client.get(&key("a")).is_none());
    assert_eq!(stage.client.statistics().collected, 1);
}

#[test]
fn the_longest_time_counts_and_a_new_observer_stops_it() {
    let stage = Stage::new();
    let long = stage.observed(number("a").gc_time(seconds(60)), "GET /a", 1);
    let short = stage.client.observe(number("a").gc_time(seconds(1)).stale_forever());
    stage.runtime.run_until_stalled();
    if let Some(request) = stage.transport.take_request() {
        request.respond_json(200, &json!(1));
    }
    drop((long, short));
    stage.advance(59);
    let back = stage.client.observe(number("a").stale_forever());
    stage.advance(600);
    assert_eq!(back.current().data.as_deref(), Some(&1));
    stage.silence();
}

#[test]
fn data_set_by_hand_leaves_too_and_can_stay_for_ever() {
    let stage = Stage::new();
    stage.client.set(&key("a"), 1);
    drop(stage.observed(number("b").gc_never(), "GET /b", 2));
    stage.advance(299);
    assert!(stage.client.get(&key("a")).is_some());
    stage.advance(100_000);
    assert!(stage.client.get(&key("a")).is_none());
    assert_eq!(stage.client.get(&key("b")).as_deref(), Some(&2));
}

#[test]
fn entry_that_was_removed_takes_no_later_one_under_its_key_along() {
    let stage = Stage::with(|builder| builder.defaults(QueryDefaults::new().gc_time(seconds(10))));
    stage.client.set(&key("a"), 1);
    stage.advance(6);
    stage.client.remove(key("a"));
    stage.client.set(&key("a"), 2);
    stage.advance(6);
    assert_eq!(stage.client.get(&key("a")).as_deref(), Some(&2));
    stage.advance(4);
    assert_eq!(stage.client.get(&key("a")), None);
}

#[test]
fn query_that_was_reset_stays_until_a_limit_or_the_end_of_its_next_use_takes_it() {
    let defaults = QueryDefaults::new().gc_time(seconds(10));
    let stage = Stage::with(|builder| builder.defaults(defaults).max_entries(2));
    for name in ["a", "b"] {
        stage.client.set(&key(name), 1);
    }
    stage.client.reset(QueryFilter::all());
    stage.advance(1000);
    assert_eq!(stage.client.statistics().queries, 2);
    stage.client.set(&key("c"), 1);
    assert!(stage.client.state(key("a").untyped()).is_none(), "it was unused for longest");
    drop(stage.client.observe(number("b").enabled(false)));
    stage.advance(10);
    assert!(stage.client.state(key("b").untyped()).is_none());
}

#[test]
fn data_without_retention_is_kept_for_an_observer_that_returns_at_once() {
    let stage = Stage::new();
    let options = || number("a").gc_time(seconds(0)).stale_forever();
    drop(stage.observed(options(), "GET /a", 1));
    let returned = stage.client.observe(options());
    stage.silence();
    assert_eq!(returned.current().data.as_deref(), Some(&1));
    drop(returned);
    stage.advance(0);
    assert!(stage.client.state(key("a").untyped()).is_none());
}
