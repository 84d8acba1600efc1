//! Who hears of what comes too late, cannot be used or goes wrong on the way?

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex},
};

use query_runtime::{
    CacheAction, CacheEvent, FetchContext, Key, MutationContext, MutationFilter, MutationOptions, QueryClient,
    QueryKey, QueryOptions,
};

use crate::board::{CardChange, Edit, card, detail, edit};
use crate::stage::{Stage, key, number};

/// Returns what the client tells from now on.
fn told(client: &QueryClient) -> Arc<Mutex<Vec<CacheEvent>>> {
    let events = Arc::new(Mutex::new(Vec::new()));
    let seen = events.clone();
    client.subscribe(move |event| seen.lock().unwrap().push(event.clone())).forever();
    events
}

fn has(events: &Mutex<Vec<CacheEvent>>, event: &CacheEvent) -> bool {
    events.lock().unwrap().contains(event)
}

#[test]
fn a_result_of_a_fetch_that_was_given_up_is_dropped_and_told() {
    let stage = Stage::new();
    let events = told(&stage.client);
    let options = QueryOptions::new(key("late"), |context: FetchContext| async move {
        // Whoever cancels while the function runs on its own thread has its result a moment later.
        drop(context.client()?.cancel(context.key()));
        Ok(1)
    });
    let observer = stage.client.observe(options);
    stage.runtime.run_until_stalled();
    assert!(observer.current().data.is_none());
    let late = key("late").untyped().clone();
    assert!(has(&events, &CacheEvent::Updated(late.clone(), CacheAction::Cancel)));
    assert!(has(&events, &CacheEvent::Dropped(late)));
    let now = stage.client.statistics();
    assert_eq!((now.cancelled, now.dropped), (1, 1));
}

#[test]
fn a_comparison_that_panics_counts_as_different_and_is_told() {
    #[derive(Clone, Debug)]
    struct Touchy(u8);
    impl PartialEq for Touchy {
        fn eq(&self, _: &Self) -> bool {
            panic!("a comparison panics")
        }
    }
    let stage = Stage::new();
    let events = told(&stage.client);
    let touchy: Key<Touchy> = Key::typed(QueryKey::new(["touchy"]));
    stage.client.set(&touchy, Touchy(1));
    assert_eq!(stage.client.statistics().panics, 0);
    stage.client.set(&touchy, Touchy(2));
    assert_eq!(stage.client.get(&touchy).unwrap().0, 2);
    assert!(has(&events, &CacheEvent::Panicked(touchy.untyped().clone())));
    assert_eq!(stage.client.statistics().panics, 1);
}

#[test]
fn a_listener_that_panics_keeps_nobody_from_hearing_nor_time_from_passing() {
    let stage = Stage::new();
    stage.client.subscribe(|event| assert!(!matches!(event, CacheEvent::Added(_)), "a listener panics")).forever();
    let events = told(&stage.client);
    let set = catch_unwind(AssertUnwindSafe(|| stage.client.set(&key("a"), 1)));
    assert!(set.is_err(), "who caused it hears of it");
    let a = key("a").untyped().clone();
    assert!(has(&events, &CacheEvent::Added(a.clone())) && has(&events, &CacheEvent::Updated(a, CacheAction::Set)));
    assert_eq!((stage.client.statistics().panics, stage.client.statistics().queries), (1, 1));
    stage.advance(300);
    assert_eq!(stage.client.statistics().collected, 1, "the alarm was set");
}

#[test]
fn results_that_may_lack_a_mutation_are_counted() {
    let stage = Stage::new();
    let events = told(&stage.client);
    let _shown = stage.client.observe(detail(1));
    stage.answer("GET /cards/1", &card(1, "todo", 10));
    let raise = stage.client.mutation(edit()).mutate(Edit { id: 1, change: CardChange::Raise(1) });
    let sent = stage.request("PATCH /cards/1");
    drop(stage.client.refetch(detail(1).key()));
    stage.answer("GET /cards/1", &card(1, "todo", 11));
    let now = stage.client.statistics();
    assert_eq!((now.parked, now.refused), (1, 0), "nobody knows whether the answer has the change");
    sent.respond_json(200, &card(1, "todo", 11));
    assert!(stage.runtime.block_on(raise).unwrap().is_ok());
    let now = stage.client.statistics();
    assert_eq!((now.parked, now.refused), (1, 1), "it began before the confirmation");
    let shown = detail(1).key().untyped().clone();
    assert!(has(&events, &CacheEvent::Updated(shown.clone(), CacheAction::Park)));
    assert!(has(&events, &CacheEvent::Updated(shown, CacheAction::Refuse)));
}

#[test]
fn an_answer_to_a_mutation_that_was_given_up_is_told() {
    let stage = Stage::new();
    let events = told(&stage.client);
    let late: MutationOptions<(), ()> = MutationOptions::new(&["late"], |context: MutationContext, ()| async move {
        // Whoever takes the signal can be given up while the request is on its way.
        drop(context.signal());
        context.client()?.cancel_mutations(MutationFilter::all());
        Ok(())
    });
    let handle = stage.client.mutation(late).mutate(());
    assert!(stage.runtime.block_on(handle).unwrap().unwrap_err().is_cancelled());
    assert!(has(&events, &CacheEvent::Dropped(QueryKey::new(["late"]))));
    assert_eq!(stage.client.statistics().dropped, 1);
}

#[test]
fn functions_of_tags_and_targets_that_panic_are_told() {
    let stage = Stage::new();
    let events = told(&stage.client);
    let tagged = number("a").provides(|_, _| panic!("a function of tags panics"));
    let _observer = stage.observed(tagged, "GET /a", 1);
    assert!(has(&events, &CacheEvent::Panicked(key("a").untyped().clone())));
    let options = edit().invalidates(|_, _| panic!("a function of targets panics"));
    let handle = stage.client.mutation(options).mutate(Edit { id: 1, change: CardChange::Rank(1) });
    stage.answer("PATCH /cards/1", &card(1, "todo", 1));
    assert!(stage.runtime.block_on(handle).unwrap().is_ok());
    assert_eq!(stage.client.statistics().panics, 2);
}
