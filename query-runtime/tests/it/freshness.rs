//! How long is data good for?

use query_runtime::{QueryDefaults, QueryKey, RefetchWhen, RetryPolicy, StaleTime};
use serde_json::json;

use crate::stage::{Stage, key, number, seconds};

#[test]
fn fresh_data_is_not_fetched_again_and_stale_data_is_shown_meanwhile() {
    let stage = Stage::new();
    let options = || number("a").stale_time(seconds(10));
    let first = stage.observed(options(), "GET /a", 1);
    stage.advance(9);
    let second = stage.client.observe(options());
    stage.silence();
    assert!(!second.current().is_stale);
    stage.advance(1);
    assert!(second.current().is_stale, "an age equal to the stale time is stale");
    let third = stage.client.observe(options());
    let shown = third.current();
    assert_eq!((shown.data.as_deref(), shown.is_fetching()), (Some(&1), true));
    stage.answer("GET /a", &json!(2));
    for observer in [first, second, third] {
        assert_eq!(observer.current().data.as_deref(), Some(&2));
        assert!(!observer.current().is_stale);
    }
}

#[test]
fn becoming_stale_is_a_change_that_wakes() {
    let stage = Stage::new();
    let observer = stage.observed(number("a").stale_time(seconds(10)), "GET /a", 1);
    assert!(!observer.current().is_stale);
    let mut changed = Box::pin(observer.changed());
    assert!(stage.runtime.block_on(changed.as_mut()).is_err());
    stage.advance(10);
    assert!(stage.runtime.block_on(changed).unwrap().is_stale);
    stage.silence();
}

#[test]
fn fetch_returns_fresh_data_and_ensure_any() {
    let stage = Stage::new();
    stage.client.set(&key("a"), 1);
    stage.advance(5);
    let fresh = stage.client.fetch(number("a").stale_time(seconds(10)));
    assert_eq!(*stage.runtime.block_on(fresh).unwrap().unwrap(), 1);
    assert_eq!(*stage.runtime.block_on(stage.client.ensure(number("a"))).unwrap().unwrap(), 1);
    stage.silence();
    let mut old = Box::pin(stage.client.fetch(number("a").stale_time(seconds(5))));
    assert!(stage.runtime.block_on(old.as_mut()).is_err());
    stage.answer("GET /a", &json!(2));
    assert_eq!(*stage.runtime.block_on(old).unwrap().unwrap(), 2);
}

#[test]
fn what_happens_on_mount_can_be_chosen() {
    let stage = Stage::new();
    stage.client.set(&key("a"), 1);
    let never = stage.client.observe(number("a").refetch_on_mount(RefetchWhen::Never));
    stage.silence();
    drop(never);
    let _always = stage.client.observe(number("a").stale_forever().refetch_on_mount(RefetchWhen::Always));
    stage.answer("GET /a", &json!(2));
    let _first = stage.client.observe(number("b").refetch_on_mount(RefetchWhen::Never));
    stage.answer("GET /b", &json!(1));
}

#[test]
fn defaults_fill_what_options_leave_open() {
    let stage = Stage::with(|builder| {
        builder
            .defaults(QueryDefaults::new().stale_time(seconds(1)))
            .defaults_under(QueryKey::new(["number"]), QueryDefaults::new().stale_time(seconds(100)))
    });
    stage.client.set(&key("a"), 1);
    stage.advance(50);
    let by_prefix = stage.client.observe(number("a"));
    assert!(!by_prefix.current().is_stale);
    let own = stage.client.observe(number("a").stale_time(seconds(20)).refetch_on_mount(RefetchWhen::Never));
    assert!(own.current().is_stale);
    stage.client.set_defaults(key("b"), QueryDefaults::new().stale_time(seconds(2)));
    stage.client.set(&key("b"), 1);
    stage.advance(3);
    assert!(stage.client.observe(number("b")).current().is_stale);
}

#[test]
fn an_interval_fetches_again_and_rests_without_focus() {
    let stage = Stage::new();
    let observer = stage.observed(number("a").refetch_interval(seconds(10)), "GET /a", 1);
    stage.advance(10);
    stage.answer("GET /a", &json!(2));
    assert_eq!(observer.current().data.as_deref(), Some(&2));
    stage.client.set_focused(false);
    stage.advance(30);
    stage.silence();
    stage.client.set_focused(true);
    stage.answer("GET /a", &json!(3));
    stage.advance(10);
    stage.answer("GET /a", &json!(4));
}

#[test]
fn ensuring_takes_stale_data_and_fetches_it_in_the_background_if_told() {
    let stage = Stage::new();
    stage.client.set(&key("a"), 1);
    assert_eq!(stage.runtime.block_on(stage.client.ensure(number("a"))).unwrap().unwrap(), 1.into());
    stage.silence();
    let fresh = number("a").stale_forever().revalidate_if_stale(true);
    assert_eq!(stage.runtime.block_on(stage.client.ensure(fresh)).unwrap().unwrap(), 1.into());
    stage.silence();
    let revalidated = stage.client.ensure(number("a").revalidate_if_stale(true));
    assert_eq!(stage.runtime.block_on(revalidated).unwrap().unwrap(), 1.into());
    stage.answer("GET /a", &json!(2));
    assert_eq!(stage.client.get(&key("a")).as_deref(), Some(&2));
}

#[test]
fn fetch_takes_initial_data_that_is_fresh() {
    let stage = Stage::new();
    let options = number("a").initial_data(5).stale_time(seconds(10));
    assert_eq!(stage.runtime.block_on(stage.client.fetch(options.clone())).unwrap().unwrap(), 5.into());
    stage.silence();
    stage.advance(10);
    let mut fetch = Box::pin(stage.client.fetch(options));
    assert!(stage.runtime.block_on(fetch.as_mut()).is_err());
    stage.answer("GET /a", &json!(6));
    assert_eq!(stage.runtime.block_on(fetch).unwrap().unwrap(), 6.into());
}

#[test]
fn nothing_that_happens_makes_a_static_query_fetch_not_even_without_data() {
    let stage = Stage::new();
    let observer = stage.client.observe(number("a").stale_time(StaleTime::Static).retry(RetryPolicy::never()));
    stage.request("GET /a").fail_network();
    stage.runtime.run_until_stalled();
    stage.client.set_online(false);
    stage.client.set_online(true);
    stage.client.set_focused(false);
    stage.client.set_focused(true);
    stage.silence();
    assert!(observer.current().is_stale);
    let _refetched = observer.refetch();
    stage.answer("GET /a", &json!(1));
    assert!(!observer.current().is_stale);
}
