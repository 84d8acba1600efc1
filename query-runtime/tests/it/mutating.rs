//! What does a program hear of a mutation that it asks for, and in which order?

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use query_runtime::testing::EventLog;
use query_runtime::{MutationEvent, MutationFilter, MutationOptions, MutationStatus, QueryError};
use serde_json::json;

use crate::board::{Card, CardChange, Edit, card, detail, edit};
use crate::stage::Stage;

fn title(title: &'static str) -> Edit {
    Edit { id: 1, change: CardChange::Title(title) }
}

/// Writes each callback to a log.
fn logged(options: MutationOptions<Edit, Card>, log: &EventLog) -> MutationOptions<Edit, Card> {
    let note = |line: &'static str| {
        let log = log.clone();
        move |event: MutationEvent<Edit, Card>| {
            let log = log.clone();
            async move {
                let with = (event.data.is_some(), event.error.is_some());
                log.push(format_args!("{line} {} {with:?}", event.variables.id));
                Ok::<(), QueryError>(())
            }
        }
    };
    options.on_mutate(note("mutate")).on_success(note("success")).on_error(note("error")).on_settled(note("settled"))
}

#[test]
fn a_call_acts_at_once_and_goes_on_when_its_handle_and_its_observer_are_gone() {
    let stage = Stage::new();
    let shown = stage.client.observe(detail(1));
    stage.answer("GET /cards/1", &card(1, "todo", 10));
    let observer = stage.client.mutation(edit());
    drop(observer.mutate(title("new")));
    drop(observer);
    assert_eq!(shown.current().data.unwrap().title, "new");
    assert_eq!(stage.client.is_mutating(MutationFilter::all()), 1);
    stage.answer("PATCH /cards/1", &json!({"id": 1, "column": "todo", "rank": 10, "title": "new"}));
    assert_eq!(stage.client.is_mutating(MutationFilter::all()), 0);
    assert_eq!(shown.current().data.unwrap().title, "new");
    assert!(!shown.current().is_optimistic);
}

#[test]
fn callbacks_come_in_order_and_success_only_after_them() {
    let (stage, log) = (Stage::new(), EventLog::new());
    let (release, wait) = tokio::sync::oneshot::channel::<()>();
    let wait = Arc::new(std::sync::Mutex::new(Some(wait)));
    let options = logged(edit(), &log).on_settled({
        let log = log.clone();
        move |_| {
            let wait = wait.lock().unwrap().take().unwrap();
            let log = log.clone();
            async move {
                wait.await.unwrap();
                log.push("settled at last");
                Ok(())
            }
        }
    });
    let observer = stage.client.mutation(options);
    let handle = observer.mutate(title("new"));
    log.assert(&["mutate 1 (false, false)"]);
    let request = stage.request("PATCH /cards/1");
    request.respond_json(200, &card(1, "todo", 10));
    stage.runtime.run_until_stalled();
    log.assert(&["success 1 (true, false)"]);
    assert!(observer.current().is_pending(), "its callbacks still run");
    release.send(()).unwrap();
    assert_eq!(stage.runtime.block_on(handle).unwrap().unwrap().id, 1);
    log.assert(&["settled at last"]);
    assert!(observer.current().is_success());
}

#[test]
fn a_failure_runs_the_error_callbacks_whose_own_errors_hide_nothing() {
    let (stage, log) = (Stage::new(), EventLog::new());
    let inner = log.clone();
    let options = logged(edit(), &log).on_error(move |_| {
        inner.push("error that fails");
        async { Err(QueryError::message("of the callback")) }
    });
    let observer = stage.client.mutation(options);
    let handle = observer.mutate(title("new"));
    stage.refuse("PATCH /cards/1", 422);
    assert_eq!(stage.runtime.block_on(handle).unwrap().unwrap_err().status(), Some(422));
    log.assert(&["mutate 1 (false, false)", "error that fails", "settled 1 (false, true)"]);
    assert_eq!(observer.current().error.unwrap().status(), Some(422));
}

#[test]
fn what_on_mutate_refuses_is_never_sent() {
    let (stage, log) = (Stage::new(), EventLog::new());
    let shown = stage.client.observe(detail(1));
    stage.answer("GET /cards/1", &card(1, "todo", 10));
    let options = logged(edit(), &log).on_mutate(|_| async { Err::<(), _>(QueryError::message("not now")) });
    let handle = stage.client.mutation(options).mutate(title("new"));
    stage.silence();
    let error = stage.runtime.block_on(handle).unwrap().unwrap_err();
    assert_eq!(error.to_string(), "not now");
    log.assert(&["error 1 (false, true)", "settled 1 (false, true)"]);
    assert_eq!(shown.current().data.unwrap().title, "card 1");
}

#[test]
fn an_error_of_on_success_makes_it_fail_but_takes_nothing_back() {
    let (stage, log) = (Stage::new(), EventLog::new());
    let shown = stage.client.observe(detail(1));
    stage.answer("GET /cards/1", &card(1, "todo", 10));
    let options = logged(edit(), &log).on_success(|_| async { Err(QueryError::message("cannot deal with it")) });
    let observer = stage.client.mutation(options);
    let handle = observer.mutate(title("new"));
    stage.answer("PATCH /cards/1", &json!({"id": 1, "column": "todo", "rank": 10, "title": "new"}));
    assert_eq!(stage.runtime.block_on(handle).unwrap().unwrap_err().to_string(), "cannot deal with it");
    log.assert(&["mutate 1 (false, false)", "error 1 (true, true)", "settled 1 (true, true)"]);
    assert!(observer.current().is_error());
    assert_eq!(shown.current().data.unwrap().title, "new");
}

#[test]
fn an_answer_that_cannot_be_read_is_an_error_but_takes_nothing_back() {
    let stage = Stage::new();
    let shown = stage.client.observe(detail(1));
    stage.answer("GET /cards/1", &card(1, "todo", 10));
    let handle = stage.client.mutation(edit()).mutate(title("new"));
    stage.answer("PATCH /cards/1", &json!("done"));
    assert!(stage.runtime.block_on(handle).unwrap().unwrap_err().is_decode());
    assert_eq!(shown.current().data.unwrap().title, "new");
    // What the server made of it is asked for.
    stage.answer("GET /cards/1", &json!({"id": 1, "column": "todo", "rank": 10, "title": "New!"}));
    assert_eq!(shown.current().data.unwrap().title, "New!");
}

#[test]
fn the_observer_shows_its_latest_call_until_it_is_reset() {
    let stage = Stage::new();
    let observer = stage.client.mutation(edit());
    assert!(observer.current().is_idle());
    let first = observer.mutate(title("first"));
    let second = observer.mutate(title("second"));
    assert!(matches!(observer.current().variables.unwrap().change, CardChange::Title("second")));
    assert_eq!(observer.current().status, MutationStatus::Pending);
    stage.refuse("PATCH /cards/1", 422);
    assert!(stage.runtime.block_on(first).unwrap().is_err());
    assert!(observer.current().is_pending(), "the latest call has not failed");
    let request = stage.request("PATCH /cards/1");
    observer.reset();
    assert!(observer.current().is_idle());
    request.respond_json(200, &card(1, "todo", 10));
    assert!(stage.runtime.block_on(second).unwrap().is_ok(), "a call that is not shown goes on");
    assert!(observer.current().is_idle());
}

#[test]
fn changes_are_awaited_and_told_and_none_is_lost_in_between() {
    let stage = Stage::new();
    let observer = stage.client.mutation(edit());
    let told = Arc::new(AtomicUsize::new(0));
    let subscription = {
        let told = told.clone();
        observer.subscribe(move || {
            told.fetch_add(1, Ordering::SeqCst);
        })
    };
    let handle = observer.mutate(title("new"));
    assert!(stage.runtime.block_on(observer.changed()).unwrap().is_pending());
    assert!(observer.current().is_pending());
    stage.answer("PATCH /cards/1", &card(1, "todo", 10));
    // It was over before anybody waited for the change.
    assert!(stage.runtime.block_on(observer.changed()).unwrap().is_success());
    stage.runtime.block_on(handle).unwrap().unwrap();
    let so_far = told.load(Ordering::SeqCst);
    assert!(so_far >= 2);
    drop(subscription);
    observer.reset();
    assert_eq!(told.load(Ordering::SeqCst), so_far);
}

#[test]
fn clearing_tells_who_waits_for_a_mutation() {
    let stage = Stage::new();
    let _sent = stage.client.mutation(edit()).mutate(title("new"));
    let _request = stage.request("PATCH /cards/1");
    let observer = stage.client.mutation(edit());
    let queued = observer.mutate(title("newer"));
    stage.client.clear();
    assert!(stage.runtime.block_on(queued).unwrap().unwrap_err().is_cancelled());
    assert!(observer.current().is_error());
    assert_eq!(stage.client.is_mutating(MutationFilter::all()), 0);
}

#[test]
fn what_is_on_its_way_when_the_cache_is_cleared_goes_on_unlisted() {
    let stage = Stage::new();
    let observer = stage.client.mutation(edit());
    let handle = observer.mutate(title("new"));
    let request = stage.request("PATCH /cards/1");
    stage.client.clear();
    assert!(stage.client.mutations(MutationFilter::all()).is_empty());
    assert!(observer.current().is_pending());
    request.respond_json(200, &card(1, "todo", 10));
    assert_eq!(stage.runtime.block_on(handle).unwrap().unwrap().id, 1);
    assert!(observer.current().is_success());
    stage.silence();
    assert!(stage.client.mutations(MutationFilter::all()).is_empty());
}
