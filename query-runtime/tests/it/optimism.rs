//! What shows of a mutation before the server has answered, and what when it has?

use serde_json::json;

use crate::board::{CardChange, Edit, NewCard, card, column, create, delete, detail, edit, ids, page_ids, pages};
use crate::stage::Stage;

fn change(id: i64, change: CardChange) -> Edit {
    Edit { id, change }
}

#[test]
fn a_change_moves_the_row_between_lists_and_shows_in_its_detail() {
    let stage = Stage::new();
    let (todo, done) = (stage.client.observe(column("todo")), stage.client.observe(column("done")));
    stage.answer("GET /cards?column=todo", &json!([card(1, "todo", 10), card(2, "todo", 20)]));
    stage.answer("GET /cards?column=done", &json!([card(3, "done", 5), card(4, "done", 15)]));
    let shown = stage.client.observe(detail(1));
    stage.answer("GET /cards/1", &card(1, "todo", 10));
    let handle = stage.client.mutation(edit()).mutate(change(1, CardChange::Column("done")));
    assert_eq!((ids(&todo), ids(&done)), (vec![2], vec![3, 1, 4]));
    assert_eq!(shown.current().data.unwrap().column, "done");
    assert!(todo.current().is_optimistic && done.current().is_optimistic && shown.current().is_optimistic);
    stage.refuse("PATCH /cards/1", 422);
    assert!(stage.runtime.block_on(handle).unwrap().is_err());
    assert_eq!((ids(&todo), ids(&done)), (vec![1, 2], vec![3, 4]));
    assert_eq!(shown.current().data.unwrap().column, "todo");
    assert!(!todo.current().is_optimistic);
}

#[test]
fn a_failing_change_takes_only_itself_back() {
    let stage = Stage::new();
    let (list, shown) = (stage.client.observe(column("todo")), stage.client.observe(detail(1)));
    stage.answer("GET /cards?column=todo", &json!([card(1, "todo", 10), card(2, "todo", 20)]));
    stage.answer("GET /cards/1", &card(1, "todo", 10));
    let observer = stage.client.mutation(edit());
    let rank = observer.mutate(change(1, CardChange::Rank(30)));
    let _title = observer.mutate(change(1, CardChange::Title("kept")));
    assert_eq!(ids(&list), [2, 1]);
    stage.refuse("PATCH /cards/1", 422);
    assert!(stage.runtime.block_on(rank).unwrap().is_err());
    assert_eq!(ids(&list), [1, 2]);
    assert_eq!(list.current().data.unwrap().items[0].title, "kept");
    assert_eq!(shown.current().data.unwrap().title, "kept");
    stage.answer("PATCH /cards/1", &json!({"id": 1, "column": "todo", "rank": 10, "title": "kept"}));
    assert_eq!(shown.current().data.unwrap().title, "kept");
}

#[test]
fn a_created_row_shows_where_it_sorts_in_every_list_it_belongs_to() {
    let stage = Stage::new();
    let (todo, done) = (stage.client.observe(column("todo")), stage.client.observe(column("done")));
    stage.answer("GET /cards?column=todo", &json!([card(1, "todo", 10), card(2, "todo", 20)]));
    stage.answer("GET /cards?column=done", &json!([]));
    let all = stage.client.observe_infinite(pages());
    stage.answer("GET /cards?page=1", &json!([card(1, "todo", 10), card(2, "todo", 20)]));
    let handle = stage.client.mutation(create()).mutate(NewCard { column: "todo", rank: 15 });
    let new = ids(&todo)[1];
    assert!(new < 0, "a temporary id");
    assert_eq!((ids(&todo), ids(&done)), (vec![1, new, 2], vec![]));
    assert_eq!(page_ids(&all).concat()[..2], [1, new]);
    stage.answer("POST /cards", &card(9, "todo", 15));
    assert_eq!(stage.runtime.block_on(handle).unwrap().unwrap().id, 9);
    assert_eq!(ids(&todo), [1, 9, 2], "one row, under its real id");
    let answered = json!([card(1, "todo", 10), card(9, "todo", 15), card(2, "todo", 20)]);
    let mut lines = Vec::new();
    while let Some(request) = stage.transport.take_request() {
        lines.push(request.line());
        let first_page = json!([card(1, "todo", 10), card(9, "todo", 15)]);
        request.respond_json(200, if lines.last().unwrap().contains("page") { &first_page } else { &answered });
        stage.runtime.run_until_stalled();
    }
    lines.sort();
    assert_eq!(lines, ["GET /cards?column=todo", "GET /cards?page=1"], "a list that it is not in is left alone");
    assert_eq!((ids(&todo), page_ids(&all)), (vec![1, 9, 2], vec![vec![1, 9]]));
    assert!(!todo.current().is_optimistic);
}

#[test]
fn a_deleted_row_leaves_lists_at_once_and_its_detail_is_gone() {
    let stage = Stage::new();
    let (list, shown) = (stage.client.observe(column("todo")), stage.client.observe(detail(1)));
    stage.answer("GET /cards?column=todo", &json!([card(1, "todo", 10), card(2, "todo", 20)]));
    stage.answer("GET /cards/1", &card(1, "todo", 10));
    let observer = stage.client.mutation(delete());
    let refused = observer.mutate(1);
    assert_eq!(ids(&list), [2]);
    assert!(shown.current().data.is_none());
    stage.refuse("DELETE /cards/1", 403);
    assert!(stage.runtime.block_on(refused).unwrap().is_err());
    assert_eq!(ids(&list), [1, 2]);
    assert_eq!(shown.current().data.as_ref().unwrap().id, 1);
    assert!(!shown.current().is_gone);
    let handle = observer.mutate(1);
    stage.request("DELETE /cards/1").respond_empty(204);
    stage.runtime.block_on(handle).unwrap().unwrap();
    assert_eq!(ids(&list), [2]);
    assert!(shown.current().is_gone && shown.current().data.is_none());
    stage.answer("GET /cards?column=todo", &json!([card(2, "todo", 20)]));
    stage.silence();
    assert!(shown.current().is_gone);
}

#[test]
fn a_fetch_that_began_before_the_answer_cannot_undo_it() {
    let stage = Stage::new();
    let shown = stage.client.observe(detail(1));
    stage.answer("GET /cards/1", &card(1, "todo", 10));
    let _refetch = shown.refetch();
    let slow = stage.request("GET /cards/1");
    let handle = stage.client.mutation(edit()).mutate(change(1, CardChange::Title("new")));
    stage.answer("PATCH /cards/1", &json!({"id": 1, "column": "todo", "rank": 10, "title": "new"}));
    stage.runtime.block_on(handle).unwrap().unwrap();
    slow.respond_json(200, &card(1, "todo", 10));
    stage.runtime.run_until_stalled();
    assert_eq!(shown.current().data.unwrap().title, "new");
    stage.answer("GET /cards/1", &json!({"id": 1, "column": "todo", "rank": 10, "title": "new"}));
    assert_eq!(shown.current().data.unwrap().title, "new");
}

#[test]
fn an_increment_never_shows_twice() {
    let stage = Stage::new();
    let shown = stage.client.observe(detail(1));
    stage.answer("GET /cards/1", &card(1, "todo", 10));
    let handle = stage.client.mutation(edit()).mutate(change(1, CardChange::Raise(1)));
    let mutation = stage.request("PATCH /cards/1");
    let _refetch = shown.refetch();
    stage.answer("GET /cards/1", &card(1, "todo", 11));
    assert_eq!(shown.current().data.unwrap().rank, 11);
    mutation.respond_json(200, &card(1, "todo", 11));
    stage.runtime.block_on(handle).unwrap().unwrap();
    while let Some(request) = stage.transport.take_request() {
        request.respond_json(200, &card(1, "todo", 11));
        stage.runtime.run_until_stalled();
        assert_eq!(shown.current().data.unwrap().rank, 11);
    }
    assert_eq!(shown.current().data.unwrap().rank, 11);
}
