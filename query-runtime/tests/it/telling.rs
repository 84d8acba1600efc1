//! What is told of a query, to whom and in which order?

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use query_runtime::{CacheAction, CacheEvent, Cancel, QueryDefaults, QueryError, RetryPolicy};
use serde_json::json;

use crate::stage::{Stage, key, number, seconds};

/// What ended, as a callback for all queries would be told of it: how, and the error or the data then.
type Ended = Arc<Mutex<Vec<(CacheAction, Option<QueryError>, Option<Arc<u64>>)>>>;

fn listening(stage: &Stage) -> (Ended, query_runtime::Subscription) {
    let (ended, reader) = (Ended::default(), stage.client.clone());
    let log = ended.clone();
    let subscription = stage.client.subscribe(move |event| {
        if let CacheEvent::Updated(key, action @ (CacheAction::Success | CacheAction::Error)) = event {
            let now = reader.state(key).unwrap();
            log.lock().unwrap().push((*action, now.error.clone(), now.get()));
        }
    });
    (ended, subscription)
}

#[test]
fn each_fetch_that_ends_is_told_once_and_neither_writes_nor_cancellations_are() {
    let retry = RetryPolicy::default().max(1).jitter(false).backoff(seconds(1), 1.0, seconds(1));
    let stage = Stage::with(|builder| builder.defaults(QueryDefaults::new().retry(retry)));
    let (ended, _subscription) = listening(&stage);
    let _first = stage.observed(number("a"), "GET /a", 1);
    let second = stage.client.observe(number("a"));
    stage.answer("GET /a", &json!(2));
    assert_eq!(
        *ended.lock().unwrap(),
        [(CacheAction::Success, None, Some(1.into())), (CacheAction::Success, None, Some(2.into()))]
    );
    ended.lock().unwrap().clear();
    stage.client.set(&key("a"), 3);
    for how in [Cancel::new(), Cancel::new().silent(true), Cancel::new().silent(true).revert(false)] {
        let _refetched = second.refetch();
        let _request = stage.request("GET /a");
        stage.client.cancel_with(key("a"), how);
    }
    assert!(ended.lock().unwrap().is_empty());
    let _refetched = second.refetch();
    stage.request("GET /a").fail_network();
    stage.advance(1);
    stage.request("GET /a").fail_network();
    stage.runtime.run_until_stalled();
    let told = std::mem::take(&mut *ended.lock().unwrap());
    assert_eq!(told.len(), 1);
    assert!(told[0].0 == CacheAction::Error && told[0].1.as_ref().is_some_and(QueryError::is_network));
    assert_eq!(told[0].2.as_deref(), Some(&3));
}

#[test]
fn state_changes_first_then_observers_hear_of_it_and_then_who_listens_to_the_cache() {
    type Told = Vec<(&'static str, Option<Arc<u64>>)>;
    let stage = Stage::new();
    let observer = Arc::new(stage.client.observe(number("a")));
    let told: Arc<Mutex<Told>> = Arc::default();
    let (log, reader) = (told.clone(), stage.client.clone());
    let _shown = observer.subscribe(move |shown| {
        assert_eq!(shown.data, reader.get(&key("a")));
        log.lock().unwrap().push(("observer", shown.data.clone()));
    });
    let (log, seen) = (told.clone(), observer.clone());
    let _heard = stage.client.subscribe(move |event| {
        if let CacheEvent::Updated(_, CacheAction::Success) = event {
            log.lock().unwrap().push(("cache", seen.current().data));
        }
    });
    stage.answer("GET /a", &json!(1));
    assert_eq!(*told.lock().unwrap(), [("observer", Some(1.into())), ("cache", Some(1.into()))]);
}

#[test]
fn listener_may_leave_and_take_others_along_while_it_is_told() {
    let stage = Stage::new();
    let observers = Arc::new(Mutex::new(vec![stage.client.observe(number("a")), stage.client.observe(number("a"))]));
    let taken = observers.clone();
    let third = stage.client.observe(number("a"));
    let _heard = third.subscribe(move |_| drop(std::mem::take(&mut *taken.lock().unwrap())));
    stage.answer("GET /a", &json!(1));
    assert_eq!(stage.client.state(key("a").untyped()).unwrap().observers, 1);
    assert_eq!(third.current().data.as_deref(), Some(&1));
}

#[test]
fn fetch_that_is_over_is_not_joined_by_who_hears_of_its_end() {
    let stage = Stage::new();
    let (client, again) = (stage.client.clone(), Arc::new(Mutex::new(None)));
    let kept = again.clone();
    let _listening = stage.client.subscribe(move |event| {
        if let CacheEvent::Updated(_, CacheAction::Error) = event {
            *kept.lock().unwrap() = Some(client.refetch(key("a")));
        }
    });
    let observer = stage.client.observe(number("a").retry(RetryPolicy::never()));
    stage.request("GET /a").fail_network();
    stage.answer("GET /a", &json!(2));
    assert_eq!(observer.current().data.as_deref(), Some(&2));
    let settled = again.lock().unwrap().take().unwrap();
    assert!(stage.runtime.block_on(settled.outcome()).unwrap().is_ok());
}

#[test]
fn clients_share_nothing_and_clones_of_one_all() {
    let (one, two) = (Stage::new(), Stage::new());
    one.client.set(&key("a"), 1);
    assert_eq!(one.client.clone().get(&key("a")).as_deref(), Some(&1));
    assert_eq!(two.client.get(&key("a")), None);
    one.client.set_defaults(key("a"), QueryDefaults::new().stale_time(Duration::MAX));
    let fresh = one.client.clone().observe(number("a"));
    assert!(!fresh.current().is_stale);
    one.silence();
}
