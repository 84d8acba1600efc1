//! Which query is read from storage, when, and what becomes of it?

use std::future::Future;

use query_runtime::{
    CacheEvent, FetchContext, FetchStatus, InfiniteOptions, Key, NetworkMode, QueryClient, QueryError, QueryKey,
    QueryOptions, QueryPersister, RefetchWhen, Request, Storage, testing::MemoryStorage,
};
use serde_json::{Value, json};

use crate::stage::{Stage, key, number, seconds};

const NAME: &str = r#"query-["number","a"]"#;

fn done<T>(stage: &Stage, future: impl Future<Output = T>) -> T {
    stage.runtime.block_on(future).unwrap()
}

fn again(stage: &Stage) -> QueryClient {
    QueryClient::builder().env(stage.runtime.env()).transport(stage.transport.clone()).seed(1).build()
}

fn persister(storage: &MemoryStorage) -> QueryPersister {
    QueryPersister::new(storage.clone())
}

/// Options that look into storage first; data is good for a minute.
fn kept(persister: &QueryPersister) -> QueryOptions<u64> {
    number("a").stale_time(seconds(60)).persisted(persister)
}

/// Storage into which an earlier program has fetched a number.
fn left_behind(stage: &Stage, value: u64) -> MemoryStorage {
    let storage = MemoryStorage::new();
    let earlier = again(stage);
    let observer = earlier.observe(kept(&persister(&storage)));
    stage.answer("GET /a", &json!(value));
    assert!(storage.text(NAME).is_some(), "what the server has sent is stored");
    drop(observer);
    storage
}

#[test]
fn stored_query_is_shown_as_old_as_it_is_and_not_fetched() {
    let stage = Stage::new();
    let storage = left_behind(&stage, 7);
    stage.advance(30);
    let client = again(&stage);
    let observer = client.observe(kept(&persister(&storage)));
    assert_eq!(observer.current().fetch_status, FetchStatus::Fetching, "it is a fetch, from storage");
    stage.silence();
    let shown = observer.current();
    assert_eq!((shown.data.as_deref(), shown.fetch_status), (Some(&7), FetchStatus::Idle));
    assert_eq!(shown.data_updated_at.unwrap().as_nanos(), 0);
    stage.advance(31);
    assert!(observer.current().is_stale);
}

#[test]
fn stale_stored_query_is_shown_and_then_fetched_and_stored_anew() {
    let stage = Stage::new();
    let storage = left_behind(&stage, 7);
    stage.advance(61);
    let client = again(&stage);
    let observer = client.observe(kept(&persister(&storage)));
    let request = stage.request("GET /a");
    assert_eq!(observer.current().data.as_deref(), Some(&7));
    request.respond_json(200, &json!(8));
    stage.runtime.run_until_stalled();
    assert_eq!(observer.current().data.as_deref(), Some(&8));
    assert!(storage.text(NAME).unwrap().contains(r#""data":8"#));
}

#[test]
fn program_says_whether_the_server_is_asked_right_after() {
    let stage = Stage::new();
    for (when, wait, asks) in
        [(RefetchWhen::Never, 61, false), (RefetchWhen::Always, 0, true), (RefetchWhen::Stale, 0, false)]
    {
        let storage = left_behind(&stage, 7);
        stage.advance(wait);
        let client = again(&stage);
        let observer = client.observe(kept(&persister(&storage).refetch_on_restore(when)));
        stage.runtime.run_until_stalled();
        assert_eq!(observer.current().data.as_deref(), Some(&7), "{when:?}");
        if asks {
            stage.answer("GET /a", &json!(8));
        }
        stage.silence();
    }
}

#[test]
fn who_awaits_a_stored_query_gets_it_and_nobody_asks_the_server() {
    let stage = Stage::new();
    let storage = left_behind(&stage, 7);
    stage.advance(600);
    let client = again(&stage);
    assert_eq!(done(&stage, client.fetch(kept(&persister(&storage)))).as_deref().ok(), Some(&7));
    stage.silence();
}

#[test]
fn refetch_asks_the_server_whatever_is_stored() {
    let stage = Stage::new();
    let storage = left_behind(&stage, 7);
    let client = again(&stage);
    let observer = client.observe(kept(&persister(&storage)));
    stage.runtime.run_until_stalled();
    observer.refetch();
    stage.answer("GET /a", &json!(8));
    assert_eq!(observer.current().data.as_deref(), Some(&8));
}

#[test]
fn what_is_of_no_use_is_removed_and_the_server_is_asked() {
    let stage = Stage::new();
    let change = |storage: &MemoryStorage, from: &str, to: &str| {
        let text = storage.text(NAME).unwrap();
        assert!(text.contains(from), "{text}");
        storage.put(NAME, text.replace(from, to));
    };
    for what in ["expired", "buster", "corrupt", "type", "key", "infinite"] {
        let storage = left_behind(&stage, 7);
        let own = persister(&storage).max_age(seconds(100));
        let own = if what == "buster" { own.buster("2") } else { own };
        match what {
            "expired" => stage.advance(101),
            "corrupt" => storage.put(NAME, "{"),
            "type" => change(&storage, r#""data":7"#, r#""data":"seven""#),
            "key" => change(&storage, r#"["number","a"]"#, r#"["number","b"]"#),
            "infinite" => change(&storage, r#""data":7"#, r#""data":7,"is_infinite":true"#),
            _ => {}
        }
        let client = again(&stage);
        let observer = client.observe(kept(&own));
        let request = stage.request("GET /a");
        assert_eq!(storage.text(NAME), None, "{what}");
        let unreadable = u64::from(["type", "infinite"].contains(&what));
        assert_eq!(client.statistics().unreadable, unreadable, "{what}");
        request.respond_json(200, &json!(8));
        stage.runtime.run_until_stalled();
        assert_eq!(observer.current().data.as_deref(), Some(&8), "{what}");
    }
}

#[test]
fn storage_that_fails_is_as_good_as_none() {
    let stage = Stage::new();
    let storage = left_behind(&stage, 7);
    storage.fail(true);
    let client = again(&stage);
    let observer = client.observe(kept(&persister(&storage)));
    stage.answer("GET /a", &json!(8));
    assert_eq!(observer.current().data.as_deref(), Some(&8));
}

#[test]
fn only_queries_under_the_prefix_are_kept() {
    let stage = Stage::new();
    let storage = MemoryStorage::new();
    let other = persister(&storage).under(QueryKey::new(["other"]));
    let _observer = stage.client.observe(kept(&other));
    stage.answer("GET /a", &json!(1));
    assert_eq!(storage.writes(), 0);
}

#[test]
fn stored_query_needs_no_connection_unless_told_otherwise() {
    let stage = Stage::new();
    let storage = left_behind(&stage, 7);
    let client = again(&stage);
    client.set_online(false);
    let observer = client.observe(kept(&persister(&storage)));
    stage.silence();
    assert_eq!(observer.current().data.as_deref(), Some(&7));
    let client = again(&stage);
    client.set_online(false);
    let observer = client.observe(kept(&persister(&storage)).network(NetworkMode::Online));
    stage.silence();
    assert!(observer.current().is_paused());
}

#[test]
fn stored_data_does_not_end_an_invalidation() {
    let stage = Stage::new();
    let storage = left_behind(&stage, 7);
    let client = again(&stage);
    let observer = client.observe(kept(&persister(&storage)).enabled(false));
    client.invalidate(key("a"));
    observer.set_options(kept(&persister(&storage)));
    stage.answer("GET /a", &json!(8));
    assert_eq!(observer.current().data.as_deref(), Some(&8));
    assert!(!client.state(key("a").untyped()).unwrap().is_invalidated);
}

async fn page(context: FetchContext, param: u64) -> Result<u64, QueryError> {
    context.send(Request::get("/pages/{page}").path("page", &param)).await?.json()
}

fn pages(persister: &QueryPersister) -> InfiniteOptions<u64, u64> {
    let key = Key::typed(QueryKey::new(["pages"]));
    InfiniteOptions::new(key, 0, |_, param| Some(param + 1), page).stale_forever().persisted(persister)
}

#[test]
fn all_pages_are_stored_together_and_go_on_from_there() {
    let stage = Stage::new();
    let storage = MemoryStorage::new();
    let client = again(&stage);
    let there = client.observe_infinite(pages(&persister(&storage)));
    stage.answer("GET /pages/0", &json!(10));
    there.fetch_next_page();
    stage.answer("GET /pages/1", &json!(11));
    let client = again(&stage);
    let here = client.observe_infinite(pages(&persister(&storage)));
    stage.silence();
    here.fetch_next_page();
    stage.answer("GET /pages/2", &json!(12));
    let shown = here.current().query.data.clone().unwrap();
    assert_eq!(shown.pages.iter().map(|page| **page).collect::<Vec<_>>(), [10, 11, 12]);
    assert_eq!(shown.page_params, [0, 1, 2]);
}

#[test]
fn data_that_was_set_is_stored_when_the_program_says_so() {
    let stage = Stage::new();
    let storage = MemoryStorage::new();
    let own = persister(&storage);
    let save = || done(&stage, own.save(&stage.client, key("a").untyped()));
    assert!(!save().unwrap(), "there is nothing");
    stage.client.set(&key("a"), 7);
    assert!(save().is_err(), "nobody has said that it is serializable");
    drop(stage.client.observe(kept(&own)));
    stage.client.set(&key("a"), 7);
    assert_eq!(storage.text(NAME), None);
    assert!(save().unwrap());
    assert!(storage.text(NAME).is_some());
}

#[test]
fn stored_queries_can_be_taken_in_without_a_fetch() {
    let stage = Stage::new();
    let storage = left_behind(&stage, 7);
    let own = persister(&storage);
    storage.put(r#"query-["number","b"]"#, storage.text(NAME).unwrap().replace(r#""a""#, r#""b""#));
    storage.put(r#"query-["other"]"#, storage.text(NAME).unwrap().replace(r#"["number","a"]"#, r#"["other"]"#));
    storage.put("somebody else's", "text");
    let client = again(&stage);
    assert!(done(&stage, own.restore(&client, key("a").untyped())).unwrap());
    assert!(!done(&stage, own.restore(&client, key("c").untyped())).unwrap());
    assert_eq!(client.get_json(key("a").untyped()), Some(json!(7)));
    let report = done(&stage, own.restore_all(&client, QueryKey::new(["number"]))).unwrap();
    assert_eq!((report.queries, report.kept), (1, 1));
    assert_eq!(client.statistics().queries, 2);
    done(&stage, own.remove(QueryKey::new(["number"]))).unwrap();
    assert_eq!(done(&stage, storage.names()).unwrap(), [r#"query-["other"]"#, "somebody else's"]);
}

#[test]
fn what_is_of_no_use_is_collected_from_storage() {
    let stage = Stage::new();
    let storage = left_behind(&stage, 7);
    let own = persister(&storage).max_age(seconds(100));
    storage.put(r#"query-["broken"]"#, "{");
    storage.put("somebody else's", "{");
    assert_eq!(done(&stage, own.collect(&stage.client)).unwrap(), 1);
    assert!(storage.text(NAME).is_some() && storage.text("somebody else's").is_some());
    stage.advance(101);
    assert_eq!(done(&stage, own.collect(&stage.client)).unwrap(), 1);
    assert_eq!(storage.text(NAME), None);
}

#[test]
fn unreadable_stored_query_is_told() {
    let stage = Stage::new();
    let storage = left_behind(&stage, 7);
    let client = again(&stage);
    let events = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let sink = events.clone();
    let _subscription = client.subscribe(move |event| sink.lock().unwrap().push(event.clone()));
    let other: Key<Vec<u8>> = Key::typed(key("a").into_untyped());
    let options = QueryOptions::new(other, async |_| Ok(vec![1])).persisted(&persister(&storage));
    let _observer = client.observe(options);
    stage.runtime.run_until_stalled();
    assert!(events.lock().unwrap().contains(&CacheEvent::Unreadable(key("a").into_untyped())));
    let stored: Value = serde_json::from_str(&storage.text(NAME).unwrap()).unwrap();
    assert_eq!(stored["query"]["data"], json!([1]), "what was fetched instead is stored");
}
