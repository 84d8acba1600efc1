//! What happens when what a mutation asks for conflicts with what the server has?

use std::sync::{Arc, Mutex};

use query_runtime::{Conflict, MutationContext, MutationOptions, QueryError, Request, Resolution, RetryPolicy};
use serde_json::{Value, json};

use crate::board::{Card, CardChange, Edit, NewCard, card, column, create, delete, detail, edit, ids};
use crate::stage::Stage;

fn title(title: &'static str) -> Edit {
    Edit { id: 1, change: CardChange::Title(title) }
}

fn named(title: &str) -> Value {
    json!({"id": 1, "column": "todo", "rank": 10, "title": title})
}

/// Observes card 1, changes it by options with this handler, and answers with a status.
macro_rules! conflict {
    ($stage:ident, $shown:ident, $handle:ident, $status:expr, $handler:expr) => {
        let $stage = Stage::new();
        let $shown = $stage.client.observe(detail(1));
        $stage.answer("GET /cards/1", &card(1, "todo", 10));
        let $handle = $stage.client.mutation(edit().on_conflict($handler)).mutate(title("new"));
        $stage.refuse("PATCH /cards/1", $status);
    };
}

#[test]
fn a_conflict_is_discarded_or_gives_way_without_showing_the_old_state() {
    // S88.
    conflict!(stage, shown, handle, 409, |_| async { Resolution::Discard });
    assert_eq!(shown.current().data.unwrap().title, "card 1");
    assert_eq!(stage.runtime.block_on(handle).unwrap().unwrap_err().status(), Some(409));
    stage.silence();
    for status in [404, 409, 410, 412] {
        conflict!(stage, shown, handle, status, |_| async { Resolution::KeepServer });
        assert_eq!(stage.runtime.block_on(handle).unwrap().unwrap_err().status(), Some(status));
        assert_eq!(shown.current().data.unwrap().title, "new");
        stage.answer("GET /cards/1", &named("theirs"));
        assert_eq!(shown.current().data.unwrap().title, "theirs");
        assert!(!shown.current().is_optimistic);
    }
}

#[test]
fn what_is_changed_after_a_conflict_is_a_new_mutation_to_the_server_and_keeps_its_turn() {
    let stage = Stage::new();
    let shown = stage.client.observe(detail(1));
    stage.answer("GET /cards/1", &card(1, "todo", 10));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let inner = seen.clone();
    let options = edit().on_conflict(move |conflict: Conflict<Edit>| {
        inner.lock().unwrap().push((
            conflict.round,
            conflict.is_uncertain,
            conflict.row::<Card>().unwrap().title.clone(),
        ));
        async move {
            assert_eq!((conflict.error.status(), conflict.error.body_text()), (Some(409), Some("null")));
            Resolution::RetryWith(title(if conflict.round == 0 { "second" } else { "third" }))
        }
    });
    let observer = stage.client.mutation(options);
    let handle = observer.mutate(title("first"));
    let next = stage.client.mutation(edit()).mutate(Edit { id: 1, change: CardChange::Rank(99) });
    let mut keys = Vec::new();
    for title in ["first", "second", "third"] {
        let request = stage.request("PATCH /cards/1");
        assert_eq!(request.json(), json!({"Title": title}));
        assert_eq!(shown.current().data.unwrap().title, title);
        keys.push(request.request().header("Idempotency-Key").unwrap().to_owned());
        if title == "third" {
            request.respond_json(200, &named(title));
        } else {
            request.respond_json(409, &json!(null));
        }
        stage.runtime.run_until_stalled();
    }
    assert!(keys[0] != keys[1] && keys[1] != keys[2] && keys[0] != keys[2], "{keys:?}");
    assert_eq!(stage.runtime.block_on(handle).unwrap().unwrap().title, "third");
    assert!(matches!(observer.current().variables.unwrap().change, CardChange::Title("third")));
    assert_eq!(*seen.lock().unwrap(), [(0, false, "card 1".to_owned()), (1, false, "card 1".to_owned())]);
    assert_eq!(stage.request("PATCH /cards/1").json(), json!({"Rank": 99}), "the next waited for its turn");
    drop(next);
}

#[test]
fn a_handler_that_always_tries_again_ends_after_ten_rounds() {
    conflict!(stage, shown, handle, 409, |_| async { Resolution::RetryWith(title("again")) });
    for _ in 0..10 {
        stage.refuse("PATCH /cards/1", 409);
    }
    stage.silence();
    assert_eq!(stage.runtime.block_on(handle).unwrap().unwrap_err().status(), Some(409));
    assert_eq!(shown.current().data.unwrap().title, "card 1");
}

#[test]
fn a_handler_that_panics_has_decided_nothing_and_the_conflict_is_the_failure() {
    conflict!(stage, shown, handle, 412, |_| async { panic!("a handler of the program's that panics") });
    assert_eq!(stage.runtime.block_on(handle).unwrap().unwrap_err().status(), Some(412));
    assert_eq!(shown.current().data.unwrap().title, "card 1");
}

#[test]
fn an_answer_that_comes_when_the_mutation_was_given_up_changes_nothing() {
    let (release, wait) = tokio::sync::oneshot::channel::<()>();
    let wait = Arc::new(Mutex::new(Some(wait)));
    conflict!(stage, shown, handle, 409, move |_| {
        let wait = wait.lock().unwrap().take().unwrap();
        async move {
            wait.await.unwrap();
            Resolution::RetryWith(title("again"))
        }
    });
    assert_eq!(shown.current().data.unwrap().title, "new", "not over");
    assert!(handle.cancel());
    release.send(()).unwrap();
    stage.silence();
    assert!(stage.runtime.block_on(handle).unwrap().unwrap_err().is_cancelled());
    assert_eq!(shown.current().data.unwrap().title, "card 1");
}

#[test]
fn a_conflict_that_may_be_one_with_itself_is_not_believed_before_the_row_was_fetched() {
    // The first attempt was carried out and its answer lost; the second meets what the first has done.
    let stage = Stage::new();
    let shown = stage.client.observe(detail(1));
    stage.answer("GET /cards/1", &card(1, "todo", 10));
    let options = edit().retry(RetryPolicy::default()).on_conflict(|conflict: Conflict<Edit>| async move {
        assert!(conflict.is_uncertain);
        let row = conflict.row::<Card>().unwrap();
        if row.title == "new" { Resolution::Applied } else { Resolution::Discard }
    });
    let handle = stage.client.mutation(options).mutate(title("new"));
    stage.refuse("PATCH /cards/1", 502);
    stage.advance(2);
    stage.refuse("PATCH /cards/1", 412);
    assert_eq!(shown.current().data.unwrap().title, "new");
    stage.answer("GET /cards/1", &named("new"));
    // Its answer is lost; the last word on the row is a fetch that began after that was known.
    assert!(stage.runtime.block_on(handle).unwrap().unwrap_err().is_decode());
    stage.answer("GET /cards/1", &named("new"));
    assert_eq!(shown.current().data.unwrap().title, "new");
    assert!(!shown.current().is_optimistic);
    stage.silence();
}

#[test]
fn what_is_to_be_deleted_and_is_not_there_is_deleted() {
    // S90.
    for status in [404, 410] {
        let stage = Stage::new();
        let (list, shown) = (stage.client.observe(column("todo")), stage.client.observe(detail(1)));
        stage.answer("GET /cards?column=todo", &json!([card(1, "todo", 10), card(2, "todo", 20)]));
        stage.answer("GET /cards/1", &card(1, "todo", 10));
        let handle = stage.client.mutation(delete().retry(RetryPolicy::default())).mutate(1);
        stage.request("DELETE /cards/1").fail(QueryError::network("the connection broke"));
        stage.advance(2);
        stage.refuse("DELETE /cards/1", status);
        stage.runtime.block_on(handle).unwrap().unwrap();
        assert!(shown.current().is_gone);
        assert_eq!(ids(&list), [2]);
    }
}

#[test]
fn a_deletion_that_returns_something_says_what_it_is_when_the_row_was_gone() {
    let stage = Stage::new();
    let options = MutationOptions::new(&["delete"], |context: MutationContext, id: u64| async move {
        context.send(Request::delete("/cards/{id}").path("id", &id)).await?.json::<u64>()
    });
    let handle = stage.client.mutation(options.clone().when_gone(|id| *id)).mutate(7);
    stage.refuse("DELETE /cards/7", 404);
    assert_eq!(*stage.runtime.block_on(handle).unwrap().unwrap(), 7);
    let handle = stage.client.mutation(options).mutate(7);
    stage.refuse("DELETE /cards/7", 404);
    assert_eq!(stage.runtime.block_on(handle).unwrap().unwrap_err().status(), Some(404));
}

#[test]
fn a_server_that_still_works_on_it_is_asked_again_with_the_same_key() {
    // S91.
    let stage = Stage::new();
    let options = create().keyed(true).in_progress(|error| error.status() == Some(409));
    let options = options.on_conflict(|_| async { panic!("it is no conflict") });
    let handle = stage.client.mutation(options).mutate(NewCard { column: "todo", rank: 20 });
    let mut keys = Vec::new();
    for _ in 0..2 {
        let request = stage.request("POST /cards");
        keys.push(request.request().header("Idempotency-Key").map(str::to_owned));
        request.respond_json(409, &json!(null));
        stage.advance(5);
    }
    let request = stage.request("POST /cards");
    keys.push(request.request().header("Idempotency-Key").map(str::to_owned));
    request.respond_json(201, &card(9, "todo", 20));
    assert_eq!(stage.runtime.block_on(handle).unwrap().unwrap().id, 9);
    assert!(keys.iter().all(|key| *key == keys[0]));
}

#[test]
fn a_server_that_works_on_it_for_ever_leaves_it_in_doubt() {
    let stage = Stage::new();
    let options = create().keyed(true).in_progress(|error| error.status() == Some(409));
    let mut handle = stage.client.mutation(options).mutate(NewCard { column: "todo", rank: 20 });
    for _ in 0..11 {
        stage.refuse("POST /cards", 409);
        stage.advance(60);
    }
    stage.silence();
    assert_eq!(stage.runtime.block_on(&mut handle).unwrap().unwrap_err().status(), Some(409));
    assert!(handle.is_uncertain());
}

#[test]
fn a_key_that_the_server_knows_with_other_bytes_is_an_error_and_no_loop() {
    let stage = Stage::new();
    let options = create().keyed(true).retry(RetryPolicy::forever());
    let handle = stage.client.mutation(options).mutate(NewCard { column: "todo", rank: 20 });
    stage.refuse("POST /cards", 422);
    stage.advance(60);
    stage.silence();
    assert_eq!(stage.runtime.block_on(handle).unwrap().unwrap_err().status(), Some(422));
}
