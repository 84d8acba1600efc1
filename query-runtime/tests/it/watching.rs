//! Who hears of a change: only those who look at the part that has changed?

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use futures_core::Stream;
use query_runtime::{
    MutationContext, MutationFilter, MutationOptions, MutationStatus, QueryFilter, QueryResult, Request, Subscription,
    Watch,
};
use serde_json::json;

use crate::stage::{Stage, key, number};

/// Notes each value that somebody who subscribes hears of.
fn noted<P: Clone + PartialEq + Send + Sync + 'static>(watch: &Watch<P>) -> (Subscription, Arc<Mutex<Vec<P>>>) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let inner = heard.clone();
    (watch.subscribe(move |value| inner.lock().unwrap().push(value.clone())), heard)
}

#[test]
fn part_of_a_result_is_heard_of_only_when_it_changes() {
    let stage = Stage::new();
    let observer = stage.client.observe(number("a").stale_forever());
    let (_one, loading) = noted(&observer.watch(QueryResult::is_loading));
    let (_two, fetching) = noted(&observer.watch(QueryResult::is_fetching));
    stage.answer("GET /a", &json!(1));
    let _refetch = observer.refetch();
    stage.answer("GET /a", &json!(2));
    assert_eq!(*loading.lock().unwrap(), [false]);
    assert_eq!(*fetching.lock().unwrap(), [false, true, false]);
}

#[test]
fn times_and_counts_are_heard_of_by_who_looks_at_them() {
    let stage = Stage::new();
    let observer = stage.observed(number("a").stale_forever(), "GET /a", 1);
    let (_subscription, times) = noted(&observer.watch(|result| result.data_updated_at));
    let whole = Arc::new(Mutex::new(0));
    let counted = whole.clone();
    let _whole = observer.subscribe(move |_| *counted.lock().unwrap() += 1);
    stage.advance(5);
    stage.client.set(&key("a"), 1);
    assert_eq!(times.lock().unwrap().len(), 1);
    assert_eq!(*whole.lock().unwrap(), 0, "the data is the same");
}

#[test]
fn watched_value_is_one_arc_while_it_is_equal_and_ends_with_its_observer() {
    let stage = Stage::new();
    let observer = stage.observed(number("a").stale_forever(), "GET /a", 1);
    let text = observer.watch(|result| format!("{:?}", result.data.as_deref().map(|number| number % 2)));
    let first = text.current();
    stage.client.set(&key("a"), 3);
    assert!(Arc::ptr_eq(&first, &text.current()));
    assert!(stage.runtime.block_on(text.changed()).is_err(), "nothing has changed");
    stage.client.set(&key("a"), 4);
    assert_eq!(*stage.runtime.block_on(text.changed()).unwrap().unwrap(), "Some(0)");
    let mut stream = text.stream();
    let mut next = || Pin::new(&mut stream).poll_next(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(next(), Poll::Ready(Some(text)) if *text == "Some(0)"));
    assert!(next().is_pending());
    stage.client.set(&key("a"), 5);
    assert!(matches!(next(), Poll::Ready(Some(text)) if *text == "Some(1)"));
    drop(observer);
    assert!(matches!(next(), Poll::Ready(None)));
    assert!(stage.runtime.block_on(text.changed()).unwrap().is_none());
}

#[test]
fn subscription_outlives_the_watch_it_came_from_and_is_forgotten_with_the_observer() {
    let stage = Stage::new();
    let observer = stage.client.observe(number("a"));
    let token = Arc::new(());
    let held = token.clone();
    let heard = Arc::new(Mutex::new(0));
    let counted = heard.clone();
    observer
        .watch(QueryResult::is_success)
        .subscribe(move |_| {
            *counted.lock().unwrap() += Arc::strong_count(&held);
        })
        .forever();
    stage.answer("GET /a", &json!(1));
    assert_ne!(*heard.lock().unwrap(), 0);
    drop(observer);
    assert_eq!(Arc::strong_count(&token), 1);
}

#[test]
fn count_of_what_fetches_is_followed_live() {
    let stage = Stage::new();
    let fetching = stage.client.watch(|client| client.is_fetching(QueryFilter::under(key("a"))));
    let (_subscription, counts) = noted(&fetching);
    let _a = stage.client.observe(number("a"));
    let _b = stage.client.observe(number("b"));
    assert_eq!(*fetching.current(), 1);
    stage.answer("GET /a", &json!(1));
    stage.answer("GET /b", &json!(1));
    assert_eq!(*counts.lock().unwrap(), [1, 0]);
}

#[test]
fn value_of_several_types_is_made_from_one_moment() {
    let stage = Stage::new();
    let text: query_runtime::Key<String> = query_runtime::Key::typed(query_runtime::QueryKey::new(["text"]));
    let of = text.clone();
    let both = stage.client.watch(move |client| client.get_both(&key("a"), &of));
    let (_subscription, heard) = noted(&both);
    stage.client.set(&key("a"), 1);
    stage.client.set(&text, "one".to_owned());
    stage.client.set(&key("unrelated"), 1);
    let heard = heard.lock().unwrap();
    assert_eq!(heard.len(), 2);
    assert_eq!((heard[1].0.as_deref(), heard[1].1.as_deref()), (Some(&1), Some(&"one".to_owned())));
}

#[test]
fn watching_the_cache_does_not_keep_the_client() {
    let stage = Stage::new();
    let (token, heard) = (Arc::new(()), Arc::new(Mutex::new(0)));
    let (held, counted) = (token.clone(), heard.clone());
    let watch = stage.client.watch(move |client| (client.is_fetching(QueryFilter::all()), Arc::strong_count(&held)));
    watch.subscribe(move |_| *counted.lock().unwrap() += 1).forever();
    let Stage { client, runtime, .. } = stage;
    drop(client);
    assert!(runtime.block_on(watch.changed()).unwrap().is_none());
    drop(watch);
    assert_eq!(Arc::strong_count(&token), 1);
}

#[test]
fn list_of_mutations_is_followed_live() {
    let stage = Stage::new();
    let list = stage.client.watch(|client| {
        let mutations = client.mutations(MutationFilter::all()).into_iter();
        mutations.map(|one| (one.variables::<u64>().map(|number| *number), one.status)).collect::<Vec<_>>()
    });
    let count = stage.client.watch(|client| client.is_mutating(MutationFilter::all()));
    let ((_one, lists), (_two, counts)) = (noted(&list), noted(&count));
    let numbers =
        stage.client.mutation(MutationOptions::new(&["send"], |context: MutationContext, number: u64| async move {
            context.send(Request::post("/numbers").json(&number)).await?.empty()
        }));
    let handle = numbers.mutate(7);
    stage.answer("POST /numbers", &json!(null));
    assert!(stage.runtime.block_on(handle).unwrap().is_ok());
    let lists = lists.lock().unwrap();
    assert_eq!(lists.first(), Some(&vec![(Some(7), MutationStatus::Pending)]));
    assert_eq!(lists.last(), Some(&vec![(Some(7), MutationStatus::Success)]));
    assert_eq!(*counts.lock().unwrap(), [1, 0]);
}
