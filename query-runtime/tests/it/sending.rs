//! When is a mutation sent, how often, and in which order?

use std::sync::Arc;

use query_runtime::testing::ScriptedRequest;
use query_runtime::{MutationFilter, NetworkMode, RetryPolicy};
use serde_json::json;

use crate::board::{CardChange, Edit, all_cards, card, column, comment, detail, edit, ids};
use crate::stage::Stage;

fn title(id: i64, title: &'static str) -> Edit {
    Edit { id, change: CardChange::Title(title) }
}

fn retried() -> RetryPolicy {
    RetryPolicy::default().jitter(false)
}

fn idempotency_key(request: &ScriptedRequest) -> String {
    request.header("Idempotency-Key").unwrap().to_owned()
}

#[test]
fn a_retry_has_the_same_key_and_bytes_and_a_new_call_a_new_key() {
    let stage = Stage::new();
    let observer = stage.client.mutation(edit().retry(retried()));
    let handle = observer.mutate(title(1, "new"));
    let first = stage.request("PATCH /cards/1");
    let (key, body) = (idempotency_key(&first), first.request().body.clone());
    first.fail_network();
    stage.silence();
    assert_eq!(observer.current().failure_count, 1);
    assert!(observer.current().failure_reason.unwrap().is_network());
    stage.advance(1);
    let second = stage.request("PATCH /cards/1");
    assert_eq!((idempotency_key(&second), second.request().body.clone()), (key.clone(), body));
    second.respond_json(200, &card(1, "todo", 10));
    stage.runtime.block_on(handle).unwrap().unwrap();
    assert_eq!(observer.current().failure_count, 0);
    let _again = observer.mutate(title(1, "new"));
    assert_ne!(idempotency_key(&stage.request("PATCH /cards/1")), key);
}

#[test]
fn what_is_not_said_to_be_idempotent_is_sent_once() {
    let stage = Stage::new();
    let handle = stage.client.mutation(edit().idempotent(false).retry(retried())).mutate(title(1, "new"));
    stage.request("PATCH /cards/1").fail_network();
    assert!(stage.runtime.block_on(handle).unwrap().unwrap_err().is_network());
    stage.advance(60);
    stage.silence();
}

#[test]
fn one_row_is_changed_in_order_and_others_at_the_same_time() {
    let stage = Stage::new();
    let observer = stage.client.mutation(edit());
    let _handles = [title(1, "a"), title(1, "b"), title(2, "c")].map(|edit| observer.mutate(edit));
    let first = stage.request("PATCH /cards/1");
    let _other = stage.request("PATCH /cards/2");
    stage.silence();
    assert_eq!(stage.client.is_mutating(MutationFilter::all()), 3);
    first.respond_json(422, &json!(null));
    let second = stage.request("PATCH /cards/1");
    assert_eq!(second.json(), json!({"Title": "b"}));
}

#[test]
fn a_named_scope_is_serial_whatever_it_changes_and_waits_for_callbacks() {
    let stage = Stage::new();
    let (release, wait) = tokio::sync::oneshot::channel::<()>();
    let wait = Arc::new(std::sync::Mutex::new(Some(wait)));
    let options = edit().scope(|_| "board".to_owned()).on_success(move |_| {
        let wait = wait.lock().unwrap().take();
        async move {
            if let Some(wait) = wait {
                wait.await.unwrap();
            }
            Ok(())
        }
    });
    let (one, two) = (stage.client.mutation(options.clone()), stage.client.mutation(options));
    let _first = one.mutate(title(1, "a"));
    let _second = two.mutate(title(2, "b"));
    assert!(!one.current().is_paused && two.current().is_paused);
    stage.answer("PATCH /cards/1", &card(1, "todo", 10));
    stage.silence();
    release.send(()).unwrap();
    stage.answer("PATCH /cards/2", &card(2, "todo", 20));
    assert!(one.current().is_success() && two.current().is_success());
}

#[test]
fn what_changes_no_row_goes_in_parallel() {
    let stage = Stage::new();
    let observer = stage.client.mutation(comment());
    for text in ["a", "b"] {
        drop(observer.mutate(crate::board::NewComment { card: 1, text }));
    }
    let (first, second) = (stage.request("POST /comments"), stage.request("POST /comments"));
    assert_eq!((first.json()["text"].clone(), second.json()["text"].clone()), (json!("a"), json!("b")));
}

#[test]
fn offline_it_shows_and_waits_and_goes_before_the_queries() {
    let stage = Stage::new();
    let list = stage.client.observe(column("todo").stale_time(std::time::Duration::ZERO));
    stage.answer("GET /cards?column=todo", &json!([card(1, "todo", 10)]));
    stage.client.set_online(false);
    let observer = stage.client.mutation(edit().retry(retried()));
    let handle = observer.mutate(title(1, "new"));
    stage.silence();
    assert!(observer.current().is_pending() && observer.current().is_paused);
    assert_eq!(list.current().data.unwrap().items[0].title, "new");
    stage.client.set_online(true);
    let request = stage.request("PATCH /cards/1");
    stage.silence();
    assert!(!observer.current().is_paused);
    request.respond_json(200, &json!({"id": 1, "column": "todo", "rank": 10, "title": "new"}));
    stage.runtime.block_on(handle).unwrap().unwrap();
    stage.answer("GET /cards?column=todo", &json!([card(1, "todo", 10)]));
    stage.silence();
    assert_eq!(list.current().data.unwrap().items[0].title, "card 1");
}

#[test]
fn a_retry_waits_for_the_connection_but_not_in_the_mode_that_needs_none() {
    let stage = Stage::new();
    let observer = stage.client.mutation(edit().retry(retried()));
    let _handle = observer.mutate(title(1, "new"));
    stage.request("PATCH /cards/1").fail_network();
    stage.client.set_online(false);
    stage.advance(60);
    stage.silence();
    assert!(observer.current().is_paused);
    let _always = stage.client.mutation(edit().network(NetworkMode::Always)).mutate(title(2, "new"));
    let _sent = stage.request("PATCH /cards/2");
    stage.client.set_online(true);
    let _again = stage.request("PATCH /cards/1");
}

#[test]
fn clearing_while_resumed_mutations_run_does_not_stop_later_refetches() {
    let stage = Stage::new();
    stage.client.set_online(false);
    let _handle = stage.client.mutation(edit()).mutate(title(1, "new"));
    stage.client.set_online(true);
    let _request = stage.request("PATCH /cards/1");
    stage.client.clear();
    let _shown = stage.client.observe(detail(1).stale_time(std::time::Duration::ZERO));
    stage.answer("GET /cards/1", &card(1, "todo", 10));
    stage.client.set_online(false);
    stage.client.set_online(true);
    stage.answer("GET /cards/1", &card(1, "todo", 10));
}

#[test]
fn what_goes_stale_is_fetched_once() {
    let stage = Stage::new();
    let list = stage.client.observe(column("todo"));
    stage.answer("GET /cards?column=todo", &json!([card(1, "todo", 10), card(2, "todo", 20)]));
    let unwatched = stage.client.observe(column("done"));
    stage.answer("GET /cards?column=done", &json!([]));
    drop(unwatched);
    let options = edit().invalidates(|_, _| all_cards());
    let sent = stage.transport.sent();
    let handle = stage.client.mutation(options).mutate(Edit { id: 1, change: CardChange::Rank(30) });
    assert_eq!(ids(&list), [2, 1]);
    stage.answer("PATCH /cards/1", &card(1, "todo", 30));
    stage.runtime.block_on(handle).unwrap().unwrap();
    stage.answer("GET /cards?column=todo", &json!([card(2, "todo", 20), card(1, "todo", 30)]));
    stage.silence();
    assert_eq!(stage.transport.sent() - sent, 2, "the mutation and one fetch of the list that is looked at");
    assert!(!list.current().is_optimistic && !list.current().is_stale);
}

#[test]
fn what_goes_stale_is_fetched_once_also_after_callbacks() {
    let stage = Stage::new();
    let _list = stage.client.observe(column("todo"));
    stage.answer("GET /cards?column=todo", &json!([card(1, "todo", 10)]));
    let options = edit().invalidates(|_, _| all_cards()).on_settled(|_| async { Ok(()) });
    let sent = stage.transport.sent();
    let handle = stage.client.mutation(options).mutate(title(1, "new"));
    stage.answer("PATCH /cards/1", &card(1, "todo", 10));
    stage.runtime.block_on(handle).unwrap().unwrap();
    stage.answer("GET /cards?column=todo", &json!([card(1, "todo", 10)]));
    stage.silence();
    assert_eq!(stage.transport.sent() - sent, 2);
}
