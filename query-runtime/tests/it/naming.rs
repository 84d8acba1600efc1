//! What happens to what names a row that the server has not created yet?

use query_runtime::Entity as _;
use serde_json::json;

use crate::board::{CardChange, Edit, NewCard, NewComment, card, column, comment, create, delete, detail, edit, ids};
use crate::stage::Stage;

/// A board whose list shows a row under a temporary id, whose creation is on its way.
macro_rules! created {
    ($stage:ident, $list:ident, $handle:ident, $request:ident, $id:ident) => {
        let $stage = Stage::new();
        let $list = $stage.client.observe(column("todo"));
        $stage.answer("GET /cards?column=todo", &json!([card(1, "todo", 10)]));
        let $handle = $stage.client.mutation(create()).mutate(NewCard { column: "todo", rank: 20 });
        let $request = $stage.request("POST /cards");
        let $id = ids(&$list)[1];
    };
}

#[test]
fn an_edit_of_a_temporary_row_waits_and_is_sent_to_the_real_one() {
    created!(stage, list, handle, request, temporary);
    let observer = stage.client.mutation(edit());
    let edited = observer.mutate(Edit { id: temporary, change: CardChange::Title("edited") });
    stage.silence();
    assert!(observer.current().is_paused);
    assert_eq!(list.current().data.unwrap().items[1].title, "edited");
    request.respond_json(201, &card(9, "todo", 20));
    assert_eq!(*stage.runtime.block_on(handle).unwrap().unwrap().id(), 9);
    let _refetch = stage.request("GET /cards?column=todo");
    let patch = stage.request("PATCH /cards/9");
    assert_eq!(ids(&list), [1, 9]);
    assert_eq!(list.current().data.unwrap().items[1].title, "edited", "the edit shows on the real row");
    patch.respond_json(200, &json!({"id": 9, "column": "todo", "rank": 20, "title": "edited"}));
    stage.runtime.block_on(edited).unwrap().unwrap();
}

#[test]
fn a_child_names_its_parent_by_the_real_id() {
    created!(stage, list, handle, request, temporary);
    let commented = stage.client.mutation(comment()).mutate(NewComment { card: temporary, text: "first" });
    stage.silence();
    request.respond_json(201, &card(9, "todo", 20));
    stage.runtime.block_on(handle).unwrap().unwrap();
    assert_eq!(ids(&list), [1, 9]);
    let _refetch = stage.request("GET /cards?column=todo");
    let sent = stage.request("POST /comments");
    assert_eq!(sent.json(), json!({"card": 9, "text": "first"}));
    sent.respond_json(201, &json!(null));
    stage.runtime.block_on(commented).unwrap().unwrap();
    // Whoever still holds the temporary id may go on using it.
    let _later = stage.client.mutation(comment()).mutate(NewComment { card: temporary, text: "second" });
    assert_eq!(stage.request("POST /comments").json(), json!({"card": 9, "text": "second"}));
}

#[test]
fn what_depends_on_a_row_that_was_not_created_is_rejected_unsent() {
    created!(stage, list, handle, request, temporary);
    let edited = stage.client.mutation(edit()).mutate(Edit { id: temporary, change: CardChange::Title("edited") });
    let commented = stage.client.mutation(comment()).mutate(NewComment { card: temporary, text: "first" });
    let deleted = stage.client.mutation(delete()).mutate(temporary);
    request.respond_json(422, &json!(null));
    stage.runtime.run_until_stalled();
    assert_eq!(stage.runtime.block_on(handle).unwrap().unwrap_err().status(), Some(422));
    assert!(stage.runtime.block_on(edited).unwrap().unwrap_err().is_rejected());
    assert!(stage.runtime.block_on(commented).unwrap().unwrap_err().is_rejected());
    assert!(stage.runtime.block_on(deleted).unwrap().unwrap_err().is_rejected());
    assert_eq!(ids(&list), [1]);
    stage.silence();
}

#[test]
fn a_row_created_offline_and_edited_is_sent_in_order() {
    let stage = Stage::new();
    let list = stage.client.observe(column("todo"));
    stage.answer("GET /cards?column=todo", &json!([]));
    stage.client.set_online(false);
    let _created = stage.client.mutation(create()).mutate(NewCard { column: "todo", rank: 20 });
    let temporary = ids(&list)[0];
    let _edited = stage.client.mutation(edit()).mutate(Edit { id: temporary, change: CardChange::Rank(5) });
    let _commented = stage.client.mutation(comment()).mutate(NewComment { card: temporary, text: "first" });
    stage.silence();
    stage.client.set_online(true);
    stage.answer("POST /cards", &card(9, "todo", 20));
    let _refetch = stage.request("GET /cards?column=todo");
    let (_patch, posted) = (stage.request("PATCH /cards/9"), stage.request("POST /comments"));
    assert_eq!(posted.json()["card"], 9);
    assert_eq!(list.current().data.unwrap().items[0].rank, 5);
}

#[test]
fn a_fetch_names_a_row_by_its_real_id_or_is_not_sent() {
    created!(stage, list, handle, request, temporary);
    let detail = stage.client.observe(detail(temporary).stale_time(std::time::Duration::ZERO));
    stage.silence();
    assert_eq!(*detail.current().data.expect("the row shows before the server knows it").id(), temporary);
    request.respond_json(201, &card(9, "todo", 20));
    stage.runtime.block_on(handle).unwrap().unwrap();
    let _refetch = stage.request("GET /cards?column=todo");
    drop(detail.refetch());
    let _asked = stage.request("GET /cards/9");
    drop(list);
}
