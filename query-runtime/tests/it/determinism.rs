//! Does the same seed lead to the same course of events?

use std::time::Duration;

use query_runtime::{
    QueryClient, RawResponse, RetryPolicy,
    testing::{EventLog, ScriptedTransport, TestRuntime},
};

use crate::board::{CardChange, Edit, edit};
use crate::stage::{number, seconds};

/// Lets retries, an interval and focus happen, and returns what happened when.
fn course(seed: u64, retry: RetryPolicy) -> Vec<String> {
    let (runtime, log) = (TestRuntime::new(), EventLog::new());
    let server = ScriptedTransport::answering(|request| {
        let status = if request.path() == "/b" { 200 } else { 503 };
        Some(RawResponse::json(status, &1.into()))
    });
    let client = QueryClient::builder().env(runtime.env()).transport(server).seed(seed).build();
    let (clock, lines) = (runtime.clone(), log.clone());
    client.subscribe(move |event| lines.push(format!("{:?} {event:?}", clock.now()))).forever();
    let _failing = client.observe(number("a").retry(retry.clone()));
    let _polled = client.observe(number("b").refetch_interval(seconds(2)));
    let patient = edit().retry(retry).idempotent(true);
    let _mutation = client.mutation(patient).mutate(Edit { id: 1, change: CardChange::Title("new") });
    for second in 0..20 {
        runtime.advance(Duration::from_millis(700));
        client.set_focused(second % 5 != 3);
    }
    log.take()
}

#[test]
fn same_seed_same_events_at_the_same_times() {
    let first = course(1, RetryPolicy::default());
    assert!(first.len() > 20, "{first:#?}");
    assert_eq!(first, course(1, RetryPolicy::default()));
}

#[test]
fn another_seed_delays_retries_otherwise_and_changes_nothing_else() {
    assert_ne!(course(1, RetryPolicy::default()), course(2, RetryPolicy::default()));
    let without = || RetryPolicy::default().jitter(false);
    assert_eq!(course(1, without()), course(2, without()));
}
