//! How do settings follow the state of their query?

use query_runtime::{QueryDefaults, QueryOptions, RefetchWhen};
use serde_json::json;

use crate::stage::{Stage, key, number, seconds};

/// Asks every ten seconds until the number is large.
fn polled(name: &'static str) -> QueryOptions<u64> {
    number(name).stale_forever().settings_by(|query| match query.data {
        Some(10..) => QueryDefaults::new(),
        _ => QueryDefaults::new().refetch_interval(seconds(10)),
    })
}

#[test]
fn interval_ends_when_the_data_says_so_and_begins_again() {
    let stage = Stage::new();
    let _observer = stage.observed(polled("a"), "GET /a", 1);
    stage.advance(10);
    stage.answer("GET /a", &json!(10));
    stage.advance(100);
    stage.silence();
    stage.client.set(&key("a"), 2);
    stage.advance(9);
    stage.silence();
    stage.advance(1);
    stage.answer("GET /a", &json!(11));
}

#[test]
fn observer_is_enabled_only_while_the_query_is_as_it_should_be() {
    let stage = Stage::new();
    let options =
        number("a").settings_by(|query| QueryDefaults::new().enabled(query.data.is_none_or(|data| *data < 5)));
    let observer = stage.observed(options, "GET /a", 1);
    assert!(observer.current().is_enabled && observer.current().is_stale);
    stage.client.set(&key("a"), 5);
    assert!(!observer.current().is_enabled && !observer.current().is_stale);
    assert_eq!(stage.client.state(key("a").untyped()).unwrap().active, 0);
    stage.client.set_focused(false);
    stage.client.set_focused(true);
    stage.silence();
}

#[test]
fn stale_time_focus_and_reconnecting_are_decided_by_the_query() {
    let stage = Stage::new();
    let options = number("a").settings_by(|query| {
        let settings = QueryDefaults::new().stale_time(seconds(query.data.copied().unwrap_or_default()));
        match query.data_update_count {
            1 => settings.refetch_on_focus(RefetchWhen::Always).refetch_on_reconnect(RefetchWhen::Never),
            _ => settings.refetch_on_focus(RefetchWhen::Never).refetch_on_reconnect(RefetchWhen::Always),
        }
    });
    let observer = stage.observed(options, "GET /a", 20);
    stage.advance(10);
    assert!(!observer.current().is_stale);
    stage.client.set_online(false);
    stage.client.set_online(true);
    stage.silence();
    stage.client.set_focused(false);
    stage.client.set_focused(true);
    stage.answer("GET /a", &json!(30));
    stage.advance(29);
    assert!(!observer.current().is_stale);
    stage.client.set_focused(false);
    stage.client.set_focused(true);
    stage.silence();
    stage.client.set_online(false);
    stage.client.set_online(true);
    stage.answer("GET /a", &json!(5));
    stage.advance(5);
    assert!(observer.current().is_stale);
}

#[test]
fn mounting_and_retrying_on_it_are_decided_by_the_query() {
    let stage = Stage::new();
    let options = |name| {
        number(name).retry(query_runtime::RetryPolicy::never()).settings_by(|query| {
            let patient = query.error_update_count > 1;
            let settings = QueryDefaults::new().retry_on_mount(!patient).stale_time(seconds(1_000));
            match query.data {
                Some(0) => settings.refetch_on_mount(RefetchWhen::Always),
                _ => settings,
            }
        })
    };
    drop(stage.observed(options("a"), "GET /a", 0));
    drop(stage.observed(options("a"), "GET /a", 1));
    drop(stage.client.observe(options("a")));
    stage.silence();
    for _ in 0..2 {
        let _fails = stage.client.observe(options("b"));
        stage.refuse("GET /b", 404);
    }
    let _waits = stage.client.observe(options("b"));
    stage.silence();
}

#[test]
fn settings_that_panic_stay_as_they_were() {
    let stage = Stage::new();
    let options = number("a").settings_by(|query| {
        assert!(query.data != Some(&2), "this is not looked at");
        QueryDefaults::new().refetch_interval(seconds(10))
    });
    let observer = stage.observed(options, "GET /a", 1);
    stage.client.set(&key("a"), 2);
    assert_eq!(observer.current().data.as_deref(), Some(&2));
    stage.advance(10);
    stage.answer("GET /a", &json!(3));
}
