//! Do the tools for tests themselves do what they say?

use std::time::Duration;

use query_runtime::testing::{EventLog, ScriptedTransport, TestRuntime};
use query_runtime::{Clock, Env, Moment, Request, Spawner, Transport};
use serde_json::json;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn after(env: &Env, log: &EventLog, delay: Duration, line: &'static str) {
    let (inner, log) = (env.clone(), log.clone());
    env.spawn(Box::pin(async move {
        inner.sleep(delay).await;
        log.push(format_args!("{:?} {line}", inner.now()));
    }))
    .detach();
}

#[test]
fn time_stops_at_every_deadline_in_order() {
    let runtime = TestRuntime::new();
    let (env, log) = (runtime.env(), EventLog::new());
    after(&env, &log, seconds(3), "third");
    after(&env, &log, seconds(1), "first");
    let (inner, chained) = (env.clone(), log.clone());
    env.spawn(Box::pin(async move {
        inner.sleep(seconds(1)).await;
        // Started on the way; its deadline lies before the end of the same advance.
        after(&inner, &chained, seconds(1), "second");
    }))
    .detach();
    runtime.run_until_stalled();
    log.assert(&[]);
    runtime.advance(seconds(2) + Duration::from_millis(999));
    log.assert(&["1s first", "2s second"]);
    runtime.advance_to(Moment::ZERO + seconds(3));
    log.assert(&["3s third"]);
    assert_eq!(runtime.tasks(), 0);
    runtime.advance(seconds(7));
    assert_eq!(runtime.now(), Moment::ZERO + seconds(10));
    assert_eq!(runtime.clock().wall().to_string(), "2026-01-01T00:00:10Z");
}

#[test]
fn a_dropped_wait_leaves_no_deadline() {
    let runtime = TestRuntime::new();
    let env = runtime.env();
    let sleeping = env.sleep(seconds(5));
    let task = env.spawn(sleeping);
    runtime.run_until_stalled();
    assert_eq!(runtime.clock().sleepers(), 1);
    task.abort();
    assert_eq!((runtime.clock().sleepers(), runtime.clock().next_deadline()), (0, None));
    runtime.run_until_stalled();
    assert_eq!(runtime.tasks(), 0);
}

#[test]
fn never_is_never_reached() {
    let runtime = TestRuntime::new();
    let env = runtime.env();
    env.spawn(env.sleep_until(Moment::MAX)).detach();
    runtime.advance_to(Moment::from_nanos(u64::MAX - 1));
    assert_eq!(runtime.tasks(), 1);
}

#[test]
fn waiting_for_what_nobody_does_is_an_error() {
    let runtime = TestRuntime::new();
    let stalled = runtime.block_on(runtime.env().sleep(seconds(9))).unwrap_err();
    assert_eq!(stalled.next_deadline, Some(Moment::ZERO + seconds(9)));
    assert_eq!(stalled.to_string(), "everything waits (0 tasks); the next deadline is 9s");
    assert_eq!(runtime.block_on(async { 7 }), Ok(7));
}

#[test]
fn tasks_run_in_the_order_in_which_they_were_woken() {
    let runtime = TestRuntime::new();
    let log = EventLog::new();
    for name in ["a", "b", "c"] {
        let log = log.clone();
        runtime.spawn(Box::pin(async move { log.push(name) })).detach();
    }
    runtime.run_until_stalled();
    log.assert(&["a", "b", "c"]);
}

#[test]
fn requests_wait_for_their_answers() {
    let runtime = TestRuntime::new();
    let transport = ScriptedTransport::new();
    let request = Request::post("/users").json(&json!({"name": "Ada"}));
    let sending = transport.send(request.prepare().unwrap());
    assert_eq!(transport.sent(), 0, "nothing happens before the future is polled");
    let answer = runtime.block_on(async {
        let log = EventLog::new();
        let sender = log.clone();
        let inner = sending;
        let task = runtime.spawn(Box::pin(async move {
            let answer = inner.await;
            sender.push(answer.map_or(0, |answer| answer.status));
        }));
        let request = transport.expect_request().await;
        assert_eq!(request.line(), "POST /users");
        assert_eq!((request.json(), request.header("accept")), (json!({"name": "Ada"}), Some("application/json")));
        request.respond_json(201, &json!({"id": 1}));
        runtime.run_until_stalled();
        assert!(task.is_over());
        log.take()
    });
    assert_eq!(answer, Ok(vec!["201".to_owned()]));
    transport.log().assert(&["-> POST /users", "<- 201 POST /users"]);
}

#[test]
fn a_dropped_request_is_seen_as_aborted() {
    let runtime = TestRuntime::new();
    let transport = ScriptedTransport::new();
    let send = |path: &'static str| {
        let sending = transport.send(Request::get(path).prepare().unwrap());
        runtime.spawn(Box::pin(async move {
            drop(sending.await);
        }))
    };
    let (first, second, third) = (send("/a"), send("/b"), send("/c"));
    runtime.run_until_stalled();
    let taken = transport.take_request().unwrap();
    first.abort();
    second.abort();
    assert!(taken.is_aborted());
    taken.respond_empty(204);
    let left = transport.take_request().unwrap();
    assert_eq!(left.line(), "GET /c");
    left.fail_network();
    runtime.run_until_stalled();
    assert!(third.is_over());
    assert!(transport.take_request().is_none());
    assert_eq!(transport.held(), 0);
    transport.log().assert(&[
        "-> GET /a",
        "-> GET /b",
        "-> GET /c",
        "-- aborted GET /a",
        "-- aborted GET /b",
        "<- failed GET /c",
    ]);
}

#[test]
fn a_function_may_answer_instead_of_the_test() {
    let runtime = TestRuntime::new();
    let transport = ScriptedTransport::answering(|request| {
        (request.path() == "/known").then(|| query_runtime::RawResponse::json(200, &json!([1])))
    });
    let known = transport.send(Request::get("/known").query("a", &1).prepare().unwrap());
    assert_eq!(runtime.block_on(known).unwrap().unwrap().body, b"[1]");
    let unknown = transport.send(Request::get("/unknown").prepare().unwrap());
    assert!(runtime.block_on(unknown).is_err());
    transport.log().assert(&[
        "-> GET /known?a=1",
        "<- 200 GET /known?a=1",
        "-> GET /unknown",
        "-- aborted GET /unknown",
    ]);
}
