//! What may fetch again, and how soon: the settings of SWR, and its profile.

use std::sync::{Arc, Mutex};

use query_runtime::{
    CacheAction, CacheEvent, FetchContext, QueryDefaults, QueryError, QueryObserver, QueryOptions, RefetchWhen,
    RetryPolicy,
};
use serde_json::json;

use crate::stage::{Stage, key, number, seconds};

/// The focus goes and comes back.
fn look_away_and_back(stage: &Stage) {
    stage.client.set_focused(false);
    stage.client.set_focused(true);
    stage.runtime.run_until_stalled();
}

#[test]
fn what_merely_happens_within_the_dedupe_interval_fetches_nothing() {
    let stage = Stage::new();
    let options = || number("a").dedupe_interval(seconds(10)).refetch_interval(seconds(4));
    let _first = stage.observed(options(), "GET /a", 1);
    let _second = stage.client.observe(options().refetch_on_mount(RefetchWhen::Always));
    look_away_and_back(&stage);
    stage.client.set_online(false);
    stage.client.set_online(true);
    stage.advance(9);
    stage.silence();
    let _third = stage.client.observe(options());
    stage.silence();
    stage.advance(1);
    let _fourth = stage.client.observe(options());
    stage.answer("GET /a", &json!(2));
    stage.advance(9);
    stage.silence();
    stage.advance(3);
    stage.answer("GET /a", &json!(3));
}

#[test]
fn what_the_program_says_is_not_held_back_by_the_dedupe_interval() {
    let stage = Stage::new();
    let options = || number("a").dedupe_interval(seconds(100));
    let observer = stage.observed(options(), "GET /a", 1);
    observer.refetch();
    stage.answer("GET /a", &json!(2));
    stage.client.invalidate(key("a"));
    stage.answer("GET /a", &json!(3));
    drop(observer);
    stage.client.invalidate(key("a"));
    let observer = stage.client.observe(options());
    stage.answer("GET /a", &json!(4));
    drop(observer);
    stage.client.set(&key("a"), 5);
    let _observer = stage.client.observe(options());
    stage.answer("GET /a", &json!(6));
}

#[test]
fn failure_ends_the_dedupe_interval() {
    let stage = Stage::new();
    let options = || number("a").dedupe_interval(seconds(100)).retry(RetryPolicy::never());
    let observer = stage.observed(options(), "GET /a", 1);
    observer.refetch();
    stage.refuse("GET /a", 500);
    let _second = stage.client.observe(options());
    stage.answer("GET /a", &json!(2));
}

#[test]
fn fetches_on_focus_keep_their_distance() {
    let stage = Stage::new();
    let options = || number("a").focus_throttle(seconds(5)).refetch_on_mount(RefetchWhen::Never);
    let _first = stage.observed(options(), "GET /a", 1);
    let _second = stage.client.observe(options());
    stage.advance(4);
    look_away_and_back(&stage);
    stage.silence();
    stage.advance(1);
    look_away_and_back(&stage);
    stage.answer("GET /a", &json!(2));
    stage.advance(4);
    look_away_and_back(&stage);
    stage.silence();
    stage.advance(1);
    look_away_and_back(&stage);
    stage.answer("GET /a", &json!(3));
}

#[test]
fn fetch_of_nothing_cached_is_slow_after_a_while() {
    let stage = Stage::new();
    let slow = Arc::new(Mutex::new(0));
    let seen = slow.clone();
    let subscription = stage.client.subscribe(move |event| {
        if matches!(event, CacheEvent::Updated(_, CacheAction::Slow)) {
            *seen.lock().unwrap() += 1;
        }
    });
    let observer = stage.client.observe(number("a").slow_after(seconds(3)));
    let request = stage.request("GET /a");
    stage.advance(2);
    assert!(!observer.current().is_slow);
    stage.advance(1);
    assert!(observer.current().is_slow);
    assert_eq!(*slow.lock().unwrap(), 1);
    request.respond_json(200, &json!(1));
    stage.runtime.run_until_stalled();
    assert!(!observer.current().is_slow);
    observer.refetch();
    let _again = stage.request("GET /a");
    stage.advance(100);
    assert!(!observer.current().is_slow, "there is something to show");
    assert_eq!(*slow.lock().unwrap(), 1);
    drop(subscription);
}

/// A fetch that goes on whether somebody looks or not, until the test ends it.
fn endless() -> QueryOptions<u64> {
    QueryOptions::new(key("endless"), |_: FetchContext| std::future::pending())
}

#[test]
fn nothing_is_slow_for_who_has_left_or_cannot_ask() {
    let stage = Stage::new();
    let observer = stage.client.observe(endless().slow_after(seconds(3)));
    stage.advance(1);
    drop(observer);
    stage.advance(10);
    let late = stage.client.observe(endless());
    assert!(late.current().is_fetching() && !late.current().is_slow);
    stage.client.set_online(false);
    let offline = stage.client.observe(number("b").slow_after(seconds(3)));
    stage.advance(10);
    assert!(offline.current().is_paused() && !offline.current().is_slow);
    stage.client.set_online(true);
    let _request = stage.request("GET /b");
    stage.advance(2);
    assert!(!offline.current().is_slow);
    stage.advance(1);
    assert!(offline.current().is_slow);
}

#[test]
fn error_that_says_so_is_not_retried() {
    let stage = Stage::new();
    let fetch = |_: FetchContext| async { Err::<u64, _>(QueryError::network("no route").without_retry()) };
    let always = RetryPolicy::forever().when(|_, _| true);
    let observer = stage.client.observe(QueryOptions::new(key("a"), fetch).retry(always));
    stage.runtime.run_until_stalled();
    let shown = observer.current();
    assert!(shown.is_error() && shown.error.is_some_and(|error| error.is_final() && error.is_network()));
    assert_eq!(shown.failure_count, 1);
}

/// What a component of a program is written against: it does not know the profile.
fn use_number(stage: &Stage) -> QueryObserver<u64> {
    stage.client.observe(number("a"))
}

#[test]
fn same_hook_answers_by_the_profile_of_its_client() {
    let swr = Stage::with(|builder| builder.defaults(QueryDefaults::swr()));
    let usual = Stage::new();
    for stage in [&swr, &usual] {
        let first = use_number(stage);
        stage.answer("GET /a", &json!(1));
        stage.advance(1);
        drop(first);
    }
    // Who comes a second later is served without asking again there, and asks again here.
    let (by_swr, by_usual) = (use_number(&swr), use_number(&usual));
    swr.silence();
    usual.answer("GET /a", &json!(2));
    assert_eq!((by_swr.current().data.as_deref(), by_usual.current().data.as_deref()), (Some(&1), Some(&2)));
    // After a long absence the old data is still there to be shown, and not here.
    drop((by_swr, by_usual));
    for stage in [&swr, &usual] {
        stage.advance(3600);
    }
    let (by_swr, by_usual) = (use_number(&swr), use_number(&usual));
    assert_eq!((by_swr.current().data.as_deref(), by_usual.current().data.as_deref()), (Some(&1), None));
    swr.answer("GET /a", &json!(3));
    usual.answer("GET /a", &json!(3));
    // On focus: at once here, not before five seconds there.
    for stage in [&swr, &usual] {
        stage.advance(4);
        look_away_and_back(stage);
    }
    swr.silence();
    usual.answer("GET /a", &json!(4));
    swr.advance(1);
    look_away_and_back(&swr);
    swr.answer("GET /a", &json!(4));
}

#[test]
fn swr_profile_retries_three_times_within_its_delays() {
    let stage = Stage::with(|builder| builder.defaults(QueryDefaults::swr()));
    let observer = use_number(&stage);
    for longest in [10, 20, 40] {
        stage.refuse("GET /a", 503);
        assert!(observer.current().is_loading());
        stage.advance(longest);
    }
    stage.refuse("GET /a", 503);
    assert!(observer.current().is_error());
    stage.advance(10_000);
    stage.silence();
    drop(observer);
    let observer = stage.client.observe(number("b"));
    stage.refuse("GET /b", 404);
    assert!(observer.current().is_error(), "an answer that says no will say no again");
}

#[test]
fn shortest_interval_of_those_that_look_counts() {
    let stage = Stage::new();
    let often = stage.observed(number("a").refetch_interval(seconds(3)), "GET /a", 1);
    let _seldom = stage.client.observe(number("a").refetch_interval(seconds(10)).stale_forever());
    let _never = stage.client.observe(number("a").stale_forever());
    for answer in 2..5 {
        stage.advance(2);
        stage.silence();
        stage.advance(1);
        stage.answer("GET /a", &json!(answer));
    }
    drop(often);
    stage.advance(9);
    stage.silence();
    stage.advance(1);
    stage.answer("GET /a", &json!(5));
}

#[test]
fn interval_begins_when_the_fetch_before_is_over_and_asks_nothing_without_a_connection() {
    let stage = Stage::new();
    let observer = stage.observed(number("a").refetch_interval(seconds(10)), "GET /a", 1);
    stage.advance(10);
    let slow = stage.request("GET /a");
    stage.advance(9);
    slow.respond_json(200, &json!(2));
    stage.runtime.run_until_stalled();
    stage.advance(9);
    stage.silence();
    stage.advance(1);
    stage.answer("GET /a", &json!(3));
    stage.client.set_online(false);
    stage.advance(100);
    stage.silence();
    stage.client.set_online(true);
    stage.answer("GET /a", &json!(4));
    stage.silence();
    assert_eq!(observer.current().data.as_deref(), Some(&4));
}

#[test]
fn query_that_is_never_revalidated_is_still_fetched_when_nothing_is_there() {
    let stage = Stage::new();
    let immutable = || {
        let never = RefetchWhen::Never;
        number("a").refetch_on_mount(never).refetch_on_focus(never).refetch_on_reconnect(never)
    };
    let first = stage.observed(immutable(), "GET /a", 1);
    stage.advance(1000);
    look_away_and_back(&stage);
    stage.client.set_online(false);
    stage.client.set_online(true);
    drop(first);
    let _second = stage.client.observe(immutable());
    stage.silence();
}

#[test]
fn error_stays_until_a_success_while_there_is_data() {
    let stage = Stage::new();
    let observer = stage.observed(number("a").retry(RetryPolicy::never()), "GET /a", 1);
    observer.refetch();
    stage.refuse("GET /a", 500);
    observer.refetch();
    let running = stage.request("GET /a");
    assert!(observer.current().is_fetching());
    assert_eq!(observer.current().error.and_then(|error| error.status()), Some(500));
    running.respond_json(200, &json!(2));
    stage.runtime.run_until_stalled();
    assert!(observer.current().error.is_none());
}

#[test]
fn observer_that_turns_to_what_was_just_fetched_is_deduplicated_too() {
    let stage = Stage::new();
    let options = |name| number(name).dedupe_interval(seconds(10));
    let _other = stage.observed(options("b"), "GET /b", 1);
    let observer = stage.observed(options("a"), "GET /a", 1);
    observer.set_options(options("b"));
    stage.silence();
    observer.set_options(options("b").enabled(false));
    stage.advance(9);
    observer.set_options(options("b"));
    stage.silence();
    observer.set_options(options("b").enabled(false));
    stage.advance(1);
    observer.set_options(options("b"));
    stage.answer("GET /b", &json!(2));
}

#[test]
fn what_counts_as_slow_can_be_said_while_it_loads() {
    let stage = Stage::new();
    let observer = stage.client.observe(number("a"));
    let _request = stage.request("GET /a");
    stage.advance(2);
    observer.set_options(number("a").slow_after(seconds(3)));
    stage.advance(1);
    assert!(observer.current().is_slow);
    stage.client.cancel(key("a"));
    assert!(!observer.current().is_slow);
}
