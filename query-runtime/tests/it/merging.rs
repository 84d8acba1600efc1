//! What becomes of data when a fetch brings more?

use query_runtime::{FetchContext, Key, QueryError, QueryKey, QueryOptions, Request};
use serde_json::json;

use crate::stage::Stage;

async fn fetch(context: FetchContext) -> Result<Vec<u64>, QueryError> {
    context.send(Request::get("/news")).await?.json()
}

fn news() -> Key<Vec<u64>> {
    Key::typed(QueryKey::new(["news"]))
}

fn merging() -> QueryOptions<Vec<u64>> {
    QueryOptions::new(news(), fetch).merge(|known, new| known.iter().chain(new).copied().collect())
}

#[test]
fn what_a_fetch_brings_joins_what_is_there() {
    let stage = Stage::new();
    let observer = stage.client.observe(merging());
    stage.answer("GET /news", &json!([1]));
    assert_eq!(observer.current().data.as_deref(), Some(&vec![1]), "the first data is taken as it is");
    observer.refetch();
    stage.answer("GET /news", &json!([2]));
    assert_eq!(observer.current().data.as_deref(), Some(&vec![1, 2]));
    stage.client.set(&news(), vec![9]);
    assert_eq!(observer.current().data.as_deref(), Some(&vec![9]), "what is set takes its place");
    observer.refetch();
    stage.client.update(&news(), |known| Some(vec![known[0] + 1]));
    stage.answer("GET /news", &json!([3]));
    assert_eq!(observer.current().data.as_deref(), Some(&vec![10, 3]), "with what is there when it arrives");
}

#[test]
fn it_is_the_entry_that_merges_whoever_fetches() {
    let stage = Stage::new();
    let _observer = stage.client.observe(merging());
    stage.answer("GET /news", &json!([1]));
    stage.client.refetch(news());
    stage.answer("GET /news", &json!([2]));
    let mut plain = Box::pin(stage.client.fetch(QueryOptions::new(news(), fetch)));
    assert!(stage.runtime.block_on(plain.as_mut()).is_err());
    stage.answer("GET /news", &json!([3]));
    assert_eq!(*stage.runtime.block_on(plain).unwrap().unwrap(), [1, 2, 3]);
}

#[test]
fn panic_while_merging_is_the_fetchs_error_and_is_not_retried() {
    let stage = Stage::new();
    let options = QueryOptions::new(news(), fetch).merge(|_, _| panic!("a function of the program's that panics"));
    let observer = stage.client.observe(options);
    stage.answer("GET /news", &json!([1]));
    observer.refetch();
    stage.answer("GET /news", &json!([2]));
    let shown = observer.current();
    assert!(shown.is_refetch_error());
    assert_eq!(shown.data.as_deref(), Some(&vec![1]));
    stage.advance(100);
    stage.silence();
}
