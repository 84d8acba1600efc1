//! When does a mutation that waits go on, and who waits for it?

use query_runtime::testing::EventLog;
use query_runtime::{MutationFilter, NetworkMode, QueryFilter, RetryPolicy};
use serde_json::json;

use crate::mutations::add;
use crate::stage::{Stage, number};

fn retried() -> RetryPolicy {
    RetryPolicy::default().jitter(false).when(|_, _| true)
}

#[test]
fn what_shows_at_once_does_so_once_also_while_it_waits() {
    let (stage, log) = (Stage::new(), EventLog::new());
    stage.client.set_online(false);
    let inner = log.clone();
    let options = add().scope(|_| "notes").on_mutate(move |event| {
        inner.push(&event.variables);
        async { Ok(()) }
    });
    let observer = stage.client.mutation(options);
    let handles = ["a", "b"].map(|text| observer.mutate(text.to_owned()));
    log.assert(&["a", "b"]);
    stage.silence();
    stage.client.set_online(true);
    for text in ["a", "b"] {
        let request = stage.request("POST /notes");
        assert_eq!(request.json(), json!(text));
        stage.silence();
        request.respond_empty(204);
    }
    for handle in handles {
        stage.runtime.block_on(handle).unwrap().unwrap();
    }
    log.assert(&[]);
}

#[test]
fn resuming_by_hand_ends_when_all_were_answered_however_that_went() {
    let stage = Stage::new();
    let observer = stage.client.mutation(add().retry(retried()));
    let _handles = ["a", "b"].map(|text| observer.mutate(text.to_owned()));
    for request in [stage.request("POST /notes"), stage.request("POST /notes")] {
        request.fail_network();
    }
    stage.client.set_focused(false);
    stage.advance(1);
    assert_eq!(stage.client.mutations(MutationFilter::all().paused()).len(), 2);
    let resumed = stage.client.resume_paused_mutations();
    stage.silence();
    assert!(stage.runtime.block_on(resumed).is_err(), "without focus they cannot go on, and are waited for");
    let resumed = stage.client.resume_paused_mutations();
    stage.client.set_focused(true);
    stage.request("POST /notes").respond_empty(204);
    stage.request("POST /notes").respond_empty(204);
    stage.runtime.block_on(resumed).unwrap();
}

#[test]
fn without_a_connection_nothing_is_resumed_and_nobody_waits() {
    let stage = Stage::new();
    stage.client.set_online(false);
    let _handle = stage.client.mutation(add()).mutate("a".to_owned());
    stage.runtime.block_on(stage.client.resume_paused_mutations()).unwrap();
    stage.silence();
    stage.client.set_online(true);
    let _request = stage.request("POST /notes");
}

#[test]
fn a_retry_that_waits_for_focus_is_resumed_only_with_a_connection() {
    let stage = Stage::new();
    let observer = stage.client.mutation(add().retry(retried()).network(NetworkMode::Always));
    let _handle = observer.mutate("a".to_owned());
    stage.request("POST /notes").fail_network();
    stage.client.set_focused(false);
    stage.advance(1);
    assert!(observer.current().is_paused);
    stage.client.set_online(false);
    stage.client.set_focused(true);
    let _other = stage.client.mutation(add().network(NetworkMode::Always)).mutate("b".to_owned());
    assert_eq!(stage.request("POST /notes").json(), json!("b"));
    stage.silence();
    stage.client.set_online(true);
    assert_eq!(stage.request("POST /notes").json(), json!("a"));
}

#[test]
fn what_is_over_is_not_sent_again() {
    let stage = Stage::new();
    let handle = stage.client.mutation(add()).mutate("a".to_owned());
    stage.request("POST /notes").respond_empty(204);
    stage.runtime.block_on(handle).unwrap().unwrap();
    stage.runtime.block_on(stage.client.resume_paused_mutations()).unwrap();
    stage.client.set_online(false);
    stage.client.set_online(true);
    stage.silence();
}

#[test]
fn clearing_fetches_nothing_that_waits_until_mutations_are_resumed() {
    let stage = Stage::new();
    let observer = stage.observed(number("a"), "GET /a", 1);
    let _handle = stage.client.mutation(add().retry(retried())).mutate("a".to_owned());
    stage.request("POST /notes").fail_network();
    stage.client.set_online(false);
    stage.client.set_focused(false);
    stage.advance(1);
    let _settled = stage.client.invalidate(QueryFilter::all());
    stage.client.set_online(true);
    stage.silence();
    assert!(observer.current().is_paused());
    stage.client.clear();
    stage.silence();
    assert!(observer.current().is_gone && !observer.current().is_paused());
}
