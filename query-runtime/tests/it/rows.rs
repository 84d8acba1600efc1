//! Do lists and details that hold the same rows help each other?

use std::sync::Arc;

use query_runtime::{
    Cursor, Entity, Envelope, FetchContext, InfiniteOptions, Key, ListFilter, ListWindow, Membership, NoChange, Page,
    QueryError, QueryKey, QueryOptions, Request,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::stage::{Stage, seconds};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct User {
    id: u64,
    name: String,
}

impl Entity for User {
    type Id = u64;
    type Change = NoChange;
    const ROOT: &'static [&'static str] = &["users"];

    fn id(&self) -> &u64 {
        &self.id
    }

    fn set_id(&mut self, id: u64) {
        self.id = id;
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Everyone;

impl ListFilter<User> for Everyone {
    fn matches(&self, _: &User) -> Membership {
        Membership::Yes
    }
}

fn list_key() -> Key<Page<User>> {
    Key::typed(QueryKey::new(["users", "list"]))
}

fn user_key(id: u64) -> Key<User> {
    QueryKey::under(User::ROOT).word("detail").value(&id).key()
}

async fn fetch_list(context: FetchContext) -> Result<Page<User>, QueryError> {
    context.send(Request::get("/users")).await?.page(&User::ENVELOPE)
}

async fn fetch_user(context: FetchContext, id: u64) -> Result<User, QueryError> {
    context.send(Request::get("/users/{id}").path("id", &id)).await?.json()
}

async fn fetch_me(context: FetchContext) -> Result<User, QueryError> {
    context.send(Request::get("/me")).await?.json()
}

fn list() -> QueryOptions<Page<User>> {
    QueryOptions::list(list_key(), Everyone, ListWindow::All, fetch_list)
}

fn user(id: u64) -> QueryOptions<User> {
    QueryOptions::detail(user_key(id), id, move |context| fetch_user(context, id))
}

#[test]
fn a_detail_begins_with_the_row_of_a_list_as_old_as_the_list() {
    let stage = Stage::new();
    let _list = stage.client.observe(list().stale_forever());
    stage.answer("GET /users", &json!([{"id": 1, "name": "Ada"}, {"id": 2, "name": "Bob"}]));
    stage.advance(8);
    let ada = stage.client.observe(user(1).from_list().stale_time(seconds(10)));
    assert_eq!(ada.current().data.unwrap().name, "Ada");
    assert!(!ada.current().is_stale);
    stage.silence();
    stage.advance(2);
    assert!(ada.current().is_stale);
    let cleo = stage.client.observe(user(3).from_list());
    assert!(cleo.current().is_pending());
    stage.answer("GET /users/3", &json!({"id": 3, "name": "Cleo"}));
    let bob = stage.client.observe(user(2));
    assert!(bob.current().is_pending(), "only who asks for it begins with a list's row");
    stage.answer("GET /users/2", &json!({"id": 2, "name": "Bob"}));
}

#[test]
fn the_row_of_a_list_that_is_marked_stale_is_shown_and_fetched() {
    let stage = Stage::new();
    let list = stage.client.observe(list().stale_forever());
    stage.answer("GET /users", &json!([{"id": 1, "name": "Ada"}]));
    drop(list);
    stage.client.invalidate(list_key());
    let ada = stage.client.observe(user(1).from_list().stale_forever());
    let shown = ada.current();
    assert_eq!(shown.data.unwrap().name, "Ada");
    assert!(shown.is_stale);
    stage.answer("GET /users/1", &json!({"id": 1, "name": "Ada L."}));
    assert!(!ada.current().is_stale);
}

#[test]
fn a_fetched_row_is_written_to_its_detail() {
    let stage = Stage::new();
    let me: Key<User> = Key::typed(QueryKey::new(["me"]));
    let ada = stage.client.observe(user(1).stale_forever());
    stage.answer("GET /users/1", &json!({"id": 1, "name": "Ada"}));
    let options = QueryOptions::row(me, fetch_me).writes(|user| user_key(user.id));
    let _me = stage.client.observe(options);
    stage.answer("GET /me", &json!({"id": 1, "name": "Ada L."}));
    assert_eq!(ada.current().data.unwrap().name, "Ada L.");
    stage.silence();
}

#[test]
fn rows_that_are_equal_keep_their_place() {
    let stage = Stage::new();
    let list = stage.client.observe(list());
    stage.answer("GET /users", &json!([{"id": 1, "name": "Ada"}, {"id": 2, "name": "Bob"}]));
    let before = list.current().data.unwrap();
    let _refetch = list.refetch();
    stage.answer("GET /users", &json!([{"id": 2, "name": "Bob"}, {"id": 1, "name": "Ada L."}]));
    let after = list.current().data.unwrap();
    assert!(Arc::ptr_eq(before.items.get_arc(1).unwrap(), after.items.get_arc(0).unwrap()));
    assert_eq!(after.items[1].name, "Ada L.");
}

async fn fetch_page(context: FetchContext, page: u64) -> Result<Page<User>, QueryError> {
    context.send(Request::get("/users").query("page", &page)).await?.page(&User::ENVELOPE)
}

#[test]
fn numbered_pages_of_rows_end_with_one_that_is_not_full() {
    let stage = Stage::new();
    let key = Key::typed(QueryKey::new(["users", "infinite"]));
    let users = stage.client.observe_infinite(InfiniteOptions::pages(key, Everyone, 1, 2, fetch_page));
    stage.answer("GET /users?page=1", &json!([{"id": 1, "name": "Ada"}, {"id": 2, "name": "Bob"}]));
    assert!(users.current().has_next_page && !users.current().has_previous_page);
    let _next = users.fetch_next_page();
    stage.answer("GET /users?page=2", &json!([{"id": 3, "name": "Cleo"}]));
    let shown = users.current();
    assert!(!shown.has_next_page);
    let names: Vec<&str> = shown.data.as_deref().unwrap().rows().map(|user| user.name.as_str()).collect();
    assert_eq!(names, ["Ada", "Bob", "Cleo"]);
    let cleo = stage.client.observe(user(3).from_list().stale_time(seconds(10)));
    assert_eq!(cleo.current().data.unwrap().name, "Cleo");
    stage.silence();
}

const CURSORS: Envelope = Envelope { items: Some("data"), next: Some("next"), prev: Some("prev"), ..Envelope::BARE };

async fn fetch_after(context: FetchContext, cursor: Option<Cursor>) -> Result<Page<User>, QueryError> {
    context.send(Request::get("/users").query("cursor", &cursor)).await?.page(&CURSORS)
}

#[test]
fn cursors_lead_both_ways() {
    let stage = Stage::new();
    let key = Key::typed(QueryKey::new(["users", "infinite"]));
    let users = stage.client.observe_infinite(InfiniteOptions::cursors(key, Everyone, 1, fetch_after));
    stage.answer("GET /users", &json!({"data": [{"id": 2, "name": "Bob"}], "next": "c3", "prev": "c1"}));
    let _next = users.fetch_next_page();
    stage.answer("GET /users?cursor=c3", &json!({"data": [{"id": 3, "name": "Cleo"}], "next": null}));
    let _previous = users.fetch_previous_page();
    stage.answer("GET /users?cursor=c1", &json!({"data": [{"id": 1, "name": "Ada"}], "next": "c2"}));
    let shown = users.current();
    assert!(!shown.has_next_page && !shown.has_previous_page);
    let ids: Vec<u64> = shown.data.as_deref().unwrap().rows().map(|user| user.id).collect();
    assert_eq!(ids, [1, 2, 3]);
}
