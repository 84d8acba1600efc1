//! What of a cache is there when the program is started again?

use std::{future::Future, sync::Arc};

use query_runtime::{
    DiscardReason, FetchStatus, FileStorage, Key, Persister, QueryClient, QueryClientBuilder, QueryDefaults, QueryKey,
    QueryStatus, RefetchType, Restored, Storage, StorageError, testing::MemoryStorage,
};
use serde_json::{Value, json};

use crate::stage::{Stage, key, number, seconds};

const NAME: &str = "query-cache";

fn builder(stage: &Stage) -> QueryClientBuilder {
    QueryClient::builder().env(stage.runtime.env()).transport(stage.transport.clone()).seed(1)
}

fn done<T>(stage: &Stage, future: impl Future<Output = T>) -> T {
    stage.runtime.block_on(future).unwrap()
}

fn json_key(name: &'static str) -> Key<Value> {
    Key::typed(QueryKey::new([name]))
}

/// The keys in what is stored.
fn stored_keys(storage: &MemoryStorage) -> Vec<Value> {
    let text = storage.text(NAME).unwrap_or_else(|| "{}".to_owned());
    let stored: Value = serde_json::from_str(&text).unwrap();
    stored["state"]["queries"]
        .as_array()
        .map(|all| all.iter().map(|one| one["key"].clone()).collect())
        .unwrap_or_default()
}

/// Storage that holds one number of an earlier program.
fn left_behind(stage: &Stage, value: u64) -> MemoryStorage {
    let storage = MemoryStorage::new();
    let earlier = builder(stage).build();
    drop(earlier.observe(number("a").enabled(false).serializable()));
    earlier.set(&key("a"), value);
    done(stage, Persister::new(storage.clone()).save(&earlier)).unwrap();
    storage
}

#[test]
fn cache_comes_back_when_the_program_is_started_again() {
    let stage = Stage::new();
    let storage = left_behind(&stage, 7);
    stage.advance(1);
    let persistence = stage.client.persist(Persister::new(storage));
    let restored = done(&stage, persistence.restored()).unwrap();
    assert!(matches!(restored, Restored::Hydrated(report) if report.queries == 1));
    let observer = stage.client.observe(number("a").serializable().stale_time(seconds(60)));
    assert_eq!(observer.current().data.as_deref(), Some(&7));
    stage.silence();
}

#[test]
fn observers_do_not_fetch_while_restoring_and_then_only_what_is_missing_or_stale() {
    let stage = Stage::new();
    let storage = left_behind(&stage, 7);
    let persistence = stage.client.persist(Persister::new(storage));
    let fresh = stage.client.observe(number("a").serializable().stale_time(seconds(60)));
    let missing = stage.client.observe(number("b").serializable());
    let shown = fresh.current();
    assert_eq!((shown.status, shown.fetch_status, shown.is_restoring), (QueryStatus::Pending, FetchStatus::Idle, true));
    assert!(stage.client.is_restoring());
    stage.client.set_focused(false);
    stage.client.set_focused(true);
    assert_eq!(missing.current().fetch_status, FetchStatus::Idle, "focus fetches nothing either");
    assert_eq!(done(&stage, fresh.settled()).data.as_deref(), Some(&7), "who waits gets what was stored");
    stage.answer("GET /b", &json!(2));
    stage.silence();
    assert!(!stage.client.is_restoring() && !missing.current().is_restoring);
    drop(persistence);
}

#[test]
fn stale_data_is_shown_and_fetched_after_restoring() {
    let stage = Stage::new();
    let storage = left_behind(&stage, 7);
    stage.advance(10);
    let _persistence = stage.client.persist(Persister::new(storage));
    let observer = stage.client.observe(number("a").serializable().stale_time(seconds(5)));
    let request = stage.request("GET /a");
    assert_eq!(observer.current().data.as_deref(), Some(&7));
    request.respond_json(200, &json!(8));
    stage.runtime.run_until_stalled();
    assert_eq!(observer.current().data.as_deref(), Some(&8));
}

#[test]
fn what_is_newer_than_what_was_stored_is_kept_and_stored_with_it() {
    let stage = Stage::new();
    let storage = left_behind(&stage, 7);
    stage.advance(1);
    let _persistence = stage.client.persist(Persister::new(storage.clone()));
    let json = Key::<Value>::typed(key("a").into_untyped());
    stage.client.set(&json, json!(8));
    stage.client.set(&json_key("own"), json!(1));
    stage.advance(1);
    assert_eq!(stage.client.get(&json).as_deref(), Some(&json!(8)));
    assert_eq!(stored_keys(&storage), [json!(["number", "a"]), json!(["own"])]);
}

#[test]
fn data_that_nobody_has_asked_for_yet_is_stored_again_as_it_is() {
    let stage = Stage::new();
    let storage = left_behind(&stage, 7);
    let _persistence = stage.client.persist(Persister::new(storage.clone()));
    stage.runtime.run_until_stalled();
    stage.client.set(&json_key("own"), json!(1));
    stage.advance(1);
    assert_eq!(stored_keys(&storage), [json!(["number", "a"]), json!(["own"])]);
}

#[test]
fn what_is_stored_is_discarded_with_a_reason_and_removed() {
    let stage = Stage::new();
    for (change, reason) in [
        ((|persister| persister) as fn(Persister) -> Persister, None),
        (|persister| persister.buster("2"), Some(DiscardReason::Buster)),
        (|persister| persister.max_age(seconds(9)), Some(DiscardReason::Expired)),
        (|persister| persister.max_age(seconds(11)), None),
    ] {
        let storage = left_behind(&stage, 7);
        stage.advance(10);
        let client = builder(&stage).build();
        let restored = done(&stage, change(Persister::new(storage.clone())).restore(&client)).unwrap();
        match reason {
            None => assert!(matches!(restored, Restored::Hydrated(_))),
            Some(reason) => assert!(matches!(restored, Restored::Discarded(why) if why == reason), "{restored:?}"),
        }
        assert_eq!(storage.text(NAME).is_none(), reason.is_some());
    }
    for wrong in ["", "{", "null", r#"{"buster":"","state":{}}"#] {
        let storage = MemoryStorage::new();
        storage.put(NAME, wrong);
        let restored = done(&stage, Persister::new(storage.clone()).restore(&stage.client)).unwrap();
        assert!(matches!(restored, Restored::Discarded(DiscardReason::Malformed)), "{wrong}");
        assert_eq!(storage.text(NAME), None);
    }
    let nothing = done(&stage, Persister::new(MemoryStorage::new()).restore(&stage.client));
    assert!(matches!(nothing, Ok(Restored::Nothing)));
}

#[test]
fn storage_that_fails_is_told_and_the_program_goes_on() {
    let stage = Stage::new();
    let storage = left_behind(&stage, 7);
    storage.fail(true);
    let persistence = stage.client.persist(Persister::new(storage.clone()));
    let observer = stage.client.observe(number("a").serializable());
    assert!(done(&stage, persistence.restored()).is_err());
    stage.answer("GET /a", &json!(1));
    assert_eq!(observer.current().data.as_deref(), Some(&1));
    stage.advance(1);
    assert!(persistence.failure().is_some_and(|error| !error.is_full()));
    storage.fail(false);
    stage.client.set(&key("a"), 2);
    stage.advance(1);
    assert!(persistence.failure().is_none());
    assert_eq!(stored_keys(&storage).len(), 1);
}

#[test]
fn changes_are_gathered_and_the_newest_state_is_stored() {
    let stage = Stage::new();
    let storage = MemoryStorage::new();
    let _persistence = stage.client.persist(Persister::new(storage.clone()).throttle(seconds(5)));
    stage.runtime.run_until_stalled();
    stage.advance(60);
    assert_eq!(storage.writes(), 0, "nothing has changed");
    for value in 0..10 {
        stage.client.set(&json_key("a"), json!(value));
        stage.advance(0);
    }
    stage.advance(4);
    assert_eq!(storage.writes(), 0);
    stage.client.set(&json_key("a"), json!("last"));
    stage.advance(1);
    assert_eq!(storage.writes(), 1);
    assert!(storage.text(NAME).unwrap().contains("last"));
    stage.advance(60);
    assert_eq!(storage.writes(), 1, "what is stored already is not stored again");
    stage.client.remove(json_key("a"));
    stage.advance(5);
    assert_eq!((storage.writes(), stored_keys(&storage).len()), (2, 0));
}

#[test]
fn what_does_not_change_what_is_stored_stores_nothing() {
    let stage = Stage::new();
    let storage = left_behind(&stage, 7);
    let before = storage.writes();
    let _persistence = stage.client.persist(Persister::new(storage.clone()));
    stage.advance(5);
    let observer = stage.client.observe(number("a").serializable().stale_time(seconds(60)));
    stage.advance(5);
    drop(observer);
    stage.advance(5);
    assert_eq!(storage.writes(), before, "neither restoring nor looking is a change");
    stage.client.invalidate(stage_filter(RefetchType::None));
    stage.advance(5);
    assert_eq!(storage.writes(), before + 1);
}

fn stage_filter(refetch: RefetchType) -> query_runtime::QueryFilter {
    query_runtime::QueryFilter::all().refetch_type(refetch)
}

#[test]
fn dropping_the_persistence_ends_it_also_before_restoring_is_over() {
    let stage = Stage::new();
    let storage = left_behind(&stage, 7);
    let before = storage.writes();
    let persistence = stage.client.persist(Persister::new(storage.clone()));
    let observer = stage.client.observe(number("a").serializable());
    drop(persistence);
    assert!(!stage.client.is_restoring());
    stage.answer("GET /a", &json!(1));
    assert_eq!(observer.current().data.as_deref(), Some(&1));
    stage.advance(60);
    assert_eq!(storage.writes(), before);
}

#[test]
fn what_was_changed_last_can_be_stored_before_the_program_ends() {
    let stage = Stage::new();
    let storage = MemoryStorage::new();
    let persistence = stage.client.persist(Persister::new(storage.clone()));
    stage.client.set(&json_key("a"), json!(1));
    done(&stage, persistence.save()).unwrap();
    drop(persistence);
    assert_eq!(stored_keys(&storage), [json!(["a"])]);
}

#[test]
fn full_storage_loses_the_oldest_queries_first() {
    let stage = Stage::new();
    for name in ["oldest", "older", "newest"] {
        stage.client.set(&json_key(name), json!("x".repeat(100)));
        stage.advance(1);
    }
    let storage = MemoryStorage::new();
    storage.limit(700);
    done(&stage, Persister::new(storage.clone()).save(&stage.client)).unwrap();
    assert_eq!(stored_keys(&storage), [json!(["older"]), json!(["newest"])]);
    storage.limit(10);
    let refused: StorageError = done(&stage, Persister::new(storage.clone()).save(&stage.client)).unwrap_err();
    assert!(refused.is_full());
    assert_eq!(stored_keys(&storage).len(), 2, "what was stored before stays");
}

#[test]
fn program_says_itself_what_happens_to_a_state_that_is_refused() {
    let stage = Stage::new();
    stage.client.set(&json_key("a"), json!("x".repeat(100)));
    let storage = MemoryStorage::new();
    storage.limit(10);
    let persister = Persister::new(storage.clone()).on_refusal(|_, _| false);
    assert!(done(&stage, persister.save(&stage.client)).is_err());
    assert_eq!(storage.writes(), 1);
}

#[test]
fn restored_queries_have_the_settings_of_the_persister() {
    let stage = Stage::new();
    let storage = left_behind(&stage, 7);
    let persister = Persister::new(storage).settings(QueryDefaults::new().gc_time(seconds(600)));
    done(&stage, persister.restore(&stage.client)).unwrap();
    stage.advance(599);
    assert!(stage.client.state(key("a").untyped()).is_some());
    stage.advance(1);
    assert!(stage.client.state(key("a").untyped()).is_none());
}

#[test]
fn persistence_does_not_keep_the_client_alive() {
    let stage = Stage::new();
    let client = builder(&stage).build();
    let probe = Arc::new(());
    let inside = probe.clone();
    let _subscription = client.subscribe(move |_| drop(inside.clone()));
    let persistence = client.persist(Persister::new(MemoryStorage::new()));
    stage.runtime.run_until_stalled();
    drop(client);
    assert_eq!(Arc::strong_count(&probe), 1);
    assert!(done(&stage, persistence.save()).is_ok());
}

#[tokio::test]
async fn files_are_written_whole_and_found_again() {
    let folder = std::env::temp_dir().join(format!("query-runtime-{}", uuid()));
    let storage = FileStorage::new(&folder);
    assert_eq!(storage.names().await.unwrap(), Vec::<String>::new());
    assert_eq!(storage.get("a").await.unwrap(), None);
    let (first, second) = (storage.set("a", "1".repeat(10_000)), storage.set("a", "two\nlines".into()));
    // The order of the calls counts, not the order in which they are awaited.
    second.await.unwrap();
    first.await.unwrap();
    storage.set("A", "large".into()).await.unwrap();
    storage.set(r#"query-["users",{"page":1}]"#, "page".into()).await.unwrap();
    let again = FileStorage::new(&folder);
    assert_eq!(again.get("a").await.unwrap().as_deref(), Some("two\nlines"));
    assert_eq!(again.get("A").await.unwrap().as_deref(), Some("large"));
    let mut names = again.names().await.unwrap();
    names.sort();
    assert_eq!(names, ["A", "a", r#"query-["users",{"page":1}]"#]);
    assert!(std::fs::read_dir(&folder).unwrap().all(|file| file.unwrap().path().extension().unwrap() == "entry"));
    again.remove("a").await.unwrap();
    again.remove("a").await.unwrap();
    assert_eq!(again.get("a").await.unwrap(), None);
    std::fs::remove_dir_all(&folder).unwrap();
}

/// A name that no other run has.
fn uuid() -> String {
    format!("{}-{:?}", std::process::id(), std::thread::current().id()).replace(['(', ')'], "")
}
