//! How many requests are on their way, for how long, and who goes first?

use query_runtime::{FetchContext, Key, QueryError, QueryKey, QueryOptions, Request};
use serde_json::json;

use crate::board::{CardChange, Edit, card, edit};
use crate::stage::{Stage, key, number, seconds};

#[test]
fn only_so_many_requests_are_on_their_way_and_mutations_go_first() {
    let stage = Stage::with(|builder| builder.max_requests(2));
    let _observers = ["a", "b", "c", "d"].map(|name| stage.client.observe(number(name)));
    let a = stage.request("GET /a");
    let b = stage.request("GET /b");
    stage.silence();
    let now = stage.client.statistics();
    assert_eq!((now.requests, now.waiting_requests, now.fetching), (2, 2, 4));
    let handle = stage.client.mutation(edit()).mutate(Edit { id: 1, change: CardChange::Title("new") });
    stage.silence();
    assert_eq!(stage.client.statistics().waiting_requests, 3);
    b.respond_json(200, &json!(1));
    stage.answer("PATCH /cards/1", &card(1, "todo", 1));
    assert!(stage.runtime.block_on(handle).unwrap().is_ok());
    let c = stage.request("GET /c");
    stage.silence();
    a.respond_json(200, &json!(1));
    stage.answer("GET /d", &json!(1));
    c.respond_json(200, &json!(1));
    stage.silence();
    assert_eq!(stage.client.statistics().requests, 0);
}

#[test]
fn what_is_given_up_while_it_waits_is_never_sent() {
    let stage = Stage::with(|builder| builder.max_requests(1));
    let _first = stage.client.observe(number("a"));
    let sent = stage.request("GET /a");
    let second = stage.client.observe(number("b"));
    let _third = stage.client.observe(number("c"));
    stage.silence();
    drop(second);
    sent.respond_json(200, &json!(1));
    stage.answer("GET /c", &json!(3));
    stage.silence();
    let now = stage.client.statistics();
    assert_eq!((now.requests, now.waiting_requests), (0, 0));
}

async fn hurried(context: FetchContext) -> Result<u64, QueryError> {
    context.send(Request::get("/hurried").timeout(seconds(5))).await?.json()
}

#[test]
fn a_request_may_have_its_own_time_which_begins_when_it_is_its_turn() {
    let stage = Stage::with(|builder| builder.max_requests(1));
    let _first = stage.client.observe(number("a"));
    let first = stage.request("GET /a");
    let key: Key<u64> = Key::typed(QueryKey::new(["hurried"]));
    let mut waits = Box::pin(stage.client.fetch(QueryOptions::new(key, hurried)));
    assert!(stage.runtime.block_on(waits.as_mut()).is_err());
    stage.advance(100);
    first.respond_json(200, &json!(1));
    let hurried = stage.request("GET /hurried");
    stage.advance(4);
    assert!(stage.runtime.block_on(waits.as_mut()).is_err());
    stage.advance(1);
    let error = stage.runtime.block_on(waits).unwrap().unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(error.to_string(), "GET /hurried: no answer within 5s");
    stage.runtime.run_until_stalled();
    assert!(hurried.is_aborted());
    assert_eq!(stage.client.statistics().requests, 0);
}

#[test]
fn an_invalidation_waits_for_no_other_query() {
    let stage = Stage::new();
    let shown = stage.observed(number("a").stale_forever(), "GET /a", 1);
    let _slow = stage.client.observe(number("slow"));
    let slow = stage.request("GET /slow");
    stage.client.invalidate(key("a"));
    stage.answer("GET /a", &json!(2));
    assert_eq!(shown.current().data.as_deref(), Some(&2));
    assert!(!slow.is_aborted());
}
