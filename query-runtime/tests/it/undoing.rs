//! What is left when changes overlap and one of them is taken back: where patches, snapshots and "the last one wins" fail.

use query_runtime::{Key, Page, QueryKey, Write};
use serde_json::json;

use crate::board::{Card, CardChange, Edit, card, column, delete, detail, edit, ids};
use crate::stage::Stage;

const COLUMN: &str = "GET /cards?column=todo";

#[test]
fn undone_delete_does_not_bring_back_what_another_has_deleted() {
    let stage = Stage::new();
    let list = stage.client.observe(column("todo"));
    stage.answer(COLUMN, &json!([card(1, "todo", 10), card(2, "todo", 20), card(3, "todo", 30)]));
    let mutation = stage.client.mutation(delete());
    let failing = mutation.mutate(1);
    let working = mutation.mutate(2);
    assert_eq!(ids(&list), [3]);
    let first = stage.request("DELETE /cards/1");
    stage.request("DELETE /cards/2").respond_json(204, &json!(null));
    stage.runtime.run_until_stalled();
    assert!(stage.runtime.block_on(working).unwrap().is_ok());
    first.respond_json(403, &json!(null));
    stage.runtime.run_until_stalled();
    assert!(stage.runtime.block_on(failing).unwrap().is_err());
    assert_eq!(ids(&list), [1, 3], "as the server has it");
}

#[test]
fn undo_after_the_list_has_become_shorter_needs_no_place_in_it() {
    let stage = Stage::new();
    let list = stage.client.observe(column("todo"));
    stage.answer(COLUMN, &json!([card(1, "todo", 10), card(2, "todo", 20), card(3, "todo", 30)]));
    let failing = stage.client.mutation(edit()).mutate(Edit { id: 3, change: CardChange::Title("new") });
    let request = stage.request("PATCH /cards/3");
    list.refetch();
    stage.answer(COLUMN, &json!([card(1, "todo", 10)]));
    request.respond_json(403, &json!(null));
    stage.runtime.run_until_stalled();
    assert!(stage.runtime.block_on(failing).unwrap().is_err());
    assert_eq!(ids(&list), [1]);
}

#[test]
fn change_of_what_is_not_there_yet_shows_as_soon_as_it_is() {
    let stage = Stage::new();
    let (list, shown) = (stage.client.observe(column("todo")), stage.client.observe(detail(1)));
    let (first_list, first_card) = (stage.request(COLUMN), stage.request("GET /cards/1"));
    stage.client.mutation(edit()).mutate(Edit { id: 1, change: CardChange::Title("new") });
    let _unanswered = stage.request("PATCH /cards/1");
    first_list.respond_json(200, &json!([card(1, "todo", 10)]));
    first_card.respond_json(200, &card(1, "todo", 10));
    stage.runtime.run_until_stalled();
    assert_eq!(list.current().data.unwrap().items[0].title, "new");
    assert_eq!(shown.current().data.unwrap().title, "new");
    list.refetch();
    stage.answer(COLUMN, &json!([card(1, "todo", 10)]));
    assert_eq!(list.current().data.unwrap().items[0].title, "new", "a fetch cannot overwrite it");
}

#[test]
fn success_of_an_earlier_change_survives_the_failure_of_a_later_one() {
    let stage = Stage::new();
    let shown = stage.client.observe(detail(1));
    stage.answer("GET /cards/1", &card(1, "todo", 10));
    let mutation = stage.client.mutation(edit());
    let first = mutation.mutate(Edit { id: 1, change: CardChange::Title("kept") });
    let second = mutation.mutate(Edit { id: 1, change: CardChange::Rank(99) });
    let saved = json!({"id": 1, "column": "todo", "rank": 10, "title": "kept"});
    stage.answer("PATCH /cards/1", &saved);
    stage.refuse("PATCH /cards/1", 422);
    assert!(stage.runtime.block_on(first).unwrap().is_ok());
    assert!(stage.runtime.block_on(second).unwrap().is_err());
    let data = shown.current().data.unwrap();
    assert_eq!((data.title.as_str(), data.rank), ("kept", 10));
}

#[test]
fn update_by_hand_sees_and_changes_what_the_server_has_below_what_mutations_show() {
    let stage = Stage::new();
    let shown = stage.client.observe(detail(1));
    stage.answer("GET /cards/1", &card(1, "todo", 10));
    let failing = stage.client.mutation(edit()).mutate(Edit { id: 1, change: CardChange::Title("new") });
    let request = stage.request("PATCH /cards/1");
    let key: Key<Card> = QueryKey::under(&["cards"]).word("detail").value(&1).key();
    let seen = stage.client.update(&key, |card| {
        assert_eq!(card.title, "card 1");
        Some(Card { rank: 20, ..card.clone() })
    });
    assert_eq!(seen.map(|card| (card.title.clone(), card.rank)), Some(("new".to_owned(), 20)));
    request.respond_json(422, &json!(null));
    stage.runtime.run_until_stalled();
    assert!(stage.runtime.block_on(failing).unwrap().is_err());
    let data = shown.current().data.unwrap();
    assert_eq!((data.title.as_str(), data.rank), ("card 1", 20));
}

#[test]
fn rows_that_were_set_take_part_in_what_mutations_show() {
    let stage = Stage::new();
    let key: Key<Page<Card>> = Key::typed(QueryKey::new(["cards", "list", "todo"]));
    let row = Card { id: 1, column: "todo".to_owned(), rank: 10, title: "card 1".to_owned() };
    stage.client.set_many([(key, [row].into_iter().collect())], Write::confirmed());
    let list = stage.client.observe(column("todo"));
    stage.silence();
    stage.client.mutation(delete()).mutate(1);
    assert!(ids(&list).is_empty());
    stage.refuse("DELETE /cards/1", 403);
    assert_eq!(ids(&list), [1]);
}
