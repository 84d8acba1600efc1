//! Does generated code do what its schema says: levels, versions, changes, and hooks that show them?

use gallery::levels::{
    Book, BookChange, BookReplace, Discard, Finish, HandOver, Hint, HintChange, HintPatch, Levels, Reading,
    ReadingChange, ReadingPatch, Revision, Shelf, Task, TaskChange, TaskListParams, TaskPatch, UpdateBook,
    discard_mutation, finish_mutation, use_book, use_books, use_discard, use_finish, use_hand_over, use_hint,
    use_reading, use_readings, use_shelf_books, use_task, use_tasks, use_update_book, use_update_reading, use_vote,
    vote_mutation,
};
use gallery::levels::{BookListParams, ReadingListParams, UpdateReading, Vote};
use query_runtime::testing::{ScriptedRequest, ScriptedTransport, TestRuntime};
use query_runtime::{Change, Entity, Level, Maybe, QueryApi, QueryClient, RawResponse, RetryPolicy, Version};
use serde_json::{Value, json};

/// A client whose time, background and network belong to the test.
struct Stage {
    runtime: TestRuntime,
    transport: ScriptedTransport,
    client: QueryClient,
}

impl Stage {
    fn new() -> Self {
        let (runtime, transport) = (TestRuntime::new(), ScriptedTransport::new());
        let client = QueryClient::builder().env(runtime.env()).transport(transport.clone()).seed(1).build();
        Self { runtime, transport, client }
    }

    #[track_caller]
    fn request(&self, line: &str) -> ScriptedRequest {
        self.runtime.run_until_stalled();
        let request = self.transport.take_request().unwrap_or_else(|| panic!("nobody sent {line}"));
        assert_eq!(request.line(), line);
        request
    }

    #[track_caller]
    fn answer(&self, line: &str, body: &Value) {
        self.request(line).respond_json(200, body);
        self.runtime.run_until_stalled();
    }

    #[track_caller]
    fn silence(&self) {
        self.runtime.run_until_stalled();
        assert_eq!(self.transport.held(), 0, "nobody should have sent anything");
    }
}

fn task(id: i64) -> Task {
    Task {
        id,
        title: "Paint".to_owned(),
        note: Maybe::Absent,
        done: false,
        labels: vec!["open".to_owned()],
        rank: 3,
        hours: Some(1.0),
    }
}

fn task_json(id: i64) -> Value {
    json!({"id": id, "title": "Paint", "done": false, "labels": ["open"], "rank": 3, "hours": 1.0})
}

fn hint(id: i64, votes: u32) -> Hint {
    Hint { id, text: "Look up".to_owned(), votes }
}

fn book_json(id: i64, pages: u32, revision: u64) -> Value {
    json!({"id": id, "shelf": "a", "title": "Emma", "pages": pages, "revision": revision})
}

fn finish() -> Finish {
    Finish { id: 1, label: "done".to_owned(), note: Maybe::Value("late".to_owned()) }
}

#[test]
fn every_resource_says_its_level() {
    assert_eq!(
        [Hint::LEVEL, Shelf::LEVEL, Task::LEVEL, Book::LEVEL, Reading::LEVEL],
        [Level::Plain, Level::Keyed, Level::Keyed, Level::Versioned, Level::Watermarked]
    );
    assert_eq!(Levels::WATERMARK, Some("X-Snapshot"));
}

#[test]
fn row_says_its_version_where_the_server_keeps_it() {
    let book = Book { id: 1, shelf: "a".to_owned(), title: "Emma".to_owned(), pages: 9, revision: Revision(7) };
    assert_eq!(book.version(), Some(Version(7)));
    let taken_at = "2026-01-02T03:04:05Z".parse().expect("a time");
    let reading = Reading { id: "a".to_owned(), value: 1.0, taken_at };
    assert_eq!(reading.version(), Some(Version::from(taken_at)));
    assert_eq!((hint(1, 0).version(), task(1).version()), (None, None));
}

#[test]
fn settled_patch_takes_its_own_fields_from_the_answer_and_no_others() {
    let change = TaskChange::Patch(TaskPatch::new().title(" Paint it ").note(None));
    let answer = Task { title: "Paint it".to_owned(), note: Maybe::Value("trimmed".to_owned()), rank: 99, ..task(1) };
    let settled = change.settled(&answer);
    let mut row = Task { labels: Vec::new(), ..task(1) };
    settled.apply(&mut row);
    assert_eq!((row.title.as_str(), &row.note), ("Paint it", &Maybe::Value("trimmed".to_owned())));
    assert_eq!((row.rank, row.labels.len()), (3, 0), "another writer's values");
}

#[test]
fn settled_increment_is_what_the_answer_has_however_often_it_is_applied() {
    let change = HintChange::Vote;
    assert!(!change.is_idempotent());
    let settled = change.settled(&hint(1, 12));
    assert!(settled.is_idempotent());
    let mut row = hint(1, 4);
    settled.apply(&mut row);
    settled.apply(&mut row);
    assert_eq!(row.votes, 12);
    let again = settled.settled(&hint(1, 13));
    again.apply(&mut row);
    assert_eq!(row.votes, 13);
}

#[test]
fn settled_rule_takes_all_of_its_fields() {
    let change = TaskChange::Finish { label: "done".to_owned(), note: Maybe::Absent };
    let answer = Task { done: true, rank: 1, hours: None, labels: vec!["done".to_owned()], ..task(1) };
    let mut row = Task { title: "Other".to_owned(), ..task(1) };
    change.settled(&answer).apply(&mut row);
    assert_eq!(row, Task { title: "Other".to_owned(), ..answer });
}

#[test]
fn change_of_what_no_list_looks_at_moves_nothing() {
    let patch = |patch: TaskPatch| TaskChange::Patch(patch).moves();
    assert!(!patch(TaskPatch::new().note(None).rank(5)));
    assert!(patch(TaskPatch::new().title("Other")), "the order");
    assert!(patch(TaskPatch::new().done(true)), "a filter");
    assert!(!BookChange::HandOver.moves() && BookChange::Replace(BookReplace::new("a", "Emma")).moves());
    assert!(!ReadingChange::Patch(ReadingPatch::new().value(2.0)).moves());
    assert!(HintChange::Patch(HintPatch::new().text("x")).moves(), "an order that only the server knows");
}

#[test]
fn settled_change_moves_what_it_moved_before() {
    let moving = TaskChange::Patch(TaskPatch::new().title("Other"));
    let still = TaskChange::Patch(TaskPatch::new().rank(5));
    assert!(moving.settled(&task(1)).moves() && !still.settled(&task(1)).moves());
}

#[test]
fn rule_sets_adds_appends_and_removes_at_once_in_detail_and_list() {
    let stage = Stage::new();
    let row = use_task(&stage.client, 1);
    stage.answer("GET /tasks/1", &task_json(1));
    let open = use_tasks(&stage.client, TaskListParams { done: Some(false), ..TaskListParams::default() });
    stage.answer("GET /tasks?done=false", &json!([task_json(1), task_json(2)]));
    let call = use_finish(&stage.client).mutate(finish());
    let shown = row.current().data.expect("a row");
    assert_eq!(
        (shown.done, shown.rank, shown.hours, &shown.note),
        (true, 2, Some(1.5), &Maybe::Value("late".to_owned()))
    );
    assert_eq!(shown.labels, ["done"]);
    let ids: Vec<i64> = open.current().data.expect("a list").items.iter().map(|task| task.id).collect();
    assert_eq!(ids, [2], "it belongs there no more");
    stage.request("POST /tasks/1/finish").respond_json(409, &json!(null));
    assert!(stage.runtime.block_on(call).expect("an end").is_err());
    assert_eq!(*row.current().data.expect("a row"), task(1));
    assert_eq!(open.current().data.expect("a list").items.len(), 2);
}

#[test]
fn rules_on_several_rows_show_and_go_together() {
    let stage = Stage::new();
    let (one, two) = (use_task(&stage.client, 1), use_task(&stage.client, 2));
    stage.answer("GET /tasks/1", &task_json(1));
    stage.answer("GET /tasks/2", &task_json(2));
    let book = use_book(&stage.client, 7);
    stage.answer("GET /books/7", &book_json(7, 9, 1));
    let related = use_shelf_books(&stage.client, "a".to_owned());
    stage.answer("GET /shelves/a/books", &json!([book_json(7, 9, 1)]));
    let shown = || {
        let labels = |row: &query_runtime::QueryObserver<Task>| row.current().data.expect("a row").labels.join(" ");
        let pages = book.current().data.expect("a row").pages;
        let in_relation: Vec<u32> = related.current().data.expect("rows").items.iter().map(|book| book.pages).collect();
        (labels(&one), labels(&two), pages, in_relation)
    };
    let variables = HandOver { from: 1, to: 2, label: "open".to_owned(), book: 7 };
    let call = use_hand_over(&stage.client).mutate(variables);
    assert_eq!(shown(), (String::new(), "open open".to_owned(), 10, vec![10]));
    stage.request("POST /tasks/1/hand-over").respond_json(422, &json!(null));
    assert!(stage.runtime.block_on(call).expect("an end").is_err());
    assert_eq!(shown(), ("open".to_owned(), "open".to_owned(), 9, vec![9]));
}

#[test]
fn rule_that_deletes_takes_the_row_from_every_list() {
    let stage = Stage::new();
    let books = use_books(&stage.client, BookListParams::default());
    stage.answer("GET /books", &json!([book_json(6, 9, 1), book_json(7, 9, 1)]));
    let related = use_shelf_books(&stage.client, "a".to_owned());
    stage.answer("GET /shelves/a/books", &json!([book_json(7, 9, 1)]));
    let call = use_discard(&stage.client).mutate(Discard { id: 7 });
    let count = || (books.current().data.expect("rows").items.len(), related.current().data.expect("rows").items.len());
    assert_eq!(count(), (1, 0));
    stage.request("POST /books/7/discard").respond_json(403, &json!(null));
    assert!(stage.runtime.block_on(call).expect("an end").is_err());
    assert_eq!(count(), (2, 1));
}

#[test]
fn request_whose_answer_is_lost_is_sent_again_with_its_key_where_the_server_knows_keys() {
    let stage = Stage::new();
    let again = RetryPolicy::default().max(1);
    let keyed = stage.client.mutation(finish_mutation().retry(again.clone())).mutate(finish());
    let first = stage.request("POST /tasks/1/finish");
    let (key, body) = (first.header("Idempotency-Key").expect("a key").to_owned(), first.json());
    first.fail_network();
    stage.runtime.advance(std::time::Duration::from_mins(1));
    let second = stage.request("POST /tasks/1/finish");
    assert_eq!((second.header("Idempotency-Key"), second.json()), (Some(key.as_str()), body));
    second.respond_json(200, &task_json(1));
    assert!(stage.runtime.block_on(keyed).expect("an end").is_ok());
    let plain = stage.client.mutation(vote_mutation().retry(again.clone())).mutate(Vote { id: 1 });
    stage.request("POST /hints/1/vote").fail_network();
    assert!(stage.runtime.block_on(plain).expect("an end").is_err());
    stage.silence();
    let versioned = stage.client.mutation(discard_mutation().retry(again)).mutate(Discard { id: 7 });
    stage.request("POST /books/7/discard").fail_network();
    stage.runtime.advance(std::time::Duration::from_mins(1));
    stage.request("POST /books/7/discard").respond_empty(204);
    assert!(stage.runtime.block_on(versioned).expect("an end").is_ok());
}

#[test]
fn vote_without_a_key_stays_until_a_fetch_tells() {
    let stage = Stage::new();
    let row = use_hint(&stage.client, 1);
    stage.answer("GET /hints/1", &json!({"id": 1, "text": "Look up", "votes": 4}));
    let call = use_vote(&stage.client).mutate(Vote { id: 1 });
    assert_eq!(row.current().data.expect("a row").votes, 5);
    stage.request("POST /hints/1/vote").fail_network();
    assert!(stage.runtime.block_on(call).expect("an end").is_err());
    assert_eq!(row.current().data.expect("a row").votes, 5, "nobody knows yet");
    stage.answer("GET /hints/1", &json!({"id": 1, "text": "Look up", "votes": 4}));
    assert_eq!(row.current().data.expect("a row").votes, 4);
}

#[test]
fn older_version_of_a_row_never_comes_back() {
    let stage = Stage::new();
    let row = use_book(&stage.client, 7);
    stage.answer("GET /books/7", &book_json(7, 9, 3));
    let _again = row.refetch();
    let late = stage.request("GET /books/7");
    let variables = UpdateBook { id: 7, row: BookReplace::new("a", "Emma").pages(12) };
    let call = use_update_book(&stage.client).mutate(variables);
    stage.answer("PUT /books/7", &book_json(7, 12, 4));
    assert!(stage.runtime.block_on(call).expect("an end").is_ok());
    late.respond_json(200, &book_json(7, 9, 3));
    stage.runtime.run_until_stalled();
    assert_eq!(row.current().data.expect("a row").pages, 12);
}

#[test]
fn answer_of_the_server_replaces_what_was_guessed() {
    let stage = Stage::new();
    let reading =
        |value: f64, day: &str| json!({"id": "a", "value": value, "takenAt": format!("2026-01-{day}T03:04:05Z")});
    let row = use_reading(&stage.client, "a".to_owned());
    stage.answer("GET /readings/a", &reading(1.0, "02"));
    let variables = UpdateReading { id: "a".to_owned(), patch: ReadingPatch::new().value(2.26) };
    let call = use_update_reading(&stage.client).mutate(variables);
    assert!((row.current().data.expect("a row").value - 2.26).abs() < f64::EPSILON);
    stage.answer("PATCH /readings/a", &reading(2.3, "03"));
    assert!(stage.runtime.block_on(call).expect("an end").is_ok());
    assert!((row.current().data.expect("a row").value - 2.3).abs() < f64::EPSILON, "the server has rounded");
}

#[test]
fn generated_requests_read_the_watermark_of_their_answers() {
    let stage = Stage::new();
    let list = use_readings(&stage.client, ReadingListParams::default());
    let marked = |mark: &str, rows: &Value| {
        let mut answer = RawResponse::json(200, rows);
        answer.headers.push(("X-Snapshot".to_owned(), mark.to_owned()));
        answer
    };
    let rows = json!([{"id": "a", "value": 1.0, "takenAt": "2026-01-02T03:04:05Z"}]);
    stage.request("GET /readings").respond(marked("7", &rows));
    stage.runtime.run_until_stalled();
    let _again = list.refetch();
    stage.request("GET /readings").respond(marked("6", &json!([])));
    stage.runtime.run_until_stalled();
    assert_eq!(list.current().data.expect("rows").items.len(), 1, "an older answer is not used");
}
