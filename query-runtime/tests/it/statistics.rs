//! Does the cache know how big it is and how well it works?

use serde_json::json;

use crate::stage::{Stage, key, number, seconds};

#[test]
fn what_there_is_and_what_happened_is_counted() {
    let stage = Stage::new();
    let a = stage.observed(number("a").stale_time(seconds(10)), "GET /a", 1);
    let _disabled = stage.client.observe(number("b").enabled(false));
    stage.client.set(&key("c"), 3);
    let failing = stage.client.observe(number("d"));
    stage.refuse("GET /d", 404);
    let loading = stage.client.observe(number("e"));
    let joins = stage.client.observe(number("e"));
    let hit = stage.client.observe(number("a").stale_time(seconds(10)));
    let now = stage.client.statistics();
    assert_eq!((now.queries, now.pending, now.success, now.error), (5, 2, 2, 1));
    assert_eq!((now.active, now.inactive, now.observers), (3, 2, 6));
    assert_eq!((now.fetching, now.paused, now.pending_mutations), (1, 0, 0));
    assert_eq!((now.hits, now.misses, now.joins), (1, 3, 1));
    assert_eq!((now.fetches, now.errors, now.collected), (3, 1, 0));
    assert_eq!(stage.client.is_fetching(key("e")), 1);
    stage.answer("GET /e", &json!(5));
    assert_eq!(stage.client.is_fetching(key("e")), 0);
    drop((a, failing, loading, joins, hit));
}

#[test]
fn an_entry_that_nobody_looks_at_ages_by_its_own_stale_time() {
    let stage = Stage::new();
    drop(stage.observed(number("a").stale_time(seconds(10)), "GET /a", 1));
    assert_eq!(stage.client.statistics().stale, 0);
    stage.advance(10);
    assert_eq!(stage.client.statistics().stale, 1);
}

#[test]
fn what_the_program_removes_was_not_collected() {
    let stage = Stage::new();
    stage.client.set(&key("a"), 1);
    stage.client.set(&key("b"), 1);
    stage.client.set(&key("c"), 1);
    stage.client.remove(key("a"));
    stage.client.clear();
    let now = stage.client.statistics();
    assert_eq!((now.queries, now.collected), (0, 0));
}

#[test]
fn bytes_follow_what_the_server_sent_for_what_is_there() {
    let stage = Stage::new();
    assert_eq!(stage.client.statistics().approximate_bytes, 0);
    let observed = stage.observed(number("a"), "GET /a", 12_345);
    assert_eq!(stage.client.statistics().approximate_bytes, 5, "the answer is `12345`");
    stage.client.set(&key("b"), 1);
    let by_hand = stage.client.statistics().approximate_bytes - 5;
    assert!(by_hand > 0);
    drop(observed);
    stage.client.clear();
    assert_eq!(stage.client.statistics().approximate_bytes, 0);
}
