//! Which function fetches a query, and with which settings and notes?

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use query_runtime::{
    FetchContext, Key, KeySegment, QueryDefaults, QueryError, QueryFilter, QueryKey, QueryOptions, RefetchType,
    Request, RetryPolicy,
};
use serde_json::json;

use crate::stage::{Stage, key, number};

async fn fetch_named(context: FetchContext) -> Result<u64, QueryError> {
    let Some(KeySegment::Text(name)) = context.key().segments().last().cloned() else {
        return Err(QueryError::message("the key names nothing"));
    };
    context.send(Request::get("/default/{name}").path("name", &name)).await?.json()
}

#[test]
fn function_of_the_defaults_fetches_queries_of_its_type_that_have_none() {
    let defaults = QueryDefaults::new().fetch(fetch_named).fetch(|_| async { Ok("a text".to_owned()) });
    let stage = Stage::with(|builder| builder.defaults(defaults));
    let observer = stage.client.observe(QueryOptions::by_default(key("a")));
    stage.answer("GET /default/a", &json!(1));
    assert_eq!(observer.current().data.as_deref(), Some(&1));
    let own = stage.client.observe(number("b"));
    stage.answer("GET /b", &json!(2));
    assert_eq!(own.current().data.as_deref(), Some(&2));
    let text: Key<String> = Key::typed(QueryKey::new(["text"]));
    let fetched = stage.runtime.block_on(stage.client.fetch(QueryOptions::by_default(text))).unwrap();
    assert_eq!(*fetched.unwrap(), "a text");
}

#[test]
fn function_of_a_nearer_prefix_wins_and_serves_data_that_was_set() {
    let far = QueryDefaults::new().fetch(|_| async { Ok(1_u64) });
    let stage = Stage::with(|builder| builder.defaults(far));
    stage.client.set_defaults(QueryKey::new(["number"]), QueryDefaults::new().fetch(fetch_named));
    stage.client.set(&key("a"), 5);
    stage.client.invalidate(QueryFilter::from(key("a")).refetch_type(RefetchType::All));
    stage.answer("GET /default/a", &json!(6));
    assert_eq!(stage.client.get(&key("a")).as_deref(), Some(&6));
}

#[test]
fn query_that_nobody_has_a_function_for_fails() {
    let stage = Stage::new();
    let fetch = stage.client.fetch(QueryOptions::by_default(key("a")));
    assert!(stage.runtime.block_on(fetch).unwrap().unwrap_err().is_missing_fetch());
    stage.client.set(&key("b"), 1);
    let settled = stage.client.invalidate(QueryFilter::from(key("b")).refetch_type(RefetchType::All));
    assert!(stage.runtime.block_on(settled.outcome()).unwrap().unwrap_err().is_missing_fetch());
    let failed = stage.client.state(key("b").untyped()).unwrap();
    assert!(failed.error.is_some_and(|error| error.is_missing_fetch()) && failed.has_data);
}

#[test]
fn observer_lends_its_function_to_a_fetch_without_one() {
    let stage = Stage::new();
    let observer = stage.observed(number("a").stale_forever(), "GET /a", 1);
    let mut fetch = Box::pin(stage.client.fetch(QueryOptions::by_default(key("a"))));
    assert!(stage.runtime.block_on(fetch.as_mut()).is_err());
    stage.answer("GET /a", &json!(2));
    assert_eq!(*stage.runtime.block_on(fetch).unwrap().unwrap(), 2);
    assert_eq!(observer.current().data.as_deref(), Some(&2));
}

#[test]
fn refetch_without_observers_runs_with_the_function_and_the_settings_given_last() {
    let stage = Stage::new();
    let again =
        RetryPolicy::default().max(1).jitter(false).backoff(Duration::from_secs(1), 1.0, Duration::from_secs(1));
    drop(stage.observed(number("a").retry(again), "GET /a", 1));
    let all = || QueryFilter::from(key("a")).refetch_type(RefetchType::All);
    stage.client.invalidate(all());
    stage.request("GET /a").fail_network();
    stage.advance(1);
    stage.answer("GET /a", &json!(2));
    let mut fetch = Box::pin(stage.client.fetch(number("a")));
    assert!(stage.runtime.block_on(fetch.as_mut()).is_err());
    stage.answer("GET /a", &json!(3));
    stage.client.invalidate(all());
    stage.request("GET /a").fail_network();
    stage.advance(1);
    stage.silence();
    assert_eq!(stage.client.state(key("a").untyped()).unwrap().failure_count, 1);
}

#[test]
fn fetch_that_joins_leaves_the_settings_as_they_are() {
    let stage = Stage::new();
    let again =
        RetryPolicy::default().max(1).jitter(false).backoff(Duration::from_secs(1), 1.0, Duration::from_secs(1));
    let observer = stage.client.observe(number("a").retry(again));
    let first = stage.request("GET /a");
    let mut fetch = Box::pin(stage.client.fetch(number("a")));
    assert!(stage.runtime.block_on(fetch.as_mut()).is_err());
    first.fail_network();
    stage.advance(1);
    stage.answer("GET /a", &json!(2));
    assert_eq!(*stage.runtime.block_on(fetch).unwrap().unwrap(), 2);
    assert_eq!(observer.current().data.as_deref(), Some(&2));
}

#[test]
fn query_that_cannot_be_fetched_yet_counts_as_disabled_until_it_has_a_function() {
    let stage = Stage::new();
    let observer = stage.client.observe(QueryOptions::cached(key("a")));
    stage.client.invalidate(QueryFilter::from(key("a")).refetch_type(RefetchType::All));
    stage.silence();
    assert_eq!(stage.client.states(QueryFilter::all().active()).len(), 0);
    assert!(!observer.current().is_stale);
    let refused = stage.runtime.block_on(observer.refetch().outcome()).unwrap().unwrap_err();
    assert!(refused.is_missing_fetch());
    stage.client.set(&key("a"), 1);
    drop(observer);
    stage.client.refetch(key("a"));
    stage.silence();
    let observer = stage.client.observe(QueryOptions::cached(key("b")));
    observer.set_options(number("b"));
    stage.answer("GET /b", &json!(3));
    assert_eq!(observer.current().data.as_deref(), Some(&3));
}

#[test]
fn note_of_the_program_reaches_function_and_state_and_the_last_one_counts() {
    #[derive(Debug, PartialEq)]
    struct Note(&'static str);
    let stage = Stage::with(|builder| builder.defaults(QueryDefaults::new().meta(Note("default"))));
    let seen: Arc<Mutex<Vec<&'static str>>> = Arc::default();
    let log = seen.clone();
    let noting = QueryOptions::new(key("a"), move |context: FetchContext| {
        log.lock().unwrap().push(context.meta::<Note>().unwrap().0);
        assert_eq!(context.meta::<String>(), None);
        async { Ok(1) }
    });
    let first = stage.client.observe(noting.clone());
    stage.runtime.run_until_stalled();
    let noted = || stage.client.state(key("a").untyped()).unwrap().meta::<Note>();
    assert_eq!(noted().as_deref(), Some(&Note("default")));
    let second = stage.client.observe(noting.meta(Note("second")));
    stage.runtime.run_until_stalled();
    assert_eq!(noted().as_deref(), Some(&Note("second")));
    assert_eq!(*seen.lock().unwrap(), ["default", "second"]);
    drop((first, second));
}

#[test]
fn defaults_can_say_that_observers_fetch_nothing() {
    let stage = Stage::with(|builder| builder.defaults(QueryDefaults::new().enabled(false)));
    let observer = stage.client.observe(number("a"));
    let willing = stage.client.observe(number("b").enabled(true));
    stage.answer("GET /b", &json!(2));
    assert_eq!((observer.current().is_enabled, willing.current().is_enabled), (false, true));
    stage.silence();
}
