//! Do queries fetch when they should, once, and never lose an invalidation?

use std::time::Duration;

use super::{Bench, kind};
use crate::{
    backoff::RetryPolicy,
    heart::{CancelHow, Effect, EntrySpec, FetchSpec, Fetched, RefetchType, Written},
    key::QueryKey,
    status::{FetchStatus, GcTime, QueryStatus, StaleTime},
};

#[test]
fn first_observer_fetches_and_the_second_joins() {
    let mut bench = Bench::new();
    let entry = bench.plain("a");
    bench.observe(entry);
    bench.observe(entry);
    let fetch = bench.only_started();
    assert_eq!(bench.snapshots[&entry].fetch_status, FetchStatus::Fetching);
    bench.reply(fetch, 1_i64);
    assert_eq!(bench.view::<i64>(entry), Some(1));
    assert_eq!(bench.snapshots[&entry].status, QueryStatus::Success);
    assert!(bench.started().is_empty());
}

#[test]
fn invalidation_during_the_first_load_is_followed_by_exactly_one_more_fetch() {
    // S28, S29; TanStack loses it (T44).
    let mut bench = Bench::new();
    let entry = bench.plain("a");
    bench.observe(entry);
    let first = bench.only_started();
    for _ in 0..100 {
        bench.invalidate(entry);
    }
    bench.reply(first, 1_i64);
    assert_eq!(bench.view::<i64>(entry), Some(1));
    assert!(bench.snapshots[&entry].is_invalidated);
    let second = bench.only_started();
    bench.reply(second, 2_i64);
    assert_eq!(bench.view::<i64>(entry), Some(2));
    assert!(!bench.snapshots[&entry].is_invalidated);
    assert!(bench.started().is_empty());
}

#[test]
fn two_invalidations_at_once_cost_one_fetch() {
    // I4; TanStack fetches twice (T45).
    let mut bench = Bench::new();
    let entry = bench.plain("a");
    bench.loaded(entry, 1_i64);
    bench.act(|heart, now| {
        heart.invalidate(&[entry], RefetchType::Active, true, now);
        heart.invalidate(&[entry], RefetchType::Active, true, now);
    });
    let fetch = bench.only_started();
    bench.reply(fetch, 2_i64);
    assert!(bench.started().is_empty());
    assert!(!bench.snapshots[&entry].is_invalidated);
}

#[test]
fn invalidation_before_the_first_load_has_asked_the_server_costs_no_further_fetch() {
    // I4: what the server is asked after the invalidation satisfies it.
    let mut bench = Bench::new();
    let entry = bench.plain("a");
    bench.observe(entry);
    bench.invalidate(entry);
    let fetch = bench.only_started();
    bench.reply(fetch, 1_i64);
    assert!(!bench.snapshots[&entry].is_invalidated);
    assert!(bench.started().is_empty());
}

#[test]
fn late_result_of_a_replaced_fetch_changes_nothing() {
    // S31, S32, I12.
    let mut bench = Bench::new();
    let entry = bench.plain("a");
    bench.loaded(entry, 0_i64);
    bench.invalidate(entry);
    let first = bench.only_started();
    bench.invalidate(entry);
    let second = bench.only_started();
    bench.reply(second, 2_i64);
    bench.fail(first);
    bench.reply(first, 1_i64);
    let shown = &bench.snapshots[&entry];
    assert_eq!((shown.status, shown.error.is_none()), (QueryStatus::Success, true));
    assert_eq!(bench.view::<i64>(entry), Some(2));
}

#[test]
fn failed_attempt_is_retried_after_its_delay_and_pauses_without_focus() {
    let mut bench = Bench::new();
    let entry = bench.plain("a");
    let retry =
        RetryPolicy::default().max(2).backoff(Duration::from_millis(10), 1.0, Duration::from_secs(1)).jitter(false);
    let mut spec = Bench::spec();
    spec.entry.fetch = FetchSpec { retry, ..FetchSpec::default() };
    bench.observe_with(entry, spec);
    let fetch = bench.only_started();
    bench.fail(fetch);
    assert_eq!(bench.snapshots[&entry].failure_count, 1);
    bench.pass(9);
    assert!(bench.started().is_empty());
    bench.pass(1);
    assert_eq!(bench.only_started(), fetch);
    bench.fail(fetch);
    bench.act(|heart, now| heart.set_focused(false, now));
    bench.pass(10);
    assert_eq!(bench.snapshots[&entry].fetch_status, FetchStatus::Paused);
    bench.act(|heart, now| heart.set_focused(true, now));
    assert_eq!(bench.only_started(), fetch);
    bench.fail(fetch);
    assert_eq!(bench.snapshots[&entry].status, QueryStatus::Error);
    assert_eq!(bench.snapshots[&entry].error_update_count, 1);
}

#[test]
fn fetch_waits_for_the_connection_and_a_paused_first_load_dies_with_its_observer() {
    let mut bench = Bench::new();
    bench.act(|heart, now| heart.set_online(false, now));
    let (one, two) = (bench.plain("a"), bench.plain("b"));
    bench.observe(one);
    let leaves = bench.observe(two);
    assert!(bench.started().is_empty());
    assert_eq!(bench.snapshots[&one].fetch_status, FetchStatus::Paused);
    bench.act(|heart, now| heart.unobserve(leaves, false, now));
    assert_eq!(bench.snapshots[&two].fetch_status, FetchStatus::Idle);
    bench.act(|heart, now| heart.set_online(true, now));
    bench.only_started();
}

#[test]
fn last_observer_aborts_what_can_be_aborted_and_lets_the_rest_finish() {
    let mut bench = Bench::new();
    let (one, two) = (bench.plain("a"), bench.plain("b"));
    let first = bench.observe(one);
    let second = bench.observe(two);
    let fetches = bench.started();
    bench.act(|heart, now| heart.unobserve(first, true, now));
    bench.act(|heart, now| heart.unobserve(second, false, now));
    let aborted: Vec<_> = bench
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::AbortAttempt { fetch } => Some(*fetch),
            _ => None,
        })
        .collect();
    assert_eq!(aborted, [fetches[0]]);
    assert_eq!(bench.snapshots[&one].status, QueryStatus::Pending);
    bench.reply(fetches[1], 5_i64);
    assert_eq!(bench.view::<i64>(two), Some(5));
}

#[test]
fn entry_without_observers_leaves_after_the_longest_gc_time_seen() {
    let mut bench = Bench::new();
    let entry = bench.entry_of::<i64>("a", None, GcTime::For(Duration::from_millis(50)));
    bench.entry_of::<i64>("a", None, GcTime::For(Duration::from_millis(20)));
    let observer = bench.loaded(entry, 1_i64);
    bench.pass(500);
    assert!(bench.snapshots.contains_key(&entry));
    bench.act(|heart, now| heart.unobserve(observer, true, now));
    bench.pass(49);
    assert!(bench.snapshots.contains_key(&entry));
    bench.pass(1);
    assert!(!bench.snapshots.contains_key(&entry));
}

#[test]
fn removal_keeps_observers_attached_and_they_see_what_comes_later() {
    // I9; TanStack leaves them on a removed object (T78).
    let mut bench = Bench::new();
    let entry = bench.plain("a");
    bench.loaded(entry, 1_i64);
    bench.act(|heart, now| heart.remove(entry, now));
    let shown = &bench.snapshots[&entry];
    assert!(shown.is_gone && shown.data.is_none() && shown.observers == 1);
    bench.act(|heart, now| heart.set_base(entry, std::sync::Arc::new(2_i64), Written::default(), now));
    assert_eq!(bench.view::<i64>(entry), Some(2));
    assert!(!bench.snapshots[&entry].is_gone);
}

#[test]
fn write_by_hand_does_not_clear_an_invalidation() {
    // I3; in TanStack it does (T29).
    let mut bench = Bench::new();
    let entry = bench.plain("a");
    bench.loaded(entry, 1_i64);
    bench.act(|heart, now| heart.invalidate(&[entry], RefetchType::None, true, now));
    bench.act(|heart, now| heart.set_base(entry, std::sync::Arc::new(2_i64), Written::default(), now));
    assert!(bench.snapshots[&entry].is_invalidated);
}

#[test]
fn interval_is_counted_from_the_last_change_of_state() {
    // T83: with an interval of 100 and a fetch of 30, fetches begin at 0, 130, 260.
    let mut bench = Bench::new();
    let entry = bench.plain("a");
    let spec = crate::heart::ObserverSpec { interval: Some(Duration::from_millis(100)), ..Bench::spec() };
    bench.observe_with(entry, spec);
    let mut begun = vec![];
    for round in 0..3_i64 {
        let fetch = bench.only_started();
        begun.push(bench.now.as_nanos() / 1_000_000);
        bench.pass(30);
        bench.reply(fetch, round);
        bench.pass(100);
    }
    assert_eq!(begun, [0, 130, 260]);
}

#[test]
fn cancelling_goes_back_to_the_state_before_the_fetch() {
    let mut bench = Bench::new();
    let entry = bench.plain("a");
    bench.loaded(entry, 1_i64);
    bench.invalidate(entry);
    bench.only_started();
    bench.act(|heart, now| heart.cancel(&[entry], CancelHow::REVERT, now));
    let shown = &bench.snapshots[&entry];
    assert_eq!((shown.status, shown.fetch_status), (QueryStatus::Success, FetchStatus::Idle));
    assert!(shown.is_invalidated, "the invalidation stands");
}

#[test]
fn fresh_data_is_not_fetched_on_focus_and_stale_data_once_for_two_observers() {
    let mut bench = Bench::new();
    let entry = bench.plain("a");
    let spec = crate::heart::ObserverSpec { stale: StaleTime::For(Duration::from_millis(100)), ..Bench::spec() };
    bench.observe_with(entry, spec.clone());
    bench.observe_with(entry, spec);
    let fetch = bench.only_started();
    bench.reply(fetch, 1_i64);
    let refocus = |bench: &mut Bench| {
        bench.act(|heart, now| heart.set_focused(false, now));
        bench.act(|heart, now| heart.set_focused(true, now));
        bench.started().len()
    };
    bench.pass(99);
    assert_eq!(refocus(&mut bench), 0);
    bench.pass(1);
    assert_eq!(refocus(&mut bench), 1);
}

#[test]
fn comparison_that_panics_shares_nothing_and_stops_nothing() {
    let mut bench = Bench::new();
    let key = QueryKey::new(["a"]);
    let kind = std::sync::Arc::new(crate::heart::Kind {
        type_id: std::any::TypeId::of::<i64>(),
        type_name: "i64",
        size: 8,
        share: |_, _| panic!("a comparison of the user's that panics"),
        projector: None,
        codec: None,
        is_infinite: false,
    });
    let spec = EntrySpec { keep_parts: true, ..Default::default() };
    let entry = bench.act(|heart, now| heart.entry(&key, &kind, &spec, now)).expect("a new key");
    bench.loaded(entry, 1_i64);
    bench.invalidate(entry);
    let fetch = bench.only_started();
    bench.reply(fetch, 2_i64);
    assert_eq!(bench.view::<i64>(entry), Some(2));
    assert_eq!(bench.snapshots[&entry].fetch_status, FetchStatus::Idle);
}

#[test]
fn initial_data_that_came_during_a_first_fetch_goes_with_it_when_it_is_cancelled() {
    let mut bench = Bench::new();
    let entry = bench.plain("a");
    bench.fetch(entry);
    let spec = || EntrySpec { initial: Some((std::sync::Arc::new(5_i64), Fetched::Now)), ..EntrySpec::default() };
    let key = QueryKey::new(["a"]);
    bench.act(|heart, now| heart.entry(&key, &kind::<i64>(None), &spec(), now)).expect("one type a key");
    assert_eq!(bench.view::<i64>(entry), Some(5));
    bench.act(|heart, now| heart.cancel(&[entry], CancelHow::REVERT, now));
    assert_eq!(bench.view::<i64>(entry), None);
    bench.act(|heart, now| heart.entry(&key, &kind::<i64>(None), &spec(), now)).expect("one type a key");
    bench.fetch(entry);
    bench.act(|heart, now| heart.cancel(&[entry], CancelHow::REVERT, now));
    assert_eq!(bench.view::<i64>(entry), Some(5), "it was there before the fetch");
}
