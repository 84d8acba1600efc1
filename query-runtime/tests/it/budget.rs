//! What leaves when the cache holds more than it may?

use std::sync::{Arc, Mutex};

use query_runtime::{CacheEvent, KeyPrefix, QueryKey};
use serde_json::json;

use crate::board::{CardChange, Edit, card, detail, edit};
use crate::stage::{Stage, key, number};

/// The names of the keys that are there, of `a` to `d`.
fn there(stage: &Stage) -> String {
    ["a", "b", "c", "d"].into_iter().filter(|name| stage.client.state(key(name).untyped()).is_some()).collect()
}

fn set(stage: &Stage, names: &[&'static str]) {
    for name in names {
        stage.client.set(&key(name), 1);
    }
}

#[test]
fn with_too_many_entries_the_one_unused_for_longest_leaves() {
    let stage = Stage::with(|builder| builder.max_entries(3));
    let evicted = Arc::new(Mutex::new(Vec::new()));
    let seen = evicted.clone();
    stage
        .client
        .subscribe(move |event| {
            if let CacheEvent::Evicted(key) = event {
                seen.lock().unwrap().push(key.clone());
            }
        })
        .forever();
    set(&stage, &["a", "b", "c"]);
    let looks = stage.client.observe(number("b").enabled(false));
    set(&stage, &["a"]);
    drop(looks);
    set(&stage, &["d"]);
    assert_eq!(there(&stage), "abd", "`a` was written and `b` observed after `c`");
    set(&stage, &["c"]);
    assert_eq!(there(&stage), "bcd", "`b` was looked at until after `a` was written");
    let keys: Vec<QueryKey> = ["c", "a"].map(|name| key(name).untyped().clone()).into();
    assert_eq!(*evicted.lock().unwrap(), keys);
    let now = stage.client.statistics();
    assert_eq!((now.queries, now.evicted, now.collected), (3, 2, 0));
}

#[test]
fn with_too_many_bytes_so_many_leave_that_the_rest_fits() {
    let stage = Stage::with(|builder| builder.max_bytes(10));
    for (name, value) in [("a", 1234), ("b", 123), ("c", 12)] {
        drop(stage.observed(number(name), &format!("GET /{name}"), value));
    }
    assert_eq!((there(&stage).as_str(), stage.client.statistics().approximate_bytes), ("abc", 9));
    drop(stage.observed(number("d"), "GET /d", 1_234_567));
    assert_eq!((there(&stage).as_str(), stage.client.statistics().approximate_bytes), ("cd", 9));
}

#[test]
fn what_is_looked_at_or_fetched_stays_even_if_it_is_too_much() {
    let stage = Stage::with(|builder| builder.max_entries(0));
    let observer = stage.observed(number("a").stale_forever(), "GET /a", 1);
    set(&stage, &["b"]);
    assert_eq!(there(&stage), "a");
    let fetched = stage.client.fetch(number("c"));
    let mut fetched = std::pin::pin!(fetched);
    assert!(stage.runtime.block_on(fetched.as_mut()).is_err(), "it waits for the server");
    assert_eq!(there(&stage), "ac");
    stage.answer("GET /c", &json!(3));
    assert_eq!(*stage.runtime.block_on(fetched).unwrap().unwrap(), 3, "who waited has it");
    assert_eq!(there(&stage), "a");
    drop(observer);
    assert_eq!(there(&stage), "");
}

#[test]
fn what_shows_an_undecided_mutation_stays_until_that_is_decided() {
    let stage = Stage::with(|builder| builder.max_entries(0));
    let shown = stage.client.observe(detail(1));
    stage.answer("GET /cards/1", &card(1, "todo", 10));
    let handle = stage.client.mutation(edit()).mutate(Edit { id: 1, change: CardChange::Title("new") });
    drop(shown);
    stage.client.set(&key("a"), 1);
    assert_eq!(stage.client.get(detail(1).key()).unwrap().title, "new");
    stage.refuse("PATCH /cards/1", 422);
    assert!(stage.runtime.block_on(handle).unwrap().is_err());
    assert_eq!(stage.client.statistics().queries, 0);
}

#[test]
fn without_a_limit_nothing_is_evicted() {
    let stage = Stage::new();
    for name in ["a", "b", "c"] {
        stage.client.set(&key(name), 1);
    }
    stage.client.invalidate(KeyPrefix::from(key("a")));
    assert_eq!((there(&stage).as_str(), stage.client.statistics().evicted), ("abc", 0));
}
