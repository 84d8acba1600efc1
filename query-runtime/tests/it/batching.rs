//! How do queries of single rows share one request, or need none?

use query_runtime::{Batch, FetchContext, Key, QueryError, QueryKey, QueryOptions, Request, RetryPolicy};
use serde_json::{Value, json};

use crate::board::{card, column, detail};
use crate::stage::{Stage, seconds};

async fn names(context: FetchContext, ids: Vec<u64>) -> Result<Vec<(u64, Result<String, QueryError>)>, QueryError> {
    let rows: Vec<(u64, Option<String>)> =
        context.send(Request::get("/names").query_comma("id", &ids)).await?.json()?;
    let gone = || QueryError::message("it is gone").without_retry();
    Ok(rows.into_iter().map(|(id, name)| (id, name.ok_or_else(gone))).collect())
}

fn batch() -> Batch<u64, String> {
    Batch::new(names).window(seconds(1)).most(3)
}

fn name(batch: &Batch<u64, String>, id: u64) -> QueryOptions<String> {
    let batch = batch.clone();
    let key: Key<String> = QueryKey::under(&["names"]).value(&id).key();
    QueryOptions::new(key, move |context: FetchContext| batch.load(&context, id))
}

/// What the server says of ids: their letters.
fn letters(ids: &[u64]) -> Value {
    ids.iter().map(|id| json!([id, char::from(b'a' + u8::try_from(*id).unwrap()).to_string()])).collect()
}

#[test]
fn what_is_asked_for_within_the_window_is_one_request() {
    let (stage, batch) = (Stage::new(), batch());
    let first = stage.client.observe(name(&batch, 1));
    stage.silence();
    let second = stage.client.observe(name(&batch, 2));
    stage.silence();
    stage.advance(1);
    stage.answer("GET /names?id=1,2", &letters(&[2, 1]));
    let shown = [&first, &second].map(|observer| observer.current().data.unwrap().to_string());
    assert_eq!(shown, ["b", "c"]);
    assert_eq!(stage.client.statistics().approximate_bytes, 16, "the answer has 17, for two");
    let _third = stage.client.observe(name(&batch, 3));
    stage.advance(1);
    stage.answer("GET /names?id=3", &letters(&[3]));
    stage.silence();
}

#[test]
fn a_full_batch_waits_no_longer_and_asks_for_an_id_once() {
    let (stage, batch) = (Stage::new(), batch());
    let observers = [4, 5].map(|id| stage.client.observe(name(&batch, id)));
    let again = QueryOptions::new(Key::typed(QueryKey::new(["again"])), {
        let batch = batch.clone();
        move |context: FetchContext| batch.load(&context, 4)
    });
    let again = stage.client.observe(again);
    let next = stage.client.observe(name(&batch, 6));
    stage.answer("GET /names?id=4,5", &letters(&[4, 5]));
    assert_eq!(observers[1].current().data.unwrap().as_str(), "f");
    assert_eq!(again.current().data.unwrap().as_str(), "e");
    stage.advance(1);
    stage.answer("GET /names?id=6", &letters(&[6]));
    assert_eq!(next.current().data.unwrap().as_str(), "g");
}

#[test]
fn each_id_has_its_own_error_and_a_failed_request_is_everybodys() {
    let (stage, batch) = (Stage::new(), batch());
    let observers = [0, 1, 2].map(|id| stage.client.observe(name(&batch, id)));
    stage.answer("GET /names?id=0,1,2", &json!([[0, "a"], [1, null]]));
    assert_eq!(observers[0].current().data.unwrap().as_str(), "a");
    let errors = [&observers[1], &observers[2]].map(|observer| observer.current().error.unwrap().to_string());
    assert_eq!(errors, ["it is gone", "the answer to a batch left this id out"]);
    let policy = RetryPolicy::default().jitter(false);
    let retried = [3, 4].map(|id| stage.client.observe(name(&batch, id).retry(policy.clone())));
    stage.advance(1);
    stage.refuse("GET /names?id=3,4", 503);
    stage.advance(2);
    stage.answer("GET /names?id=3,4", &letters(&[3, 4]));
    assert!(retried.iter().all(|observer| observer.current().is_success()));
}

#[test]
fn who_leaves_is_not_asked_for_and_the_last_one_aborts_the_request() {
    let (stage, batch) = (Stage::new(), batch());
    let [one, two] = [1, 2].map(|id| stage.client.observe(name(&batch, id)));
    stage.silence();
    drop(one);
    stage.advance(1);
    let request = stage.request("GET /names?id=2");
    drop(two);
    stage.runtime.run_until_stalled();
    assert!(request.is_aborted());
    let all = [1, 2].map(|id| stage.client.observe(name(&batch, id)));
    stage.silence();
    drop(all);
    stage.advance(1);
    stage.silence();
    let _later = stage.client.observe(name(&batch, 3));
    stage.advance(1);
    stage.answer("GET /names?id=3", &letters(&[3]));
    assert_eq!(stage.runtime.tasks(), 1, "the alarm of the cache");
}

#[test]
fn a_batch_function_that_panics_is_everybodys_error() {
    let stage = Stage::new();
    let batch: Batch<u64, String> = Batch::new(|_, ids: Vec<u64>| {
        assert!(ids.is_empty(), "a function panics");
        async { Ok(Vec::new()) }
    });
    let observer = stage.client.observe(name(&batch, 1).retry(RetryPolicy::never()));
    stage.advance(1);
    assert!(observer.current().error.is_some());
}

#[test]
fn a_detail_begins_with_its_row_of_a_list() {
    let stage = Stage::new();
    let _list = stage.client.observe(column("todo"));
    stage.answer("GET /cards?column=todo", &json!([card(1, "todo", 10)]));
    let seeded = stage.client.observe(detail(1).from_list());
    assert_eq!(seeded.current().data.unwrap().rank, 10);
    stage.silence();
    let unseeded = stage.client.observe(detail(2).from_list());
    assert!(unseeded.current().data.is_none());
    stage.answer("GET /cards/2", &card(2, "done", 20));
}
