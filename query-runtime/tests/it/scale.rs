//! What do many queries cost that nothing happens to?

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use query_runtime::{Key, KeyPrefix, QueryFilter, QueryKey, QueryOptions, Tag};

use crate::stage::{Stage, number, seconds};

fn one_of_many(number: u64) -> Key<u64> {
    QueryKey::under(&["many"]).value(&(number % 10)).value(&number).key()
}

#[test]
fn timers_of_all_queries_share_one_sleep() {
    let stage = Stage::new();
    let watched: Vec<_> = ["a", "b", "c"]
        .into_iter()
        .map(|name| {
            let options = number(name).stale_time(seconds(20)).refetch_interval(seconds(60));
            stage.observed(options, &format!("GET /{name}"), 1)
        })
        .collect();
    for number in 0..100 {
        stage.client.set(&one_of_many(number), number);
    }
    stage.silence();
    assert_eq!(stage.runtime.tasks(), 1);
    stage.advance(21);
    assert_eq!(stage.runtime.tasks(), 1);
    assert!(watched.iter().all(|observer| observer.current().is_stale));
}

#[test]
fn what_is_under_a_prefix_is_read_and_tested_without_a_look_at_the_rest() {
    let stage = Stage::new();
    for number in 0..100 {
        stage.client.set(&one_of_many(number), number);
    }
    let prefix: KeyPrefix = QueryKey::under(&["many"]).value(&3_u64).prefix();
    let tested = Arc::new(AtomicUsize::new(0));
    let count = tested.clone();
    let those = QueryFilter::under(prefix.clone()).predicate(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        true
    });
    stage.client.remove(those);
    assert_eq!(tested.load(Ordering::SeqCst), 10);
    assert!(stage.client.get_all::<u64>(prefix).is_empty());
    assert_eq!(stage.client.statistics().queries, 90);
}

#[test]
fn tag_leads_to_what_has_it_without_a_look_at_the_rest() {
    let stage = Stage::new();
    for number in 0..100_u64 {
        let kind = if number % 10 == 3 { "Three" } else { "Other" };
        let options = QueryOptions::cached(one_of_many(number)).provides(move |id, _| {
            let id = id.copied().unwrap_or_default();
            vec![Tag::of(kind, &id)]
        });
        drop(stage.client.observe(options.initial_data(number)));
    }
    let tested = Arc::new(AtomicUsize::new(0));
    let count = tested.clone();
    let threes = QueryFilter::tagged([Tag::kind("Three"), Tag::of("Other", &4)]).predicate(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        true
    });
    stage.client.invalidate(threes);
    assert_eq!(tested.load(Ordering::SeqCst), 11);
    let invalidated = stage.client.keys(QueryFilter::all().predicate(|query| query.is_invalidated));
    assert_eq!(invalidated.len(), 11);
}
