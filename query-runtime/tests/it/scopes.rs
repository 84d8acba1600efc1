//! Which mutations wait for each other, and what does a failure mean for those that wait?

use query_runtime::{MutationFilter, MutationScope, QueryError};
use serde_json::json;

use crate::board::{CardChange, Edit, card, edit};
use crate::mutations::add;
use crate::stage::Stage;

#[test]
fn the_scope_follows_from_the_variables_and_others_go_at_the_same_time() {
    let stage = Stage::new();
    let observer = stage.client.mutation(add().scope(|text: &String| text[..1].to_owned()));
    let _handles = ["a1", "a2", "b1"].map(|text| observer.mutate(text.to_owned()));
    let first = stage.request("POST /notes");
    assert_eq!(first.json(), json!("a1"));
    assert_eq!(stage.request("POST /notes").json(), json!("b1"));
    stage.silence();
    assert_eq!(stage.client.mutations(MutationFilter::all().paused()).len(), 1);
    // The next goes although this one fails.
    first.respond_json(422, &json!(null));
    assert_eq!(stage.request("POST /notes").json(), json!("a2"));
}

#[test]
fn changes_of_one_row_can_be_sent_at_the_same_time() {
    let stage = Stage::new();
    let observer = stage.client.mutation(edit().scope(|_| MutationScope::parallel()));
    let _handles = ["a", "b"].map(|title| observer.mutate(Edit { id: 1, change: CardChange::Title(title) }));
    let _both = (stage.request("PATCH /cards/1"), stage.request("PATCH /cards/1"));
}

#[test]
fn a_failure_stops_those_behind_it_that_ask_for_that() {
    let stage = Stage::new();
    let steps = stage.client.mutation(add().scope(|_| MutationScope::named("steps").stop_on_failure()));
    let anyway = stage.client.mutation(add().scope(|_| "steps"));
    let first = steps.mutate("first".to_owned());
    let second = steps.mutate("second".to_owned());
    let third = anyway.mutate("third".to_owned());
    stage.refuse("POST /notes", 422);
    assert_eq!(stage.runtime.block_on(first).unwrap().unwrap_err().status(), Some(422));
    assert!(stage.runtime.block_on(second).unwrap().unwrap_err().is_rejected());
    assert_eq!(stage.request("POST /notes").json(), json!("third"));
    drop(third);
    stage.silence();
}

#[test]
fn only_the_newest_of_those_that_wait_is_sent() {
    let stage = Stage::new();
    let draft = stage.client.mutation(add().scope(|_| MutationScope::named("draft").newest_only()));
    let handles = ["a", "ab", "abc"].map(|text| draft.mutate(text.to_owned()));
    let first = stage.request("POST /notes");
    assert_eq!(first.json(), json!("a"));
    first.respond_empty(204);
    let last = stage.request("POST /notes");
    assert_eq!(last.json(), json!("abc"));
    last.respond_empty(204);
    let results = handles.map(|handle| stage.runtime.block_on(handle).unwrap());
    assert_eq!(results[0].as_deref().ok(), Some(&1));
    assert!(results[1].as_ref().is_err_and(QueryError::is_rejected));
    assert_eq!(results[2].as_deref().ok(), Some(&3));
    stage.silence();
}

#[test]
fn what_changes_one_row_is_taken_back_one_by_one() {
    let stage = Stage::new();
    let shown = stage.client.observe(crate::board::detail(1));
    stage.answer("GET /cards/1", &card(1, "todo", 10));
    let observer = stage.client.mutation(edit().scope(|_| "cards"));
    let handles = ["a", "b"].map(|title| observer.mutate(Edit { id: 1, change: CardChange::Title(title) }));
    assert_eq!(shown.current().data.unwrap().title, "b");
    for _ in 0..2 {
        stage.refuse("PATCH /cards/1", 422);
    }
    for handle in handles {
        assert!(stage.runtime.block_on(handle).unwrap().is_err());
    }
    assert_eq!(shown.current().data.unwrap().title, "card 1");
}
