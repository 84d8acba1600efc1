//! What does an observer show of the data, when does it compute that anew, and what keeps its place?

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use query_runtime::{
    FetchContext, Key, QueryError, QueryKey, QueryObserver, QueryOptions, QueryStatus, Request, Select,
};
use serde_json::json;

use crate::stage::{Stage, key, number, seconds};

type Pair = (Arc<String>, Arc<String>);

fn pair_key(name: &'static str) -> Key<Pair> {
    Key::typed(QueryKey::new(["pair", name]))
}

async fn fetch_pair(context: FetchContext, name: &'static str) -> Result<Pair, QueryError> {
    let (one, two): (String, String) = context.send(Request::get("/{name}").path("name", name)).await?.json()?;
    Ok((Arc::new(one), Arc::new(two)))
}

fn pair(name: &'static str) -> QueryOptions<Pair> {
    QueryOptions::new(pair_key(name), move |context| fetch_pair(context, name)).stale_forever()
}

fn first() -> Select<Pair, String> {
    Select::shared(|data: &Arc<Pair>| Ok(data.0.clone()))
}

fn shown<T: query_runtime::QueryData, R: query_runtime::QueryData>(observer: &QueryObserver<T, R>) -> Arc<R> {
    observer.current().data.unwrap()
}

/// A projection that counts how often it runs.
fn counting() -> (Select<u64, u64>, Arc<AtomicUsize>) {
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = runs.clone();
    let select = Select::new(move |number| {
        counted.fetch_add(1, Ordering::SeqCst);
        *number
    });
    (select, runs)
}

#[test]
fn whole_data_is_shown_without_a_copy() {
    let stage = Stage::new();
    let plain = stage.observed(number("a").stale_forever(), "GET /a", 1);
    let whole = stage.client.observe(number("a").stale_forever()).select_with(Select::whole());
    assert!(Arc::ptr_eq(&shown(&plain), &shown(&whole)));
    assert!(Arc::ptr_eq(&shown(&plain), &stage.client.get(&key("a")).unwrap()));
}

#[test]
fn projection_can_hand_on_what_the_data_shares() {
    let stage = Stage::new();
    let part = stage.client.observe(pair("a")).select_with(first());
    stage.answer("GET /a", &json!(["one", "two"]));
    let data = stage.client.get(&pair_key("a")).unwrap();
    assert!(Arc::ptr_eq(&shown(&part), &data.0));
}

#[test]
fn equal_outcome_keeps_its_place_also_under_another_key() {
    let stage = Stage::new();
    let part = stage.client.observe(pair("a")).select_with(first());
    stage.answer("GET /a", &json!(["one", "two"]));
    let before = shown(&part);
    stage.client.set(&pair_key("a"), (Arc::new("one".to_owned()), Arc::new("three".to_owned())));
    assert!(Arc::ptr_eq(&before, &shown(&part)));
    stage.client.set(&pair_key("b"), (Arc::new("one".to_owned()), Arc::new("four".to_owned())));
    part.set_options(pair("b"));
    assert!(Arc::ptr_eq(&before, &shown(&part)));
}

#[test]
fn nothing_keeps_its_place_where_equal_parts_are_not_kept() {
    let stage = Stage::new();
    let part = stage.client.observe(pair("a").keep_equal_parts(false)).select_with(first());
    stage.answer("GET /a", &json!(["one", "two"]));
    let before = shown(&part);
    let _refetch = part.refetch();
    stage.answer("GET /a", &json!(["one", "two"]));
    assert!(!Arc::ptr_eq(&before, &shown(&part)));
}

#[test]
fn exchanged_projection_runs_once_and_its_clone_not_at_all() {
    let stage = Stage::new();
    let (select, runs) = counting();
    let observer = stage.observed(number("a").stale_forever(), "GET /a", 1).select_with(select.clone());
    assert_eq!(*shown(&observer), 1);
    observer.set_select(select.clone());
    observer.set_options(number("a").stale_time(seconds(5)));
    assert_eq!((*shown(&observer), runs.load(Ordering::SeqCst)), (1, 1));
    observer.set_select(Select::new(|number| number * 10));
    assert_eq!(*shown(&observer), 10);
    observer.set_select(select);
    assert_eq!((*shown(&observer), runs.load(Ordering::SeqCst)), (1, 2));
}

#[test]
fn options_and_projection_change_in_one_step() {
    let stage = Stage::new();
    stage.client.set(&key("a"), 1);
    stage.client.set(&key("b"), 2);
    let observer = stage.client.observe(number("a").stale_forever()).select(|number| number * 10);
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let noted = seen.clone();
    let _subscription = observer.subscribe(move |result| noted.lock().unwrap().push(*result.data.clone().unwrap()));
    observer.set_options_and_select(number("b").stale_forever(), Select::new(|number| number * 100));
    assert_eq!(*seen.lock().unwrap(), [200]);
}

#[test]
fn failing_projection_fails_again_only_for_other_data_and_ends_with_a_query_without_data() {
    let stage = Stage::new();
    let small = |number: &u64| if *number < 10 { Ok(*number) } else { Err(QueryError::message("too big")) };
    let observer = stage.client.observe(number("a").stale_forever()).try_select(small);
    stage.answer("GET /a", &json!(10));
    let failed = observer.current();
    assert!(failed.is_error() && failed.data.is_none());
    stage.advance(3);
    stage.client.set(&key("a"), 10);
    assert_eq!(observer.current().error_updated_at, failed.error_updated_at, "equal data is not projected again");
    stage.client.set(&key("a"), 11);
    assert_ne!(observer.current().error_updated_at, failed.error_updated_at);
    observer.set_options(number("b").stale_forever());
    assert!(observer.current().is_pending());
    stage.answer("GET /b", &json!(2));
    assert!(observer.current().is_success());
}

#[test]
fn placeholder_is_projected_and_its_failure_is_no_placeholder() {
    let stage = Stage::new();
    let small = |number: &u64| if *number < 10 { Ok(number + 1) } else { Err(QueryError::message("too big")) };
    let shows = stage.client.observe(number("a").placeholder(5)).try_select(small);
    assert!(shows.current().is_placeholder);
    assert_eq!(*shown(&shows), 6);
    let fails = stage.client.observe(number("a").placeholder(50)).try_select(small);
    let result = fails.current();
    assert!(result.status == QueryStatus::Error && !result.is_placeholder && result.data.is_none());
}

#[test]
fn placeholder_is_made_of_the_data_and_the_key_that_were_shown_before() {
    let stage = Stage::new();
    let made = Arc::new(AtomicUsize::new(0));
    let counted = made.clone();
    let next = move |name: &'static str| {
        let counted = counted.clone();
        number(name).stale_forever().placeholder_by(move |previous| {
            counted.fetch_add(1, Ordering::SeqCst);
            let (key, data) = previous?;
            assert_eq!(*key, QueryKey::new(["number", "a"]));
            Some(Arc::new(**data + 100))
        })
    };
    let observer = stage.client.observe(next("a"));
    assert!(observer.current().is_pending(), "there was nothing before");
    stage.answer("GET /a", &json!(1));
    let options = next("b");
    observer.set_options(options.clone());
    assert_eq!(*shown(&observer), 101);
    let before = made.load(Ordering::SeqCst);
    stage.client.invalidate(QueryKey::new(["number", "b"]));
    observer.set_options(options);
    assert!(observer.current().is_placeholder);
    assert_eq!(made.load(Ordering::SeqCst), before, "what is shown already is not made again");
    stage.answer("GET /b", &json!(2));
    assert_eq!(*shown(&observer), 2);
}

#[test]
fn placeholder_that_equals_what_was_shown_keeps_its_place() {
    let stage = Stage::new();
    let observer = stage.observed(number("a").stale_forever(), "GET /a", 1);
    let before = shown(&observer);
    observer.set_options(number("b").placeholder(1));
    assert!(observer.current().is_placeholder);
    assert!(Arc::ptr_eq(&before, &shown(&observer)));
    observer.set_options(number("c").keep_previous());
    assert!(Arc::ptr_eq(&before, &shown(&observer)), "the last data that was no placeholder");
}

#[test]
fn failure_of_a_projection_shows_what_projections_made_and_not_what_was_whole() {
    let stage = Stage::new();
    let observer = stage.observed(number("a").stale_forever(), "GET /a", 1).select_with(Select::whole());
    assert_eq!(*shown(&observer), 1);
    let fails = Select::fallible(|_: &u64| Err(QueryError::message("no")));
    observer.set_select(fails.clone());
    assert!(observer.current().is_loading_error());
    observer.set_select(Select::new(|number| number * 10));
    assert_eq!(*shown(&observer), 10);
    observer.set_select(fails);
    assert!(observer.current().is_refetch_error());
    assert_eq!(*shown(&observer), 10, "the last good outcome");
    observer.set_select(Select::whole());
    assert!(observer.current().is_refetch_error(), "until there is no data or a projection succeeds");
    observer.set_select(Select::new(|number| number + 1));
    observer.set_select(Select::whole());
    assert!(observer.current().is_success());
    assert_eq!(*shown(&observer), 1);
}
