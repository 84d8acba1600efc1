//! Is what one principal has left in the cache out of everybody else's sight?

use super::*;
use crate::heart::Event;

fn turn_to(bench: &mut Bench, name: &str) {
    bench.act(|heart, now| heart.set_principal(Some(name.into()), now));
}

#[test]
fn switch_empties_what_is_observed_drops_the_rest_and_fetches_anew_in_one_commit() {
    let mut bench = Bench::new();
    let (observed, other) = (bench.detail(1), bench.detail(2));
    bench.loaded(observed, item(1, 1, 0, 0));
    let fetch = bench.fetch(other);
    bench.reply(fetch, item(2, 1, 0, 0));
    bench.heart.set_principal(Some("bob".into()), bench.now);
    let commit = bench.heart.finish();
    assert_eq!(commit.entries.len(), 2);
    for one in commit.entries {
        assert!(one.snapshot.is_none_or(|snapshot| snapshot.data.is_none() && snapshot.fence == 1));
    }
    let started = commit.effects.iter().filter(|effect| matches!(effect, Effect::StartAttempt { .. })).count();
    assert_eq!(started, 1);
    assert!(bench.heart.find(&QueryKey::new(["item2"])).is_none());
}

#[test]
fn result_of_a_fetch_of_before_changes_nothing_and_is_told_without_its_key() {
    let mut bench = Bench::new();
    let entry = bench.detail(1);
    bench.observe(entry);
    let before = bench.only_started();
    turn_to(&mut bench, "bob");
    let own = bench.only_started();
    assert!(!bench.act(|heart, _| heart.expects(before, &QueryKey::new(["item1"]))));
    let dropped: Vec<_> = bench
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Event(Event::Dropped(key)) => Some(key.segments().len()),
            _ => None,
        })
        .collect();
    assert_eq!(dropped, [0, 0], "once for the fetch that ended, once for its result");
    bench.reply(before, item(1, 7, 7, 7));
    assert_eq!(bench.item(entry), None);
    bench.reply(own, item(1, 1, 0, 0));
    assert_eq!(bench.item(entry), Some(item(1, 1, 0, 0)));
}

#[test]
fn unsent_change_is_neither_shown_nor_sent_until_its_principal_is_back() {
    let mut bench = Bench::new();
    turn_to(&mut bench, "ada");
    let entry = bench.detail(1);
    bench.loaded(entry, item(1, 1, 0, 0));
    bench.act(|heart, now| heart.set_online(false, now));
    let own = bench.change(1, ItemChange::SetB(5));
    assert_eq!(bench.item(entry), Some(item(1, 1, 5, 0)));
    turn_to(&mut bench, "bob");
    bench.act(|heart, now| heart.set_online(true, now));
    let fetch = bench.only_started();
    bench.reply(fetch, item(1, 2, 0, 0));
    assert_eq!((bench.item(entry), bench.sent(), bench.heart.mutating()), (Some(item(1, 2, 0, 0)), vec![], 0));
    turn_to(&mut bench, "ada");
    assert_eq!((bench.sent(), bench.heart.mutating()), (vec![own], 1));
    let fetch = bench.only_started();
    bench.reply(fetch, item(1, 1, 0, 0));
    assert_eq!(bench.item(entry), Some(item(1, 1, 5, 0)));
}

#[test]
fn confirmed_change_of_before_touches_nothing() {
    let mut bench = Bench::new();
    let entry = bench.detail(1);
    bench.loaded(entry, item(1, 1, 0, 0));
    let change = bench.change(1, ItemChange::SetB(5));
    assert_eq!(bench.sent(), [change]);
    turn_to(&mut bench, "bob");
    let fetch = bench.only_started();
    bench.reply(fetch, item(1, 2, 0, 0));
    let before = bench.snapshots[&entry].clone();
    bench.ack(change, Some(item(1, 1, 5, 0)));
    assert!(Arc::ptr_eq(&before, &bench.snapshots[&entry]), "not even published");
    assert!(bench.started().is_empty());
    bench.act(|heart, now| heart.set_principal(None, now));
    let fetch = bench.only_started();
    bench.reply(fetch, item(1, 1, 5, 0));
    assert_eq!(bench.item(entry), Some(item(1, 1, 5, 0)));
}

#[test]
fn change_that_failed_while_its_principal_was_away_is_tried_again_when_it_is_back() {
    let mut bench = Bench::new();
    let change = bench.retried(ItemChange::SetB(5));
    assert_eq!(bench.sent(), [change]);
    turn_to(&mut bench, "bob");
    bench.act(|heart, now| {
        heart.for_mutation(change, |heart| heart.mutation_failed(change, &QueryError::http(503), now));
    });
    bench.pass(60_000);
    assert!(bench.sent().is_empty(), "nobody may send it now");
    bench.act(|heart, now| heart.set_principal(None, now));
    assert_eq!(bench.sent(), [change]);
    bench.ack(change, None);
    assert_eq!(bench.heart.mutating(), 0);
}

#[test]
fn temporary_ids_of_one_principal_mean_nothing_to_another() {
    let mut bench = Bench::new();
    let create = bench.create(-1, 1);
    bench.ack(create, Some(item(40, 1, 0, 0)));
    turn_to(&mut bench, "bob");
    assert!(bench.heart.names().is_empty());
    bench.act(|heart, now| heart.set_principal(None, now));
    assert_eq!(bench.heart.names().real.get(&KeySegment::of(&-1_i64)), Some(&KeySegment::of(&40_i64)));
}
