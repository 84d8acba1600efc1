//! Can a program read, write and prefetch queries by hand?

use std::sync::{Arc, Mutex};

use query_runtime::{CacheAction, CacheEvent, Key, QueryFilter, QueryKey};
use serde_json::json;

use crate::stage::{Stage, key, number};

#[test]
fn data_can_be_set_and_changed() {
    let stage = Stage::new();
    assert_eq!(stage.client.update(&key("a"), |number| Some(number + 1)), None);
    assert_eq!(stage.client.set(&key("a"), 1).as_deref(), Some(&1));
    assert_eq!(stage.client.update(&key("a"), |number| Some(number + 1)).as_deref(), Some(&2));
    assert_eq!(stage.client.update(&key("a"), |_| None), None);
    assert_eq!(stage.client.get(&key("a")).as_deref(), Some(&2));
    let known = stage.client.state(key("a").untyped()).unwrap();
    assert_eq!((known.data_update_count, known.observers), (2, 0));
    assert!(stage.client.state(&QueryKey::new(["nothing"])).is_none());
}

#[test]
fn states_of_several_queries_come_in_the_order_in_which_those_were_made() {
    let stage = Stage::new();
    stage.client.set(&key("b"), 2);
    let observer = stage.observed(number("a").stale_forever(), "GET /a", 1);
    let states = stage.client.states(QueryKey::new(["number"]));
    let told: Vec<_> = states.iter().map(|state| (state.key.clone(), state.get::<u64>(), state.is_stale)).collect();
    let expected = [(key("b").into_untyped(), Some(2.into()), true), (key("a").into_untyped(), Some(1.into()), false)];
    assert_eq!(told, expected);
    assert_eq!(states[0].get::<String>(), None);
    assert_eq!(stage.client.states(QueryFilter::all().active()).len(), 1);
    drop(observer);
}

#[test]
fn several_queries_can_be_read_together() {
    let stage = Stage::new();
    let text: Key<String> = Key::typed(QueryKey::new(["number", "text"]));
    stage.client.set(&key("b"), 2);
    stage.client.set(&text, "two".to_owned());
    stage.client.set(&key("a"), 1);
    let (a, t) = stage.client.get_both(&key("a"), &text);
    assert_eq!((a.as_deref(), t.as_deref().map(String::as_str)), (Some(&1), Some("two")));
    assert_eq!(stage.client.get_both(&key("c"), &key("b")), (None, Some(2.into())));
    let all = stage.client.get_all::<u64>(QueryKey::new(["number"]));
    assert_eq!(all, [(key("b"), 2.into()), (key("a"), 1.into())]);
}

#[test]
fn data_set_during_a_fetch_shows_and_the_fetch_goes_on() {
    let stage = Stage::new();
    let observer = stage.client.observe(number("a"));
    let request = stage.request("GET /a");
    stage.client.set(&key("a"), 5);
    let shown = observer.current();
    assert_eq!((shown.data.as_deref(), shown.is_fetching()), (Some(&5), true));
    request.respond_json(200, &json!(6));
    stage.runtime.run_until_stalled();
    assert_eq!(observer.current().data.as_deref(), Some(&6));
}

#[test]
fn warming_up_sends_a_few_at_once_and_tells_how_each_went() {
    let stage = Stage::new();
    stage.client.set(&key("b"), 2);
    let queries = ["a", "b", "c", "d"].map(|name| number(name).stale_forever()).to_vec();
    let mut warm = Box::pin(stage.client.warm_up(queries, 2));
    assert!(stage.runtime.block_on(warm.as_mut()).is_err());
    let (a, c) = (stage.request("GET /a"), stage.request("GET /c"));
    stage.silence();
    c.respond_json(404, &json!(null));
    assert!(stage.runtime.block_on(warm.as_mut()).is_err());
    let d = stage.request("GET /d");
    a.respond_json(200, &json!(1));
    d.respond_json(200, &json!(4));
    let results = stage.runtime.block_on(warm).unwrap();
    assert_eq!(results.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, true, false, true]);
    assert_eq!(stage.client.get(&key("d")).as_deref(), Some(&4));
}

#[test]
fn prefetching_reports_its_error() {
    let stage = Stage::new();
    let mut prefetch = Box::pin(stage.client.prefetch(number("a")));
    assert!(stage.runtime.block_on(prefetch.as_mut()).is_err());
    stage.request("GET /a").fail_network();
    let error = stage.runtime.block_on(prefetch).unwrap().unwrap_err();
    assert!(error.is_network());
    assert!(error.to_string().starts_with("GET /{name}"), "{error}");
}

#[test]
fn subscribers_hear_what_happens_until_they_leave() {
    let stage = Stage::new();
    let events: Arc<Mutex<Vec<CacheEvent>>> = Arc::default();
    let log = events.clone();
    let subscription = stage.client.subscribe(move |event| log.lock().unwrap().push(event.clone()));
    let observer = stage.observed(number("a"), "GET /a", 1);
    drop(observer);
    drop(subscription);
    stage.client.set(&key("a"), 2);
    let own = key("a").into_untyped();
    let heard = events.lock().unwrap().clone();
    for expected in [
        CacheEvent::Added(own.clone()),
        CacheEvent::ObserverAdded(own.clone()),
        CacheEvent::Updated(own.clone(), CacheAction::Fetch),
        CacheEvent::Updated(own.clone(), CacheAction::Success),
        CacheEvent::ObserverRemoved(own.clone()),
    ] {
        assert_eq!(heard.iter().filter(|event| **event == expected).count(), 1, "{expected:?}");
    }
    assert!(!heard.contains(&CacheEvent::Updated(own, CacheAction::Set)));
}
