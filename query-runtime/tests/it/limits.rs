//! Are the nine limits of the one generator that has optimistic updates overcome, seen by a program?
//!
//! One test a limit: rows matched by the id in the key only; totals untouched; infinite lists skipped; filters ignored; order and page
//! size ignored; rows never move; a second edit invisible; a rollback that waits for a fetch; temporary ids never
//! reconciled. Then what the nine imply: lists of a parent, and the pages of a list as entries of their own.

use std::sync::{Arc, Mutex};

use query_runtime::{
    CacheEvent, FetchContext, InsertAt, Key, ListFilter, ListReach, ListWindow, Membership, MutationContext,
    MutationOptions, Page, QueryError, QueryKey, QueryObserver, QueryOptions, Request, Subscription, temp_id,
};
use serde_json::{Value, json};

use crate::board::{
    Card, CardChange, Edit, In, NewCard, card, column, create, delete, detail, edit, ids, page_ids, pages,
};
use crate::stage::Stage;

/// One page of two cards, with a total, under `GET /all?page=0`.
fn numbered(index: u64) -> QueryOptions<Page<Card>> {
    let key: Key<Page<Card>> = QueryKey::under(&["cards", "numbered"]).value(&index).key();
    let window = ListWindow::Page { index, size: 2 };
    QueryOptions::list(key, In(None), window, move |context: FetchContext| async move {
        context.send(Request::get("/all").query("page", &index)).await?.json::<Page<Card>>()
    })
    .stale_forever()
}

fn full(cards: &[Value], total: u64, has_more: bool) -> Value {
    json!({"items": cards, "total": total, "has_more": has_more})
}

/// Cards of which only the server knows which it finds.
#[derive(Clone, Debug, PartialEq)]
struct Found;

impl ListFilter<Card> for Found {
    fn matches(&self, _: &Card) -> Membership {
        Membership::Unknown
    }
}

fn found() -> QueryOptions<Page<Card>> {
    QueryOptions::list(
        Key::typed(QueryKey::new(["cards", "found"])),
        Found,
        ListWindow::All,
        |context: FetchContext| async move { context.send(Request::get("/found")).await?.json::<Page<Card>>() },
    )
    .stale_forever()
}

fn change(id: i64, change: CardChange) -> Edit {
    Edit { id, change }
}

/// The keys of the lists that could not be decided.
fn undecided(stage: &Stage) -> (Arc<Mutex<Vec<String>>>, Subscription) {
    let told = Arc::<Mutex<Vec<String>>>::default();
    let log = told.clone();
    let subscription = stage.client.subscribe(move |event| {
        if let CacheEvent::Undecided(key) = event {
            log.lock().unwrap().push(key.to_string());
        }
    });
    (told, subscription)
}

fn total(list: &QueryObserver<Page<Card>>) -> (Option<u64>, Option<bool>) {
    list.current().data.map(|page| (page.total, page.has_more)).unwrap_or_default()
}

#[test]
fn a_query_under_a_key_of_its_own_is_matched_by_the_row_that_it_holds() {
    let stage = Stage::new();
    let key: Key<Card> = Key::typed(QueryKey::new(["cards", "most urgent"]));
    let urgent = stage.client.observe(QueryOptions::row(key, |context: FetchContext| async move {
        context.send(Request::get("/urgent")).await?.json()
    }));
    stage.answer("GET /urgent", &card(7, "todo", 1));
    let observer = stage.client.mutation(edit());
    let _other = observer.mutate(change(8, CardChange::Title("not this one")));
    assert_eq!(urgent.current().data.unwrap().title, "card 7");
    let _own = observer.mutate(change(7, CardChange::Title("this one")));
    assert_eq!(urgent.current().data.unwrap().title, "this one");
}

#[test]
fn totals_and_whether_there_is_more_follow_what_enters_and_leaves() {
    let stage = Stage::new();
    let first = stage.client.observe(numbered(0));
    stage.answer("GET /all?page=0", &full(&[card(1, "todo", 10), card(2, "todo", 20)], 3, true));
    let shown = stage.client.observe(detail(3));
    stage.answer("GET /cards/3", &card(3, "todo", 30));
    let gone = stage.client.mutation(delete()).mutate(3);
    assert_eq!(
        (ids(&first), total(&first)),
        (vec![1, 2], (Some(2), Some(false))),
        "the row of another page is counted out"
    );
    stage.refuse("DELETE /cards/3", 403);
    assert!(stage.runtime.block_on(gone).unwrap().is_err());
    assert_eq!(total(&first), (Some(3), Some(true)));
    let _new = stage.client.mutation(create()).mutate(NewCard { column: "todo", rank: 40 });
    assert_eq!((ids(&first), total(&first)), (vec![1, 2], (Some(4), Some(true))), "it is on a later page, and counted");
    drop(shown);
}

#[test]
fn infinite_lists_show_what_comes_and_goes_across_their_pages() {
    let stage = Stage::new();
    let all = stage.client.observe_infinite(pages());
    stage.answer("GET /cards?page=1", &json!([card(1, "todo", 10), card(2, "todo", 20)]));
    let next = all.fetch_next_page();
    stage.answer("GET /cards?page=2", &json!([card(3, "todo", 30)]));
    drop(next);
    let creates = stage.client.mutation(create());
    let _new = creates.mutate(NewCard { column: "done", rank: 15 });
    let shown = page_ids(&all);
    assert_eq!((shown[0][0], &shown[1][..]), (1, &[2, 3][..]), "the first page stays full, its last row moves on");
    let _gone = stage.client.mutation(delete()).mutate(1);
    assert_eq!(
        page_ids(&all).iter().map(Vec::len).collect::<Vec<_>>(),
        [2, 1],
        "the page that lost a row is filled up"
    );
}

#[test]
fn filters_decide_which_lists_show_a_row_and_what_only_the_server_can_decide_is_fetched() {
    let stage = Stage::new();
    let (told, _subscription) = undecided(&stage);
    let (todo, done) = (stage.client.observe(column("todo")), stage.client.observe(column("done")));
    stage.answer("GET /cards?column=todo", &json!([]));
    stage.answer("GET /cards?column=done", &json!([]));
    let search = stage.client.observe(found());
    stage.answer("GET /found", &full(&[card(5, "todo", 50)], 1, false));
    let new = stage.client.mutation(create()).mutate(NewCard { column: "todo", rank: 10 });
    assert_eq!((ids(&todo).len(), ids(&done).len(), ids(&search)), (1, 0, vec![5]));
    assert_eq!(*told.lock().unwrap(), [r#"["cards","found"]"#]);
    stage.answer("POST /cards", &card(9, "todo", 10));
    stage.runtime.block_on(new).unwrap().unwrap();
    let mut lines = Vec::new();
    while let Some(request) = stage.transport.take_request() {
        lines.push(request.line());
        let both = [card(9, "todo", 10), card(5, "todo", 50)];
        let answer = if lines.last().unwrap() == "GET /found" { full(&both, 2, false) } else { json!([both[0]]) };
        request.respond_json(200, &answer);
        stage.runtime.run_until_stalled();
    }
    lines.sort();
    assert_eq!(lines, ["GET /cards?column=todo", "GET /found"], "only the server knows what it finds");
    assert_eq!((ids(&search), ids(&done)), (vec![9, 5], vec![]));
}

#[test]
fn order_and_page_size_decide_where_a_row_shows() {
    let stage = Stage::new();
    let (first, second) = (stage.client.observe(numbered(0)), stage.client.observe(numbered(1)));
    stage.answer("GET /all?page=0", &full(&[card(1, "todo", 10), card(3, "todo", 30)], 3, true));
    stage.answer("GET /all?page=1", &full(&[card(5, "todo", 50)], 3, false));
    let (told, _subscription) = undecided(&stage);
    let _new = stage.client.mutation(create()).mutate(NewCard { column: "todo", rank: 20 });
    assert_eq!(
        (ids(&first)[0], ids(&first).len(), total(&first)),
        (1, 2, (Some(4), Some(true))),
        "sorted in, and still two"
    );
    assert!(ids(&first)[1] < 0, "it comes before the row that made room");
    assert_eq!((ids(&second), total(&second).0), (vec![5], Some(4)));
    assert_eq!(
        *told.lock().unwrap(),
        [r#"["cards","numbered",1]"#],
        "which rows moved onto a later page, the server knows"
    );
}

#[test]
fn a_change_moves_rows_into_out_of_and_within_lists() {
    let stage = Stage::new();
    let (todo, done) = (stage.client.observe(column("todo")), stage.client.observe(column("done")));
    stage.answer("GET /cards?column=todo", &json!([card(1, "todo", 10), card(2, "todo", 20)]));
    stage.answer("GET /cards?column=done", &json!([card(3, "done", 15)]));
    let observer = stage.client.mutation(edit());
    let _within = observer.mutate(change(1, CardChange::Rank(30)));
    assert_eq!(ids(&todo), [2, 1]);
    let _over = observer.mutate(change(2, CardChange::Column("done")));
    assert_eq!((ids(&todo), ids(&done)), (vec![1], vec![3, 2]));
}

#[test]
fn a_second_edit_in_flight_is_visible() {
    let stage = Stage::new();
    let (list, shown) = (stage.client.observe(column("todo")), stage.client.observe(detail(1)));
    stage.answer("GET /cards?column=todo", &json!([card(1, "todo", 10)]));
    stage.answer("GET /cards/1", &card(1, "todo", 10));
    let observer = stage.client.mutation(edit());
    let _first = observer.mutate(change(1, CardChange::Raise(1)));
    let _request = stage.request("PATCH /cards/1");
    let _second = observer.mutate(change(1, CardChange::Raise(1)));
    assert_eq!((list.current().data.unwrap().items[0].rank, shown.current().data.unwrap().rank), (12, 12));
}

#[test]
fn a_rollback_needs_no_fetch_and_takes_back_what_failed_and_nothing_else() {
    let stage = Stage::new();
    let list = stage.client.observe(column("todo"));
    stage.answer("GET /cards?column=todo", &json!([card(1, "todo", 10), card(2, "todo", 20)]));
    let observer = stage.client.mutation(edit());
    let failing = observer.mutate(change(1, CardChange::Rank(30)));
    let _kept = observer.mutate(change(2, CardChange::Title("kept")));
    stage.refuse("PATCH /cards/1", 422);
    assert!(stage.runtime.block_on(failing).unwrap().is_err());
    assert_eq!((ids(&list), list.current().data.unwrap().items[1].title.as_str()), (vec![1, 2], "kept"));
    let _other = stage.request("PATCH /cards/2");
    stage.silence();
}

#[test]
fn a_temporary_id_becomes_the_real_one_and_edits_follow_it() {
    let stage = Stage::new();
    let list = stage.client.observe(column("todo"));
    stage.answer("GET /cards?column=todo", &json!([]));
    let new = stage.client.mutation(create()).mutate(NewCard { column: "todo", rank: 10 });
    let temporary = ids(&list)[0];
    let _edit = stage.client.mutation(edit()).mutate(change(temporary, CardChange::Title("edited")));
    assert_eq!(list.current().data.unwrap().items[0].title, "edited");
    stage.answer("POST /cards", &card(9, "todo", 10));
    assert_eq!(stage.runtime.block_on(new).unwrap().unwrap().id, 9);
    let shown = list.current().data.unwrap();
    assert_eq!((ids(&list), shown.items[0].title.as_str()), (vec![9], "edited"), "one row, edited, under its real id");
    let mut lines = Vec::new();
    while let Some(request) = stage.transport.take_request() {
        lines.push(request.line());
    }
    assert!(lines.contains(&"PATCH /cards/9".to_owned()), "the edit names the real row: {lines:?}");
}

#[test]
fn lists_of_a_parent_show_what_moves_from_one_parent_to_another() {
    // A list of a parent is a list with the parent in its filter and in its key.
    let stage = Stage::new();
    let nested = |parent: &'static str| {
        let key: Key<Page<Card>> = QueryKey::under(&["columns"]).value(&parent).word("cards").key();
        QueryOptions::list(key, In(Some(parent)), ListWindow::All, move |context: FetchContext| async move {
            let request = Request::get("/columns/{parent}/cards").path("parent", &parent);
            context.send(request).await?.page(&query_runtime::Envelope::BARE)
        })
        .stale_forever()
    };
    let (todo, done) = (stage.client.observe(nested("todo")), stage.client.observe(nested("done")));
    stage.answer("GET /columns/todo/cards", &json!([card(1, "todo", 10)]));
    stage.answer("GET /columns/done/cards", &json!([card(2, "done", 20)]));
    let moved = stage.client.mutation(edit()).mutate(change(1, CardChange::Column("done")));
    assert_eq!((ids(&todo), ids(&done)), (vec![], vec![1, 2]));
    stage.refuse("PATCH /cards/1", 409);
    assert!(stage.runtime.block_on(moved).unwrap().is_err());
    assert_eq!((ids(&todo), ids(&done)), (vec![1], vec![2]));
    let _new = stage.client.mutation(create()).mutate(NewCard { column: "todo", rank: 5 });
    assert_eq!((ids(&todo).len(), ids(&done).len()), (2, 1));
}

#[test]
fn pages_that_are_entries_of_their_own_count_alike_and_fetch_what_they_cannot_know() {
    let stage = Stage::new();
    let (first, second) = (stage.client.observe(numbered(0)), stage.client.observe(numbered(1)));
    stage.answer("GET /all?page=0", &full(&[card(1, "todo", 10), card(2, "todo", 20)], 4, true));
    stage.answer("GET /all?page=1", &full(&[card(3, "todo", 30), card(4, "todo", 40)], 4, false));
    let (told, _subscription) = undecided(&stage);
    let gone = stage.client.mutation(delete()).mutate(1);
    assert_eq!((ids(&first), total(&first).0), (vec![2], Some(3)));
    assert_eq!(total(&second).0, Some(3), "the other page knows of it, too");
    let mut lists = told.lock().unwrap().clone();
    lists.sort();
    assert_eq!(
        lists,
        [r#"["cards","numbered",0]"#, r#"["cards","numbered",1]"#],
        "which row moves up, the server knows"
    );
    stage.request("DELETE /cards/1").respond_empty(204);
    stage.runtime.block_on(gone).unwrap().unwrap();
    stage.answer("GET /all?page=0", &full(&[card(2, "todo", 20), card(3, "todo", 30)], 3, true));
    stage.answer("GET /all?page=1", &full(&[card(4, "todo", 40)], 3, false));
    assert_eq!((ids(&first), ids(&second)), (vec![2, 3], vec![4]));
    stage.silence();
}

#[test]
fn a_list_that_the_server_orders_takes_a_new_row_where_the_mutation_says() {
    async fn send(context: MutationContext, rank: i64) -> Result<Card, QueryError> {
        context.send(Request::post("/cards").json(&rank)).await?.json()
    }
    let options = |insert| {
        MutationOptions::new(&["card", "create"], send).creates::<Card>(
            |rank, id, _| Card { id, column: "todo".to_owned(), rank: *rank, title: "new".to_owned() },
            temp_id::negative,
            ListReach::All,
            insert,
        )
    };
    let stage = Stage::new();
    let search = stage.client.observe(found());
    stage.answer("GET /found", &full(&[card(5, "todo", 50)], 1, false));
    let _start = stage.client.mutation(options(InsertAt::Start)).mutate(1);
    assert_eq!((ids(&search).len(), ids(&search)[1], total(&search).0), (2, 5, Some(2)));
    let _end = stage.client.mutation(options(InsertAt::End)).mutate(2);
    assert_eq!((ids(&search).len(), ids(&search)[1], total(&search).0), (3, 5, Some(3)));
}
