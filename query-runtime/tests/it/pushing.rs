//! What becomes of what a server tells without being asked, and of the numbers in its answers?

use query_runtime::testing::ScriptedRequest;
use query_runtime::{
    Change, Entity, FetchContext, Key, Level, ListFilter, ListReach, ListWindow, Membership, MutationContext,
    MutationOptions, Page, Push, QueryApi, QueryError, QueryKey, QueryOptions, Request, Version,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::stage::Stage;

/// An API whose answers say how far the server has seen.
struct Shop;

impl QueryApi for Shop {
    const NAME: &'static str = "shop";
    const WATERMARK: Option<&'static str> = Some("X-Seen");
}

/// What is left of one thing, at level L2 or L3.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Stock<const L: u8> {
    id: i64,
    left: i64,
    #[serde(default)]
    revision: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
struct Take(i64);

impl<const L: u8> Change<Stock<L>> for Take {
    fn apply(&self, row: &mut Stock<L>) {
        row.left -= self.0;
    }

    fn is_idempotent(&self) -> bool {
        false
    }
}

impl<const L: u8> Entity for Stock<L> {
    type Id = i64;
    type Change = Take;
    const ROOT: &'static [&'static str] = &["stock"];
    const LEVEL: Level = if L == 2 { Level::Versioned } else { Level::Watermarked };

    fn id(&self) -> &i64 {
        &self.id
    }

    fn set_id(&mut self, id: i64) {
        self.id = id;
    }

    fn version(&self) -> Option<Version> {
        (self.revision > 0).then(|| self.revision.into())
    }
}

/// What is not sold out.
#[derive(Clone, Debug, PartialEq)]
struct Available;

impl<const L: u8> ListFilter<Stock<L>> for Available {
    fn matches(&self, row: &Stock<L>) -> Membership {
        (row.left > 0).into()
    }

    fn compare(&self, a: &Stock<L>, b: &Stock<L>) -> Option<std::cmp::Ordering> {
        Some(a.id.cmp(&b.id))
    }
}

async fn fetch_one<const L: u8>(context: FetchContext, id: i64) -> Result<Stock<L>, QueryError> {
    context.send(Request::get("/stock/{id}").path("id", &id).api::<Shop>()).await?.json()
}

fn one<const L: u8>(id: i64) -> QueryOptions<Stock<L>> {
    let key = QueryKey::under(&["stock"]).value(&id).key();
    QueryOptions::detail(key, id, move |context| fetch_one(context, id)).stale_forever()
}

async fn fetch_all<const L: u8>(context: FetchContext) -> Result<Page<Stock<L>>, QueryError> {
    context.send(Request::get("/stock").api::<Shop>()).await?.page(&Stock::<L>::ENVELOPE)
}

fn all<const L: u8>() -> QueryOptions<Page<Stock<L>>> {
    let key: Key<Page<Stock<L>>> = Key::typed(QueryKey::new(["stock", "list"]));
    QueryOptions::list(key, Available, ListWindow::All, fetch_all).stale_forever()
}

async fn send_take<const L: u8>(context: MutationContext, (id, take): (i64, Take)) -> Result<Stock<L>, QueryError> {
    context.send(Request::post("/stock/{id}/take").path("id", &id).json(&take).api::<Shop>()).await?.json()
}

fn take<const L: u8>() -> MutationOptions<(i64, Take), Stock<L>> {
    MutationOptions::new(&["stock", "take"], send_take::<L>).changes::<Stock<L>>(|of| *of, ListReach::Matching, true)
}

/// Answers as a server that has seen so much.
fn answer(stage: &Stage, request: ScriptedRequest, body: &serde_json::Value, seen: u64) {
    let mut answer = query_runtime::RawResponse::json(200, body);
    answer.headers.push(("x-seen".to_owned(), seen.to_string()));
    request.respond(answer);
    stage.runtime.run_until_stalled();
}

#[test]
fn pushed_row_shows_in_its_detail_and_enters_and_leaves_lists() {
    let stage = Stage::new();
    let (list, shown) = (stage.client.observe(all::<2>()), stage.client.observe(one::<2>(1)));
    stage.answer("GET /stock", &json!([{"id": 1, "left": 3, "revision": 1}]));
    stage.answer("GET /stock/1", &json!({"id": 1, "left": 3, "revision": 1}));
    let ids = || list.current().data.map(|page| page.items.iter().map(|row| row.id).collect::<Vec<_>>());
    stage.client.receive(Push::upsert(Stock::<2> { id: 2, left: 5, revision: 1 }));
    assert_eq!(ids(), Some(vec![1, 2]));
    stage.client.receive(Push::upsert(Stock::<2> { id: 1, left: 0, revision: 2 }));
    assert_eq!((ids(), shown.current().data.map(|row| row.left)), (Some(vec![2]), Some(0)));
    stage.client.receive(Push::upsert(Stock::<2> { id: 1, left: 3, revision: 1 }));
    assert_eq!((ids(), shown.current().data.map(|row| row.left)), (Some(vec![2]), Some(0)), "too late");
    stage.client.receive(Push::<Stock<2>>::delete(2).version(2_u64));
    assert_eq!(ids(), Some(vec![]));
    stage.silence();
    stage.client.receive(Push::<Stock<2>>::poke(1));
    stage.answer("GET /stock", &json!([{"id": 1, "left": 9, "revision": 3}]));
    stage.answer("GET /stock/1", &json!({"id": 1, "left": 9, "revision": 3}));
    assert_eq!((ids(), shown.current().data.map(|row| row.left)), (Some(vec![1]), Some(9)));
}

#[test]
fn push_with_the_key_of_a_mutation_is_its_first_proof() {
    let stage = Stage::new();
    let shown = stage.client.observe(one::<2>(1));
    stage.answer("GET /stock/1", &json!({"id": 1, "left": 3, "revision": 1}));
    let handle = stage.client.mutation(take::<2>()).mutate((1, Take(1)));
    let request = stage.request("POST /stock/1/take");
    let key = request.header("Idempotency-Key").expect("every mutation has one").to_owned();
    assert!(shown.current().is_optimistic);
    stage.client.receive(Push::upsert(Stock::<2> { id: 1, left: 2, revision: 2 }).key(&key));
    assert_eq!(shown.current().data.map(|row| row.left), Some(2));
    assert!(!shown.current().is_optimistic, "what shows is the server's row");
    request.respond_json(200, &json!({"id": 1, "left": 2, "revision": 2}));
    assert_eq!(stage.runtime.block_on(handle).unwrap().unwrap().left, 2);
    assert_eq!(shown.current().data.map(|row| row.left), Some(2));
    stage.silence();
}

#[test]
fn watermark_of_an_answer_decides_whatever_the_order_of_events() {
    let stage = Stage::new();
    let (list, shown) = (stage.client.observe(all::<3>()), stage.client.observe(one::<3>(1)));
    let left = || {
        let listed = list.current().data.and_then(|page| page.items.first().map(|row| row.left));
        (listed, shown.current().data.map(|row| row.left))
    };
    answer(&stage, stage.request("GET /stock"), &json!([{"id": 1, "left": 3}]), 10);
    answer(&stage, stage.request("GET /stock/1"), &json!({"id": 1, "left": 3}), 10);
    let _early = (list.refetch(), shown.refetch());
    let (of_list, of_one) = (stage.request("GET /stock"), stage.request("GET /stock/1"));
    let handle = stage.client.mutation(take::<3>()).mutate((1, Take(1)));
    answer(&stage, stage.request("POST /stock/1/take"), &json!({"id": 1, "left": 2}), 12);
    stage.runtime.block_on(handle).unwrap().unwrap();
    assert_eq!(left(), (Some(2), Some(2)));
    // Both began before the mutation was answered: one has it, the other lacks it.
    answer(&stage, of_list, &json!([{"id": 1, "left": 1}]), 13);
    answer(&stage, of_one, &json!({"id": 1, "left": 3}), 11);
    assert_eq!(left(), (Some(1), Some(2)));
    assert!(!list.current().is_optimistic && !shown.current().is_optimistic, "both are proven");
}
