//! What does an observer show, and when does it say so?

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use futures_core::Stream;
use query_runtime::{Key, QueryError, QueryOptions, QueryResult, QueryStatus, RefetchWhen};
use serde_json::json;

use crate::stage::{Stage, key, number, seconds};

#[test]
fn loading_then_data_then_an_error_that_keeps_the_data() {
    let stage = Stage::new();
    let observer = stage.client.observe(number("a"));
    let shown = observer.current();
    assert!(shown.is_loading() && shown.data.is_none() && shown.is_stale);
    stage.answer("GET /a", &json!(1));
    let shown = observer.current();
    assert!(shown.is_success() && shown.is_fetched_after_mount && !shown.is_fetching());
    let refetched = observer.refetch();
    assert!(observer.current().is_refetching());
    stage.refuse("GET /a", 404);
    let shown = observer.current();
    assert!(shown.is_refetch_error() && shown.is_stale);
    assert_eq!(shown.data.as_deref(), Some(&1));
    assert_eq!(shown.error.and_then(|error| error.status()), Some(404));
    let outcome = stage.runtime.block_on(refetched.outcome()).unwrap();
    assert_eq!(outcome.unwrap_err().status(), Some(404));
}

#[test]
fn changed_returns_what_was_not_seen_and_loses_nothing_when_dropped() {
    let stage = Stage::new();
    let observer = stage.client.observe(number("a"));
    assert!(stage.runtime.block_on(observer.changed()).unwrap().is_loading());
    assert!(stage.runtime.block_on(observer.changed()).is_err(), "nothing has changed");
    stage.answer("GET /a", &json!(1));
    let shown = stage.runtime.block_on(observer.changed()).unwrap();
    assert_eq!(shown.data.as_deref(), Some(&1));
    assert!(stage.runtime.block_on(observer.changed()).is_err());
}

#[test]
fn equal_data_keeps_its_place_and_wakes_nobody() {
    let stage = Stage::new();
    let observer = stage.observed(number("a").stale_forever(), "GET /a", 1);
    let before = observer.current().data.unwrap();
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let _subscription = observer.subscribe(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
    });
    stage.client.set(&key("a"), 1);
    assert_eq!(calls.load(Ordering::SeqCst), 0);
    assert!(Arc::ptr_eq(&before, &observer.current().data.unwrap()));
    stage.client.set(&key("a"), 2);
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

#[test]
fn a_projection_runs_once_for_each_change_and_equal_outcomes_wake_nobody() {
    let stage = Stage::new();
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = runs.clone();
    let parity = stage.observed(number("a").stale_forever(), "GET /a", 1).select(move |number| {
        counted.fetch_add(1, Ordering::SeqCst);
        number % 2 == 0
    });
    assert_eq!(parity.current().data.as_deref(), Some(&false));
    parity.current();
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    stage.client.set(&key("a"), 3);
    assert_eq!(runs.load(Ordering::SeqCst), 2);
    assert!(stage.runtime.block_on(parity.changed()).is_err());
    stage.client.set(&key("a"), 4);
    assert_eq!(stage.runtime.block_on(parity.changed()).unwrap().data.as_deref(), Some(&true));
}

#[test]
fn a_failing_projection_is_the_observers_own_error() {
    let stage = Stage::new();
    let plain = stage.observed(number("a").stale_forever(), "GET /a", 1);
    let small = stage
        .client
        .observe(number("a").stale_forever())
        .try_select(|number| if *number < 10 { Ok(*number) } else { Err(QueryError::message("too big")) });
    assert_eq!(small.current().data.as_deref(), Some(&1));
    stage.client.set(&key("a"), 10);
    let shown = small.current();
    assert_eq!(shown.status, QueryStatus::Error);
    assert_eq!(shown.data.as_deref(), Some(&1), "the last good outcome");
    assert!(plain.current().is_success());
    stage.client.set(&key("a"), 2);
    assert_eq!(small.current().data.as_deref(), Some(&2));
}

#[test]
fn another_key_is_fetched_and_the_old_data_can_stay_meanwhile() {
    let stage = Stage::new();
    let observer = stage.observed(number("a"), "GET /a", 1);
    observer.set_options(number("b"));
    assert!(observer.current().data.is_none());
    stage.answer("GET /b", &json!(2));
    assert_eq!(observer.current().data.as_deref(), Some(&2));
    observer.set_options(number("c").keep_previous());
    let shown = observer.current();
    assert!(shown.is_placeholder && shown.is_success());
    assert_eq!(shown.data.as_deref(), Some(&2));
    assert_eq!(stage.client.get(&key("c")), None);
    stage.answer("GET /c", &json!(3));
    let shown = observer.current();
    assert!(!shown.is_placeholder);
    assert_eq!(shown.data.as_deref(), Some(&3));
    assert_eq!(stage.client.state(key("a").untyped()).unwrap().observers, 0);
}

#[test]
fn a_placeholder_shows_until_there_is_data_or_an_error() {
    let stage = Stage::new();
    let observer = stage.client.observe(number("a").placeholder(99));
    let shown = observer.current();
    assert!(shown.is_placeholder && shown.is_success() && shown.is_fetching());
    assert_eq!(shown.data.as_deref(), Some(&99));
    stage.refuse("GET /a", 404);
    let shown = observer.current();
    assert!(shown.is_loading_error() && !shown.is_placeholder);
}

#[test]
fn a_disabled_observer_waits_to_be_enabled_or_asked() {
    let stage = Stage::new();
    let observer = stage.client.observe(number("a").enabled(false));
    stage.silence();
    assert!(!observer.current().is_stale && observer.current().is_pending());
    assert!(stage.runtime.block_on(observer.settled()).unwrap().is_pending(), "nothing is under way");
    let _refetch = observer.refetch();
    stage.answer("GET /a", &json!(1));
    observer.set_options(number("a"));
    stage.answer("GET /a", &json!(2));
    assert_eq!(observer.current().data.as_deref(), Some(&2));
}

#[test]
fn initial_data_counts_as_fetched_just_now() {
    let stage = Stage::new();
    let observer = stage.client.observe(number("a").initial_data(5).stale_time(seconds(10)));
    stage.silence();
    assert_eq!(observer.current().data.as_deref(), Some(&5));
    assert!(!observer.current().is_fetched_after_mount);
    stage.advance(10);
    let _late = stage.client.observe(number("a").initial_data(6));
    stage.answer("GET /a", &json!(7));
    assert_eq!(observer.current().data.as_deref(), Some(&7));
}

#[test]
fn a_callback_may_drop_the_observer_and_call_the_client() {
    let stage = Stage::new();
    let observer = stage.client.observe(number("a"));
    let slot = Arc::new(Mutex::new(None));
    let (inner, client) = (slot.clone(), stage.client.clone());
    let subscription = observer.subscribe(move |result: &QueryResult<u64>| {
        if result.is_success() {
            client.set(&key("b"), 1);
            let gone = inner.lock().unwrap().take();
            drop(gone);
        }
    });
    *slot.lock().unwrap() = Some(observer);
    stage.answer("GET /a", &json!(1));
    assert!(slot.lock().unwrap().is_none());
    assert_eq!(stage.client.state(key("a").untyped()).unwrap().observers, 0);
    assert_eq!(stage.client.get(&key("b")).as_deref(), Some(&1));
    drop(subscription);
}

#[test]
fn a_stream_begins_with_what_is_shown_and_ends_with_the_observer() {
    let stage = Stage::new();
    let observer = stage.client.observe(number("a"));
    let mut stream = observer.stream();
    let mut next = || Pin::new(&mut stream).poll_next(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(next(), Poll::Ready(Some(shown)) if shown.is_loading()));
    assert!(next().is_pending());
    stage.answer("GET /a", &json!(1));
    assert!(matches!(next(), Poll::Ready(Some(shown)) if shown.is_success()));
    drop(observer);
    assert!(matches!(next(), Poll::Ready(None)));
}

#[test]
fn settled_outlives_its_observer_and_waits_for_data() {
    let stage = Stage::new();
    let observer = stage.client.observe(number("a"));
    let mut settled = Box::pin(observer.settled());
    assert!(stage.runtime.block_on(settled.as_mut()).is_err());
    stage.answer("GET /a", &json!(1));
    assert_eq!(stage.runtime.block_on(settled).unwrap().data.as_deref(), Some(&1));
    let gone = stage.client.observe(number("b"));
    let settled = gone.settled();
    drop(gone);
    assert!(stage.runtime.block_on(settled).unwrap().is_pending());
}

#[test]
fn one_key_for_two_types_is_an_error_not_a_panic() {
    let stage = Stage::new();
    let _numbers = stage.observed(number("a"), "GET /a", 1);
    let forged: Key<String> = Key::typed(key("a").into_untyped());
    let texts = stage.client.observe(QueryOptions::cached(forged.clone()));
    assert!(texts.current().error.unwrap().is_wrong_type());
    assert_eq!(stage.client.get(&forged), None);
    assert_eq!(stage.client.set(&forged, "text".to_owned()), None);
    assert_eq!(stage.client.get(&key("a")).as_deref(), Some(&1));
    texts.set_options(QueryOptions::cached(Key::typed(query_runtime::QueryKey::new(["text"]))));
    assert!(texts.current().error.is_none());
}

#[test]
fn a_client_that_is_dropped_leaves_nothing_behind() {
    let stage = Stage::new();
    let token = Arc::new(());
    let held = token.clone();
    let options = QueryOptions::new(key("a"), move |_| {
        let held = held.clone();
        async move {
            std::future::pending::<()>().await;
            drop(held);
            Ok(1)
        }
    });
    let observer = stage.client.observe(options);
    stage.runtime.run_until_stalled();
    let Stage { client, runtime, .. } = stage;
    drop(client);
    assert!(observer.current().is_fetching(), "an observer keeps its cache");
    drop(observer);
    runtime.run_until_stalled();
    assert_eq!(Arc::strong_count(&token), 1);
    assert_eq!(runtime.tasks(), 0);
}

#[test]
fn leaving_and_coming_back_at_once_calls_the_function_once() {
    let stage = Stage::new();
    drop(stage.client.observe(number("a")));
    let observer = stage.client.observe(number("a"));
    stage.answer("GET /a", &json!(1));
    stage.silence();
    assert_eq!(observer.current().data.as_deref(), Some(&1));
}

#[test]
fn another_key_is_fetched_when_stale_whatever_happens_on_mount() {
    let stage = Stage::new();
    stage.client.set(&key("b"), 2);
    stage.client.set(&key("c"), 3);
    let observer = stage.observed(number("a"), "GET /a", 1);
    observer.set_options(number("b").stale_forever().refetch_on_mount(RefetchWhen::Always));
    stage.silence();
    observer.set_options(number("c").refetch_on_mount(RefetchWhen::Never));
    stage.answer("GET /c", &json!(4));
}

#[test]
fn data_that_is_set_by_hand_ends_the_waiting() {
    let stage = Stage::new();
    let observer = stage.client.observe(number("a"));
    let mut settled = Box::pin(observer.settled());
    assert!(stage.runtime.block_on(settled.as_mut()).is_err());
    stage.client.set(&key("a"), 1);
    assert_eq!(stage.runtime.block_on(settled).unwrap().data.as_deref(), Some(&1));
}
