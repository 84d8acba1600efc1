//! What becomes of a mutation of which nobody knows whether the server has carried it out?

use std::collections::HashMap;

use query_runtime::testing::EventLog;
use query_runtime::{
    CacheEvent, Decision, MutationChange, MutationContext, MutationFilter, MutationOptions, QueryError, Request,
    RetryPolicy,
};
use serde_json::json;

use crate::board::{CardChange, Edit, NewCard, card, column, create, detail, edit, ids};
use crate::stage::Stage;

fn title(title: &'static str) -> Edit {
    Edit { id: 1, change: CardChange::Title(title) }
}

fn raise() -> Edit {
    Edit { id: 1, change: CardChange::Raise(5) }
}

/// Notes what is told of mutations beside that they come, change and leave.
fn told(stage: &Stage, log: &EventLog) -> query_runtime::Subscription {
    let log = log.clone();
    stage.client.subscribe(move |event| {
        if let CacheEvent::Mutation(_, key, change @ (MutationChange::Uncertain | MutationChange::NeedsDecision)) =
            event
        {
            log.push(format_args!("{key} {change:?}"));
        }
    })
}

#[derive(Clone, Debug)]
struct Order {
    items: HashMap<String, u32>,
}

async fn send_order(context: MutationContext, order: Order) -> Result<(), QueryError> {
    // A body that another attempt would write otherwise.
    let body = json!({"items": order.items.into_iter().collect::<Vec<_>>(), "attempt": context.attempt()});
    context.send(Request::post("/orders").json(&body)).await?.empty()
}

#[test]
fn every_attempt_of_a_keyed_post_has_the_same_key_and_the_same_bytes_and_the_next_call_another_key() {
    // S123.
    let stage = Stage::new();
    let options = MutationOptions::new(&["orders"], send_order).keyed(true).retry(RetryPolicy::default());
    let observer = stage.client.mutation(options);
    let order = Order { items: (0..20).map(|item| (format!("item {item}"), item)).collect() };
    let handle = observer.mutate(order.clone());
    let mut sent = Vec::new();
    for fails in [true, true, false] {
        let request = stage.request("POST /orders");
        sent.push((request.request().header("Idempotency-Key").map(str::to_owned), request.request().body.clone()));
        if fails {
            request.fail(QueryError::network("the connection broke"));
            stage.advance(4);
        } else {
            request.respond_empty(204);
        }
    }
    stage.runtime.block_on(handle).unwrap().unwrap();
    assert!(sent[0].0.is_some() && sent.iter().all(|one| *one == sent[0]), "{sent:?}");
    let _again = observer.mutate(order);
    let next = stage.request("POST /orders");
    assert_ne!(next.request().header("Idempotency-Key"), sent[0].0.as_deref());
}

#[test]
fn a_post_without_a_key_is_not_sent_again_after_bytes_have_left_but_a_delete_is() {
    let stage = Stage::new();
    let options = MutationOptions::new(&["orders"], send_order).retry(RetryPolicy::default());
    let handle = stage.client.mutation(options).mutate(Order { items: HashMap::new() });
    stage.refuse("POST /orders", 503);
    assert!(handle.is_uncertain());
    stage.advance(10);
    stage.silence();
    let options = MutationOptions::new(&["gone"], |context: MutationContext, (): ()| async move {
        context.send(Request::delete("/orders/1")).await?.empty()
    });
    let handle = stage.client.mutation(options.retry(RetryPolicy::default())).mutate(());
    stage.refuse("DELETE /orders/1", 503);
    stage.advance(10);
    assert!(handle.is_uncertain());
    stage.request("DELETE /orders/1").respond_empty(204);
    stage.runtime.run_until_stalled();
    assert!(!handle.is_uncertain());
    stage.runtime.block_on(handle).unwrap().unwrap();
}

#[test]
fn what_the_server_may_have_done_shows_until_a_fetch_has_shown_the_truth() {
    for is_done in [true, false] {
        let (stage, log) = (Stage::new(), EventLog::new());
        let _told = told(&stage, &log);
        let (list, shown) = (stage.client.observe(column("todo")), stage.client.observe(detail(1)));
        stage.answer("GET /cards?column=todo", &json!([card(1, "todo", 10)]));
        stage.answer("GET /cards/1", &card(1, "todo", 10));
        let observer = stage.client.mutation(edit());
        let mut handle = observer.mutate(title("new"));
        stage.request("PATCH /cards/1").fail(QueryError::network("the connection broke"));
        assert!(stage.runtime.block_on(&mut handle).unwrap().unwrap_err().is_network());
        assert!(handle.is_uncertain() && observer.current().is_uncertain && observer.current().is_error());
        assert!(stage.client.mutations(MutationFilter::all())[0].is_uncertain);
        log.assert(&[r#"["card","edit"] Uncertain"#]);
        assert_eq!(shown.current().data.unwrap().title, "new");
        assert_eq!(list.current().data.unwrap().items[0].title, "new");
        let title = if is_done { "new" } else { "card 1" };
        let row = json!({"id": 1, "column": "todo", "rank": 10, "title": title});
        stage.answer("GET /cards?column=todo", &json!([row]));
        stage.answer("GET /cards/1", &row);
        assert_eq!(shown.current().data.unwrap().title, title);
        assert_eq!(list.current().data.unwrap().items[0].title, title);
        assert!(!shown.current().is_optimistic && !list.current().is_optimistic);
        stage.silence();
    }
}

#[test]
fn an_increment_in_doubt_never_shows_twice() {
    let stage = Stage::new();
    let shown = stage.client.observe(detail(1));
    stage.answer("GET /cards/1", &card(1, "todo", 10));
    let _handle = stage.client.mutation(edit().idempotent(false)).mutate(raise());
    let request = stage.request("PATCH /cards/1");
    shown.refetch();
    // It may have it or not: the answer waits, and then it is refused.
    stage.answer("GET /cards/1", &card(1, "todo", 15));
    assert_eq!(shown.current().data.unwrap().rank, 15);
    request.fail(QueryError::timeout(std::time::Duration::from_secs(1)));
    let clean = stage.request("GET /cards/1");
    assert_eq!(shown.current().data.unwrap().rank, 15, "neither 10 nor 20");
    clean.respond_json(200, &card(1, "todo", 15));
    stage.runtime.run_until_stalled();
    assert_eq!(shown.current().data.unwrap().rank, 15);
    assert!(!shown.current().is_optimistic);
}

#[test]
fn a_created_row_in_doubt_gives_way_to_the_one_that_the_server_has() {
    let stage = Stage::new();
    let list = stage.client.observe(column("todo"));
    stage.answer("GET /cards?column=todo", &json!([card(1, "todo", 10)]));
    let _handle = stage.client.mutation(create()).mutate(NewCard { column: "todo", rank: 20 });
    let temporary = ids(&list)[1];
    let edited = stage.client.mutation(edit()).mutate(Edit { id: temporary, change: CardChange::Title("edited") });
    stage.request("POST /cards").fail(QueryError::network("the connection broke"));
    stage.runtime.run_until_stalled();
    assert!(stage.runtime.block_on(edited).unwrap().unwrap_err().is_rejected(), "nobody knows the row's name");
    assert_eq!(ids(&list), [1, temporary]);
    stage.answer("GET /cards?column=todo", &json!([card(1, "todo", 10), card(9, "todo", 20)]));
    assert_eq!(ids(&list), [1, 9]);
    stage.silence();
}

#[test]
fn a_row_in_doubt_that_the_server_does_not_have_shows_no_more() {
    let stage = Stage::new();
    let shown = stage.client.observe(detail(1));
    stage.answer("GET /cards/1", &card(1, "todo", 10));
    let _handle = stage.client.mutation(edit()).mutate(title("new"));
    stage.refuse("PATCH /cards/1", 503);
    assert_eq!(shown.current().data.unwrap().title, "new");
    stage.refuse("GET /cards/1", 404);
    let shown = shown.current();
    assert!(!shown.is_optimistic && shown.is_error());
    assert_eq!(shown.data.unwrap().title, "card 1");
}

#[test]
fn a_refusal_takes_back_only_what_no_earlier_attempt_may_have_done() {
    // The first attempt may have been carried out before the second was forbidden.
    for (keyed, status, stays) in [(false, 403, true), (true, 403, false), (true, 412, true), (false, 404, false)] {
        let stage = Stage::new();
        let shown = stage.client.observe(detail(1));
        stage.answer("GET /cards/1", &card(1, "todo", 10));
        let options = edit().keyed(keyed).retry(RetryPolicy::default());
        let handle = stage.client.mutation(options).mutate(title("new"));
        stage.refuse("PATCH /cards/1", 503);
        stage.advance(2);
        stage.refuse("PATCH /cards/1", status);
        assert_eq!(handle.is_uncertain(), stays, "{keyed} {status}");
        assert_eq!(shown.current().data.unwrap().title == "new", stays, "{keyed} {status}");
    }
}

#[test]
fn one_that_asks_waits_until_the_program_has_decided_and_keeps_its_turn() {
    let (stage, log) = (Stage::new(), EventLog::new());
    let _told = told(&stage, &log);
    let shown = stage.client.observe(detail(1));
    stage.answer("GET /cards/1", &card(1, "todo", 10));
    let observer = stage.client.mutation(edit().idempotent(false).ask_if_uncertain(true));
    let handle = observer.mutate(title("new"));
    let next = stage.client.mutation(edit()).mutate(Edit { id: 1, change: CardChange::Rank(99) });
    let request = stage.request("PATCH /cards/1");
    let key = request.request().header("Idempotency-Key").map(str::to_owned);
    request.fail(QueryError::network("the connection broke"));
    stage.runtime.run_until_stalled();
    log.assert(&[r#"["card","edit"] NeedsDecision"#]);
    let current = observer.current();
    assert!(current.is_pending() && current.is_paused && current.needs_decision && current.is_uncertain);
    stage.answer("GET /cards/1", &card(1, "todo", 10));
    assert_eq!(shown.current().data.unwrap().title, "new", "what is not over shows");
    stage.silence();
    assert!(handle.decide(Decision::SendAgain) && !handle.decide(Decision::Discard));
    let request = stage.request("PATCH /cards/1");
    assert_eq!(request.request().header("Idempotency-Key").map(str::to_owned), key);
    assert!(!observer.current().needs_decision);
    request.respond_json(200, &json!({"id": 1, "column": "todo", "rank": 10, "title": "new"}));
    assert_eq!(stage.runtime.block_on(handle).unwrap().unwrap().title, "new");
    // A fetch has replaced what was shown since the first attempt: the answer may be older than that.
    let _refetch = stage.request("GET /cards/1");
    stage.answer("PATCH /cards/1", &json!({"id": 1, "column": "todo", "rank": 99, "title": "new"}));
    assert!(stage.runtime.block_on(next).unwrap().is_ok());
}

#[test]
fn the_program_may_confirm_or_discard_what_is_in_doubt() {
    for decision in [Decision::Confirm, Decision::Discard] {
        let stage = Stage::new();
        let shown = stage.client.observe(detail(1));
        stage.answer("GET /cards/1", &card(1, "todo", 10));
        let handle = stage.client.mutation(edit().ask_if_uncertain(true)).mutate(title("new"));
        stage.request("PATCH /cards/1").fail(QueryError::network("the connection broke"));
        let early = stage.request("GET /cards/1");
        let waiting = stage.client.mutations(MutationFilter::all().paused());
        assert!(waiting[0].needs_decision);
        assert!(stage.client.decide_mutation(waiting[0].id, decision));
        stage.runtime.run_until_stalled();
        let confirmed = decision == Decision::Confirm;
        assert_eq!(shown.current().data.unwrap().title == "new", confirmed);
        let error = stage.runtime.block_on(handle).unwrap().unwrap_err();
        assert_eq!((error.is_decode(), error.is_network()), (confirmed, !confirmed));
        let title = if confirmed { "New!" } else { "card 1" };
        let row = json!({"id": 1, "column": "todo", "rank": 10, "title": title});
        early.respond_json(200, &row);
        stage.runtime.run_until_stalled();
        while let Some(again) = stage.transport.take_request() {
            again.respond_json(200, &row);
            stage.runtime.run_until_stalled();
        }
        assert_eq!(shown.current().data.unwrap().title, title);
        assert!(!shown.current().is_optimistic);
        assert!(stage.client.mutations(MutationFilter::all().pending()).is_empty());
    }
}

#[test]
fn an_increment_that_waits_for_a_decision_does_not_keep_its_row_from_being_fetched() {
    let stage = Stage::new();
    let shown = stage.client.observe(detail(1));
    stage.answer("GET /cards/1", &card(1, "todo", 10));
    let handle = stage.client.mutation(edit().idempotent(false).ask_if_uncertain(true)).mutate(raise());
    stage.request("PATCH /cards/1").fail(QueryError::network("the connection broke"));
    let clean = stage.request("GET /cards/1");
    assert_eq!(shown.current().data.unwrap().rank, 15);
    clean.respond_json(200, &card(1, "todo", 15));
    stage.runtime.run_until_stalled();
    assert_eq!(shown.current().data.unwrap().rank, 15, "the server had it: shown once");
    assert!(handle.decide(Decision::SendAgain));
    let request = stage.request("PATCH /cards/1");
    request.respond_json(200, &card(1, "todo", 15));
    stage.runtime.block_on(handle).unwrap().unwrap();
    assert_eq!(shown.current().data.unwrap().rank, 15);
    stage.answer("GET /cards/1", &card(1, "todo", 15));
    assert_eq!(shown.current().data.unwrap().rank, 15);
    stage.silence();
}

#[test]
fn one_that_waits_for_a_decision_can_be_cancelled_and_is_kept_from_nobody_who_resumes() {
    let stage = Stage::new();
    let handle = stage.client.mutation(edit().ask_if_uncertain(true)).mutate(title("new"));
    stage.refuse("PATCH /cards/1", 500);
    let resumed = stage.client.resume_paused_mutations();
    stage.runtime.run_until_stalled();
    assert!(handle.cancel());
    stage.runtime.block_on(resumed).unwrap();
    assert!(stage.runtime.block_on(handle).unwrap().unwrap_err().is_cancelled());
}
