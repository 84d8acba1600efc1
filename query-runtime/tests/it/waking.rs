//! What happens when the connection or the focus comes back?

use query_runtime::{NetworkMode, RefetchWhen};
use serde_json::json;

use crate::stage::{Stage, key, number};

#[test]
fn focus_fetches_what_is_stale_once_for_all_observers() {
    let stage = Stage::new();
    let _stale = stage.observed(number("a"), "GET /a", 1);
    let _second = stage.client.observe(number("a").refetch_on_mount(RefetchWhen::Never));
    let _fresh = stage.observed(number("b").stale_forever(), "GET /b", 1);
    let _never = stage.observed(number("c").refetch_on_focus(RefetchWhen::Never), "GET /c", 1);
    stage.silence();
    stage.client.set_focused(false);
    stage.client.set_focused(true);
    stage.answer("GET /a", &json!(2));
    stage.silence();
}

#[test]
fn without_a_connection_a_fetch_waits_and_goes_on_later() {
    let stage = Stage::new();
    stage.client.set_online(false);
    let observer = stage.client.observe(number("a").refetch_on_reconnect(RefetchWhen::Never));
    stage.silence();
    assert!(observer.current().is_paused() && observer.current().is_pending());
    assert_eq!(stage.client.is_fetching(key("a")), 0);
    assert!(
        stage.runtime.block_on(stage.client.refetch(key("a"))).is_ok(),
        "who means several waits for no paused one"
    );
    let mut refetch = observer.refetch();
    assert!(stage.runtime.block_on(&mut refetch).is_err(), "who means this one waits");
    stage.client.set_online(true);
    stage.answer("GET /a", &json!(1));
    assert!(stage.runtime.block_on(refetch.outcome()).unwrap().is_ok());
    assert!(observer.current().is_success());
}

#[test]
fn a_paused_first_fetch_that_nobody_wants_is_forgotten() {
    let stage = Stage::new();
    stage.client.set_online(false);
    drop(stage.client.observe(number("a")));
    stage.client.set_online(true);
    stage.silence();
}

#[test]
fn reconnecting_fetches_what_is_stale_and_network_modes_differ() {
    let stage = Stage::new();
    let _online = stage.observed(number("a"), "GET /a", 1);
    let _always = stage.observed(number("b").network(NetworkMode::Always), "GET /b", 1);
    stage.client.set_online(false);
    let _first = stage.observed(number("c").network(NetworkMode::OfflineFirst), "GET /c", 1);
    stage.client.set_online(true);
    stage.answer("GET /a", &json!(2));
    stage.answer("GET /c", &json!(2));
    stage.silence();
}
