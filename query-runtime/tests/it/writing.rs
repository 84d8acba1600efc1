//! What becomes of data that a program writes by hand?

use query_runtime::{CacheAction, CacheEvent, Key, Moment, QueryFilter, QueryKey, RefetchType, Write};
use serde_json::json;

use crate::stage::{Stage, key, number, seconds};

#[test]
fn local_write_keeps_an_invalidation_and_a_confirmed_one_ends_it() {
    let stage = Stage::new();
    let observer = stage.observed(number("a").stale_forever(), "GET /a", 1);
    stage.client.invalidate(QueryFilter::from(key("a")).refetch_type(RefetchType::None));
    stage.client.set(&key("a"), 2);
    assert!(observer.current().is_stale);
    stage.client.set_with(&key("a"), 3, Write::confirmed());
    let shown = observer.current();
    assert_eq!((shown.data.as_deref(), shown.is_stale), (Some(&3), false));
}

#[test]
fn written_data_is_as_old_as_is_said() {
    let stage = Stage::new();
    stage.advance(100);
    let told = stage.runtime.now() - seconds(60);
    stage.client.set_with(&key("a"), 1, Write::local().at(told));
    assert_eq!(stage.client.state(key("a").untyped()).unwrap().data_updated_at, Some(told));
    let observer = stage.client.observe(number("a").stale_time(seconds(61)));
    assert!(!observer.current().is_stale);
    stage.advance(1);
    assert!(observer.current().is_stale);
    stage.silence();
}

#[test]
fn initial_data_is_as_old_as_is_said_and_without_a_time_stale_at_once() {
    let stage = Stage::new();
    stage.advance(100);
    let options = |name| number(name).initial_data(5).stale_time(seconds(60));
    let fresh = stage.client.observe(options("a").initial_data_updated_at(stage.runtime.now() - seconds(59)));
    stage.silence();
    assert!(!fresh.current().is_stale);
    stage.advance(1);
    assert!(fresh.current().is_stale);
    let old = stage.client.observe(options("b").initial_data_updated_at(Moment::ZERO));
    assert_eq!(old.current().data_updated_at, Some(Moment::ZERO));
    stage.answer("GET /b", &json!(6));
    let never = stage.client.observe(options("c").initial_data_updated_at(None));
    assert_eq!((never.current().data.as_deref(), never.current().data_updated_at), (Some(&5), None));
    stage.answer("GET /c", &json!(6));
    assert_eq!(never.current().data.as_deref(), Some(&6));
}

#[test]
fn reset_goes_back_to_initial_data_of_its_own_age() {
    let stage = Stage::new();
    stage.advance(100);
    let then = Moment::ZERO + seconds(50);
    let options = number("a").initial_data(5).initial_data_updated_at(then).enabled(false);
    let observer = stage.client.observe(options);
    stage.client.set(&key("a"), 9);
    stage.client.reset(key("a"));
    assert_eq!((observer.current().data.as_deref(), observer.current().data_updated_at), (Some(&5), Some(then)));
}

#[test]
fn update_can_make_data_where_there_is_none() {
    let stage = Stage::new();
    let add = |number: Option<&u64>| Some(number.map_or(1, |number| number + 1));
    assert_eq!(stage.client.update_with(&key("a"), Write::local(), add).as_deref(), Some(&1));
    assert_eq!(stage.client.update_with(&key("a"), Write::local(), add).as_deref(), Some(&2));
    assert_eq!(stage.client.update_with(&key("b"), Write::local(), |_| None), None);
    assert!(stage.client.state(key("b").untyped()).is_none());
}

#[test]
fn all_that_a_filter_means_are_written_in_one_step() {
    let stage = Stage::new();
    let text: Key<String> = Key::typed(QueryKey::new(["number", "text"]));
    stage.client.set(&text, "two".to_owned());
    stage.client.set(&key("a"), 1);
    let empty = stage.client.observe(number("b").enabled(false));
    stage.client.set(&key("c"), 3);
    let (reader, events) = (stage.client.clone(), std::sync::Arc::new(std::sync::Mutex::new(Vec::new())));
    let seen = events.clone();
    let _listening = stage.client.subscribe(move |event| {
        if let CacheEvent::Updated(_, CacheAction::Set) = event {
            seen.lock().unwrap().push((reader.get(&key("a")), reader.get(&key("b"))));
        }
    });
    let written = stage.client.update_all::<u64>(QueryKey::new(["number"]), Write::local(), |key, number| {
        (number != Some(&3)).then(|| number.copied().unwrap_or_default() + key.untyped().segments().len() as u64)
    });
    assert_eq!(written, [(key("a"), 3.into()), (key("b"), 2.into())]);
    let both = (Some(3.into()), Some(2.into()));
    assert_eq!(*events.lock().unwrap(), [both.clone(), both]);
    assert_eq!(empty.current().data.as_deref(), Some(&2));
    assert_eq!(stage.client.get(&text).as_deref().map(String::as_str), Some("two"));
    assert_eq!(stage.client.get(&key("c")).as_deref(), Some(&3));
    let none = stage.client.update_all::<u64>(QueryKey::new(["nothing"]), Write::local(), |_, _| Some(1));
    assert!(none.is_empty());
}

#[test]
fn many_are_set_in_one_step_also_where_nothing_was() {
    let stage = Stage::new();
    let observer = stage.client.observe(number("a").enabled(false));
    let text: Key<String> = Key::typed(QueryKey::new(["number", "text"]));
    stage.client.set(&text, "two".to_owned());
    let (reader, halves) = (stage.client.clone(), std::sync::Arc::new(std::sync::Mutex::new(0)));
    let seen = halves.clone();
    let _listening = stage.client.subscribe(move |_| {
        let (a, b) = reader.get_both(&key("a"), &key("b"));
        *seen.lock().unwrap() += u32::from(a.is_some() != b.is_some());
    });
    let foreign: Key<u64> = Key::typed(text.untyped().clone());
    stage.client.set_many([(key("a"), 1), (foreign, 2), (key("b"), 3)], Write::local());
    assert_eq!(observer.current().data.as_deref(), Some(&1));
    assert_eq!(stage.client.get(&key("b")).as_deref(), Some(&3));
    assert_eq!(stage.client.get(&text).as_deref().map(String::as_str), Some("two"));
    assert_eq!(*halves.lock().unwrap(), 0, "whoever looked has seen both or none");
    stage.client.invalidate(QueryFilter::exact(key("b")));
    stage.client.set_many([(key("b"), 4)], Write::confirmed());
    assert!(!stage.client.state(key("b").untyped()).unwrap().is_invalidated);
}
