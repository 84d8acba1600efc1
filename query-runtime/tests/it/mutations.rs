//! Which mutations are in the cache, how are they found, and which defaults do they have?

use std::time::Duration;

use query_runtime::testing::EventLog;
use query_runtime::{
    CacheEvent, GcTime, MutationCallbacks, MutationChange, MutationContext, MutationDefaults, MutationEvent,
    MutationFilter, MutationNotice, MutationOptions, MutationStatus, QueryClient, QueryError, QueryKey, Request,
};

use crate::stage::Stage;

async fn send(context: MutationContext, text: String) -> Result<usize, QueryError> {
    context.send(Request::post("/notes").json(&text)).await?.empty()?;
    Ok(text.len())
}

/// `POST /notes`, answered with nothing; its result is the length of the text.
pub(crate) fn add() -> MutationOptions<String, usize> {
    MutationOptions::new(&["notes", "add"], send)
}

pub(crate) fn key() -> QueryKey {
    QueryKey::new(["notes", "add"])
}

/// The variables of the mutations that are meant, in order.
fn texts(client: &QueryClient, filter: impl Into<MutationFilter>) -> Vec<String> {
    let found = client.mutations(filter).into_iter();
    found.map(|mutation| mutation.variables::<String>().unwrap().as_str().to_owned()).collect()
}

#[test]
fn mutations_are_listed_as_they_were_asked_for_with_all_that_is_known_of_them() {
    let stage = Stage::new();
    let observer = stage.client.mutation(add().scope(|_| "notes").meta("by hand"));
    let (first, second) = (observer.mutate("a".to_owned()), observer.mutate("bb".to_owned()));
    let all = stage.client.mutations(MutationFilter::all());
    assert_eq!(all.iter().map(|one| one.id).collect::<Vec<_>>(), [first.id(), second.id()]);
    assert_eq!((&all[0].key, all[0].scope.as_deref(), all[0].is_paused), (&key(), Some("notes"), false));
    assert_eq!((all[1].status, all[1].is_paused), (MutationStatus::Pending, true));
    assert_eq!((all[0].meta::<&str>().as_deref(), all[0].meta::<u32>()), (Some(&"by hand"), None));
    assert!(all[0].data::<usize>().is_none() && all[0].variables::<usize>().is_none());
    stage.request("POST /notes").respond_empty(204);
    stage.refuse("POST /notes", 422);
    let all = stage.client.mutations(MutationFilter::all());
    assert_eq!((all[0].status, all[0].data::<usize>().as_deref()), (MutationStatus::Success, Some(&1)));
    assert_eq!((all[1].status, all[1].failure_count), (MutationStatus::Error, 1));
    assert_eq!(all[1].error.as_ref().unwrap().status(), Some(422));
    assert_eq!(all[1].failure_reason, all[1].error);
}

#[test]
fn a_filter_finds_mutations_by_key_by_status_and_by_a_test() {
    let stage = Stage::new();
    let _added = stage.client.mutation(add()).mutate("added".to_owned());
    let other = add().key(QueryKey::new(["notes", "add", "twice"]));
    let _other = stage.client.mutation(other).mutate("other".to_owned());
    let _unnamed = stage.client.mutation(add().key(QueryKey::new([""; 0]))).mutate("unnamed".to_owned());
    assert_eq!(texts(&stage.client, MutationFilter::all()), ["added", "other", "unnamed"]);
    assert_eq!(texts(&stage.client, QueryKey::new(["notes"])), ["added", "other"]);
    assert_eq!(texts(&stage.client, MutationFilter::exact(key())), ["added"]);
    let long = MutationFilter::all().predicate(|one| one.variables::<String>().is_some_and(|text| text.len() > 5));
    assert_eq!(texts(&stage.client, long), ["unnamed"]);
    stage.request("POST /notes").respond_empty(204);
    stage.runtime.run_until_stalled();
    assert_eq!(texts(&stage.client, MutationFilter::all().pending()), ["other", "unnamed"]);
    assert_eq!(texts(&stage.client, MutationFilter::under(key()).status(MutationStatus::Success)), ["added"]);
    assert!(texts(&stage.client, MutationFilter::all().paused()).is_empty());
    assert_eq!(stage.client.is_mutating(MutationFilter::all()), 2);
    stage.client.set_online(false);
    let _waiting = stage.client.mutation(add()).mutate("waiting".to_owned());
    assert_eq!(texts(&stage.client, MutationFilter::all().paused()), ["waiting"]);
    assert_eq!(stage.client.is_mutating(key()), 2);
}

#[test]
fn subscribers_hear_of_mutations_that_come_change_and_leave() {
    let (stage, log) = (Stage::new(), EventLog::new());
    let inner = log.clone();
    let _subscription = stage.client.subscribe(move |event| {
        if let CacheEvent::Mutation(_, key, change) = event {
            assert_eq!(event.key(), key);
            inner.push(format_args!("{key} {change:?}"));
        }
    });
    let observer = stage.client.mutation(add().gc_time(Duration::from_secs(1)));
    let _handle = observer.mutate("a".to_owned());
    log.assert(&[r#"["notes","add"] Added"#]);
    stage.request("POST /notes").respond_empty(204);
    stage.runtime.run_until_stalled();
    log.assert(&[r#"["notes","add"] Updated"#]);
    drop(observer);
    stage.advance(1);
    log.assert(&[r#"["notes","add"] Removed"#]);
    assert_ne!(MutationChange::Added, MutationChange::Removed);
}

#[test]
fn what_is_computed_from_the_cache_is_kept_up_to_date_and_told_when_it_differs() {
    let (stage, log) = (Stage::new(), EventLog::new());
    let adding = MutationFilter::under(key()).pending();
    let watch = stage.client.watch(move |client| texts(client, adding.clone()));
    let inner = log.clone();
    let _subscription = watch.subscribe(move |texts| inner.push(texts.len()));
    assert!(watch.current().is_empty());
    let observer = stage.client.mutation(add());
    let _handle = observer.mutate("a".to_owned());
    let _other = stage.client.mutation(add().key(QueryKey::new(["other"]))).mutate("b".to_owned());
    assert_eq!(*stage.runtime.block_on(watch.changed()).unwrap().unwrap(), ["a"]);
    let shown = watch.current();
    stage.client.set_online(false);
    stage.client.set_online(true);
    assert!(std::sync::Arc::ptr_eq(&shown, &watch.current()));
    log.assert(&["1"]);
    stage.request("POST /notes").respond_empty(204);
    stage.runtime.run_until_stalled();
    assert!(watch.current().is_empty());
    log.assert(&["0"]);
}

#[test]
fn a_mutation_without_a_function_has_that_of_its_key_or_fails() {
    let stage = Stage::new();
    let by_key = || MutationOptions::<String, usize>::by_key(key());
    let missing = stage.client.mutation(by_key());
    let handle = missing.mutate("a".to_owned());
    let error = stage.runtime.block_on(handle).unwrap().unwrap_err();
    assert!(error.is_missing_mutation(), "{error}");
    stage.client.set_mutation_defaults(QueryKey::new(["notes"]), add());
    assert!(
        stage.runtime.block_on(missing.mutate("a".to_owned())).unwrap().is_err(),
        "who was there before is not changed"
    );
    let handle = stage.client.mutation(by_key()).mutate("a".to_owned());
    stage.request("POST /notes").respond_empty(204);
    assert_eq!(*stage.runtime.block_on(handle).unwrap().unwrap(), 1);
    // A function for other types cannot send this one.
    let foreign = MutationOptions::<u32, u32>::by_key(key());
    assert!(stage.runtime.block_on(stage.client.mutation(foreign).mutate(1)).unwrap().is_err());
}

#[test]
fn own_options_win_over_those_of_the_key_and_these_over_those_of_the_client() {
    let stage = Stage::with(|builder| {
        builder.mutation_defaults(MutationDefaults::new().gc_time(Duration::from_secs(1)).scope("all"))
    });
    let log = EventLog::new();
    let note = |line: &'static str| {
        let log = log.clone();
        move |_| {
            log.push(line);
            async { Ok::<(), QueryError>(()) }
        }
    };
    let under_key = add().on_mutate(note("of the key")).on_settled(note("settled")).gc_time(Duration::from_secs(10));
    stage.client.set_mutation_defaults(key(), under_key);
    stage.client.set_mutation_defaults(QueryKey::new(["notes"]), MutationDefaults::new().scope("notes"));
    let own = MutationOptions::<String, usize>::by_key(key()).on_mutate(note("own"));
    let observer = stage.client.mutation(own);
    let _handle = observer.mutate("a".to_owned());
    assert_eq!(stage.client.mutations(key())[0].scope.as_deref(), Some("notes"), "the later of two wins");
    stage.request("POST /notes").respond_empty(204);
    stage.runtime.run_until_stalled();
    log.assert(&["own", "settled"]);
    let elsewhere = stage.client.mutation(add().key(QueryKey::new(["x"])).gc_time(GcTime::Never));
    let _kept = elsewhere.mutate("b".to_owned());
    assert_eq!(stage.client.mutations(QueryKey::new(["x"]))[0].scope.as_deref(), Some("all"));
    drop(observer);
    stage.advance(9);
    assert_eq!(stage.client.mutations(key()).len(), 1);
    stage.advance(1);
    assert!(stage.client.mutations(key()).is_empty());
}

#[test]
fn callbacks_of_the_client_run_before_the_own_ones_and_success_shows_after_all() {
    let log = EventLog::new();
    let note = |line: &'static str| {
        let log = log.clone();
        move |notice: MutationNotice| {
            let (key, shows) = (notice.mutation.key.to_string(), notice.mutation.data::<usize>().is_some());
            log.push(format_args!("client {line} {key} {shows} {:?}", notice.mutation.status));
            async { Ok(()) }
        }
    };
    let callbacks = MutationCallbacks::new()
        .on_mutate(note("mutate"))
        .on_success(note("success"))
        .on_error(note("error"))
        .on_settled(note("settled"));
    let stage = Stage::with(|builder| builder.mutation_callbacks(callbacks));
    let own = |line: &'static str| {
        let log = log.clone();
        move |event: MutationEvent<String, usize>| {
            log.push(format_args!("own {line} {}", event.context::<u32>().is_some()));
            async { Ok(()) }
        }
    };
    let options = add().on_mutate({
        let log = log.clone();
        move |_| {
            log.push("own mutate");
            async { Ok(7_u32) }
        }
    });
    let observer = stage.client.mutation(options.on_success(own("success")).on_settled(own("settled")));
    let handle = observer.mutate("a".to_owned());
    log.assert(&[r#"client mutate ["notes","add"] false Pending"#, "own mutate"]);
    stage.request("POST /notes").respond_empty(204);
    stage.runtime.block_on(handle).unwrap().unwrap();
    log.assert(&[
        r#"client success ["notes","add"] true Pending"#,
        "own success true",
        r#"client settled ["notes","add"] true Pending"#,
        "own settled true",
    ]);
    let handle = observer.mutate("b".to_owned());
    log.take();
    stage.refuse("POST /notes", 422);
    assert!(stage.runtime.block_on(handle).unwrap().is_err());
    let expected = [r#"client error ["notes","add"] false Pending"#, r#"client settled ["notes","add"] false Pending"#];
    log.assert(&[expected[0], expected[1], "own settled true"]);
}

#[test]
fn an_error_of_on_settled_after_a_success_runs_the_callbacks_of_a_failure() {
    let (stage, log) = (Stage::new(), EventLog::new());
    let (settled, failed) = (log.clone(), log.clone());
    let options = add()
        .on_settled(move |event| {
            settled.push(format_args!("settled {}", event.error.is_some()));
            async { Err(QueryError::message("not settled")) }
        })
        .on_error(move |event| {
            failed.push(format_args!("error {}", event.error.unwrap()));
            async { Ok(()) }
        });
    let handle = stage.client.mutation(options).mutate("a".to_owned());
    stage.request("POST /notes").respond_empty(204);
    assert_eq!(stage.runtime.block_on(handle).unwrap().unwrap_err().to_string(), "not settled");
    log.assert(&["settled false", "error not settled", "settled true"]);
}

#[test]
fn options_that_change_while_a_mutation_runs_count_for_its_end_and_another_key_resets() {
    let (stage, log) = (Stage::new(), EventLog::new());
    let note = |line: &'static str| {
        let log = log.clone();
        move |_| {
            log.push(line);
            async { Ok(()) }
        }
    };
    let observer = stage.client.mutation(add().on_success(note("old")));
    let handle = observer.mutate("a".to_owned());
    observer.set_options(add().on_success(note("new")).meta(7_u32));
    assert_eq!(stage.client.mutations(key())[0].meta::<u32>().as_deref(), Some(&7));
    stage.request("POST /notes").respond_empty(204);
    stage.runtime.block_on(handle).unwrap().unwrap();
    log.assert(&["new"]);
    observer.set_options(add().meta(8_u32));
    assert_eq!(stage.client.mutations(key())[0].meta::<u32>().as_deref(), Some(&7), "it is over");
    assert!(observer.current().is_success());
    observer.set_options(add().key(QueryKey::new(["other"])));
    assert!(observer.current().is_idle());
}

#[test]
fn a_mutation_is_kept_while_it_is_shown_or_not_over_and_then_for_its_time() {
    let stage = Stage::new();
    let listed = || stage.client.mutations(MutationFilter::all()).len();
    let observer = stage.client.mutation(add().gc_time(Duration::from_secs(10)));
    let twin = observer.clone();
    let first = observer.mutate("a".to_owned());
    drop(observer);
    let request = stage.request("POST /notes");
    stage.advance(60);
    assert_eq!(listed(), 1, "a clone shows it");
    drop(twin);
    stage.advance(25);
    assert_eq!(listed(), 1, "it is not over");
    request.respond_empty(204);
    stage.runtime.block_on(first).unwrap().unwrap();
    assert_eq!(listed(), 1);
    stage.advance(5);
    assert_eq!(listed(), 0);
    let observer = stage.client.mutation(add().gc_time(Duration::ZERO));
    let second = observer.mutate("b".to_owned());
    observer.reset();
    stage.advance(1);
    assert_eq!(listed(), 1);
    stage.request("POST /notes").respond_empty(204);
    stage.advance(0);
    assert_eq!(listed(), 0);
    assert_eq!(*stage.runtime.block_on(second).unwrap().unwrap(), 1, "who waits hears of it all the same");
}
