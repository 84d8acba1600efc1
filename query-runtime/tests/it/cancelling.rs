//! What becomes of a fetch that nobody wants any more?

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use query_runtime::{AbortSignal, Cancel, FetchStatus, Key, QueryKey, QueryOptions, RefetchWhen, Request, RetryPolicy};
use serde_json::json;

use crate::stage::{Stage, key, number};

#[test]
fn the_last_observer_takes_its_request_with_it() {
    let stage = Stage::new();
    let first = stage.client.observe(number("a"));
    let second = stage.client.observe(number("a"));
    let request = stage.request("GET /a");
    drop(first);
    stage.runtime.run_until_stalled();
    assert!(!request.is_aborted());
    drop(second);
    stage.runtime.run_until_stalled();
    assert!(request.is_aborted());
    let left = stage.client.state(key("a").untyped()).unwrap();
    assert!(!left.has_data && left.error.is_none());
}

#[test]
fn a_function_that_takes_no_signal_runs_on_and_its_result_is_kept() {
    let stage = Stage::new();
    let (send, wait) = tokio::sync::oneshot::channel::<u64>();
    let wait = Arc::new(Mutex::new(Some(wait)));
    let options = QueryOptions::new(key("a"), move |_| {
        let wait = wait.lock().unwrap().take().unwrap();
        async move { Ok(wait.await.unwrap()) }
    });
    let observer = stage.client.observe(options);
    stage.runtime.run_until_stalled();
    drop(observer);
    send.send(7).unwrap();
    stage.runtime.run_until_stalled();
    assert_eq!(stage.client.get(&key("a")).as_deref(), Some(&7));
}

#[test]
fn the_signal_tells_that_the_fetch_was_given_up() {
    let stage = Stage::new();
    let taken: Arc<Mutex<Option<AbortSignal>>> = Arc::default();
    let inner = taken.clone();
    let options = QueryOptions::new(key("a"), move |context| {
        *inner.lock().unwrap() = Some(context.signal());
        std::future::pending()
    });
    let observer = stage.client.observe(options);
    stage.runtime.run_until_stalled();
    let signal = taken.lock().unwrap().take().unwrap();
    assert!(!signal.is_aborted());
    drop(observer);
    stage.runtime.run_until_stalled();
    assert!(signal.is_aborted());
    stage.runtime.block_on(signal.aborted()).unwrap();
}

#[test]
fn cancelling_goes_back_to_what_was_before() {
    let stage = Stage::new();
    let observer = stage.observed(number("a"), "GET /a", 1);
    let awaited = observer.refetch();
    let request = stage.request("GET /a");
    stage.client.cancel(key("a"));
    stage.runtime.run_until_stalled();
    assert!(request.is_aborted());
    let shown = observer.current();
    assert!(shown.is_success() && !shown.is_fetching());
    assert_eq!(shown.data.as_deref(), Some(&1));
    stage.runtime.block_on(awaited).unwrap();
}

#[test]
fn who_waits_for_data_that_never_comes_is_told() {
    let stage = Stage::new();
    let mut awaited = Box::pin(stage.client.fetch(number("a")));
    assert!(stage.runtime.block_on(awaited.as_mut()).is_err());
    stage.client.cancel(QueryKey::new(["number"]));
    assert!(stage.runtime.block_on(awaited).unwrap().unwrap_err().is_cancelled());
}

#[test]
fn removing_and_clearing_tell_observers_and_what_comes_later_is_seen() {
    let stage = Stage::new();
    let observer = stage.observed(number("a").stale_forever(), "GET /a", 1);
    stage.client.remove(key("a"));
    let shown = observer.current();
    assert!(shown.data.is_none() && shown.is_gone && shown.is_pending());
    stage.silence();
    stage.client.set(&key("a"), 2);
    assert_eq!(observer.current().data.as_deref(), Some(&2));
    stage.client.clear();
    assert!(observer.current().data.is_none());
    let _refetch = observer.refetch();
    stage.answer("GET /a", &json!(3));
    assert_eq!(observer.current().data.as_deref(), Some(&3));
    assert!(!observer.current().is_gone);
}

#[test]
fn new_observer_of_a_removed_query_fetches_it_as_a_new_one() {
    let stage = Stage::new();
    stage.client.set(&key("a"), 1);
    let _attached = stage.client.observe(number("a").enabled(false));
    stage.client.remove(key("a"));
    let options = || number("a").refetch_on_mount(RefetchWhen::Never).retry_on_mount(false).retry(RetryPolicy::never());
    let observer = stage.client.observe(options());
    stage.refuse("GET /a", 500);
    assert!(observer.current().is_error());
    let _silent = stage.client.observe(options());
    stage.silence();
    let _loud = stage.client.observe(options().retry_on_mount(true));
    stage.answer("GET /a", &json!(2));
    assert_eq!(observer.current().data.as_deref(), Some(&2));
}

#[test]
fn resetting_goes_back_to_initial_data_and_fetches_what_is_looked_at() {
    let stage = Stage::new();
    let observer = stage.client.observe(number("a").initial_data(5).stale_forever());
    stage.client.set(&key("a"), 6);
    let settled = stage.client.reset(key("a"));
    let shown = observer.current();
    assert_eq!((shown.data.as_deref(), shown.is_fetching()), (Some(&5), true));
    stage.answer("GET /a", &json!(7));
    stage.runtime.block_on(settled).unwrap();
    assert_eq!(observer.current().data.as_deref(), Some(&7));
}

#[test]
fn cancelling_without_going_back_is_an_error() {
    let stage = Stage::new();
    let observer = stage.observed(number("a"), "GET /a", 1);
    let refetched = observer.refetch();
    let request = stage.request("GET /a");
    stage.client.cancel_with(key("a"), Cancel::new().revert(false));
    let shown = observer.current();
    assert!(shown.error.is_some_and(|error| error.is_cancelled()));
    assert_eq!((shown.data.as_deref(), shown.failure_count, shown.error_update_count), (Some(&1), 1, 1));
    assert!(stage.client.state(key("a").untyped()).unwrap().is_invalidated);
    assert!(stage.runtime.block_on(refetched.outcome()).unwrap().unwrap_err().is_cancelled());
    stage.runtime.run_until_stalled();
    assert!(request.is_aborted());
}

#[test]
fn silent_cancelling_goes_back_and_tells_whoever_waits() {
    let stage = Stage::new();
    let observer = stage.observed(number("a"), "GET /a", 1);
    let (loud, silent) = (observer.refetch(), number("b"));
    let _request = stage.request("GET /a");
    stage.client.cancel(key("a"));
    assert!(stage.runtime.block_on(loud.outcome()).unwrap().is_ok());
    let mut fetch = Box::pin(stage.client.fetch(silent));
    assert!(stage.runtime.block_on(fetch.as_mut()).is_err());
    let _request = stage.request("GET /b");
    stage.client.cancel_with(key("b"), Cancel::new().silent(true));
    assert!(stage.runtime.block_on(fetch).unwrap().unwrap_err().is_cancelled());
    let refetched = observer.refetch();
    let _request = stage.request("GET /a");
    stage.client.cancel_with(key("a"), Cancel::new().silent(true));
    assert!(stage.runtime.block_on(refetched.outcome()).unwrap().unwrap_err().is_cancelled());
    assert!(observer.current().is_success());
}

#[test]
fn silent_cancelling_without_going_back_leaves_the_query_fetching_until_its_next_fetch() {
    let stage = Stage::new();
    let observer = stage.client.observe(number("a"));
    let request = stage.request("GET /a");
    stage.client.cancel_with(key("a"), Cancel::new().revert(false).silent(true));
    stage.runtime.run_until_stalled();
    assert!(request.is_aborted());
    let shown = observer.current();
    assert!(shown.is_pending() && shown.error.is_none());
    assert_eq!(shown.fetch_status, FetchStatus::Fetching);
    let _refetched = observer.refetch();
    stage.answer("GET /a", &json!(2));
    assert_eq!((observer.current().data.as_deref(), observer.current().is_fetching()), (Some(&2), false));
}

#[test]
fn resetting_during_a_fetch_lets_who_waits_follow_the_next_one_or_fail() {
    let stage = Stage::new();
    let mut alone = Box::pin(stage.client.fetch(number("a")));
    assert!(stage.runtime.block_on(alone.as_mut()).is_err());
    let _request = stage.request("GET /a");
    stage.client.reset(key("a"));
    assert!(stage.runtime.block_on(alone).unwrap().unwrap_err().is_cancelled());
    assert!(stage.client.state(key("a").untyped()).unwrap().error.is_none());
    let observer = stage.client.observe(number("b"));
    let mut waits = Box::pin(stage.client.fetch(number("b")));
    assert!(stage.runtime.block_on(waits.as_mut()).is_err());
    let _request = stage.request("GET /b");
    stage.client.reset(key("b"));
    stage.answer("GET /b", &json!(2));
    assert_eq!(stage.runtime.block_on(waits).unwrap().unwrap(), 2.into());
    assert_eq!(observer.current().data.as_deref(), Some(&2));
}

#[test]
fn function_that_takes_no_signal_runs_to_its_end_unheeded_when_its_fetch_is_given_up() {
    let stage = Stage::new();
    let ended: Arc<Mutex<Vec<bool>>> = Arc::default();
    let (send, wait) = tokio::sync::oneshot::channel::<u64>();
    let (wait, log) = (Arc::new(Mutex::new(Some(wait))), ended.clone());
    let options = QueryOptions::new(key("a"), move |context| {
        let (wait, log) = (wait.lock().unwrap().take().unwrap(), log.clone());
        async move {
            let number = wait.await.unwrap();
            let late = context.send(Request::get("/late")).await;
            log.lock().unwrap().push(context.signal().is_aborted() && late.is_err_and(|error| error.is_cancelled()));
            Ok(number)
        }
    });
    let observer = stage.client.observe(options);
    stage.runtime.run_until_stalled();
    stage.client.cancel(key("a"));
    assert!(!observer.current().is_fetching());
    let tasks = stage.runtime.tasks();
    send.send(7).unwrap();
    stage.silence();
    assert_eq!(*ended.lock().unwrap(), [true]);
    assert_eq!(stage.runtime.tasks(), tasks - 1);
    assert!(observer.current().data.is_none());
}

#[test]
fn unheeded_function_ends_with_its_client_at_the_latest() {
    let stage = Stage::new();
    let observer = stage.client.observe(QueryOptions::new(key("a"), |_| std::future::pending()));
    stage.runtime.run_until_stalled();
    stage.client.cancel(key("a"));
    stage.runtime.run_until_stalled();
    assert!(stage.runtime.tasks() > 0);
    drop(observer);
    let Stage { runtime, client, .. } = stage;
    drop(client);
    runtime.run_until_stalled();
    assert_eq!(runtime.tasks(), 0);
}

#[test]
fn fetch_that_begins_after_a_cancellation_is_not_touched_by_what_was_cancelled() {
    let stage = Stage::new();
    let (send, wait) = tokio::sync::oneshot::channel::<u64>();
    let wait = Arc::new(Mutex::new(Some(wait)));
    let stubborn = QueryOptions::new(key("a"), move |_| {
        let wait = wait.lock().unwrap().take().unwrap();
        async move { Ok(wait.await.unwrap()) }
    });
    let first = stage.client.observe(stubborn);
    stage.runtime.run_until_stalled();
    stage.client.cancel(key("a"));
    let second = stage.client.observe(number("a"));
    let request = stage.request("GET /a");
    send.send(7).unwrap();
    stage.runtime.run_until_stalled();
    assert!(second.current().is_loading());
    request.respond_json(200, &json!(2));
    stage.runtime.run_until_stalled();
    assert_eq!((first.current().data.as_deref(), second.current().data.as_deref()), (Some(&2), Some(&2)));
}

#[test]
fn settled_fetch_keeps_no_second_copy_of_its_data() {
    static ALIVE: AtomicUsize = AtomicUsize::new(0);
    #[derive(PartialEq)]
    struct Counted(u64);
    impl Counted {
        fn new(number: u64) -> Self {
            ALIVE.fetch_add(1, Ordering::SeqCst);
            Self(number)
        }
    }
    impl Drop for Counted {
        fn drop(&mut self) {
            ALIVE.fetch_sub(1, Ordering::SeqCst);
        }
    }
    let stage = Stage::new();
    let counted: Key<Counted> = Key::typed(QueryKey::new(["counted"]));
    let options = QueryOptions::new(counted.clone(), |_| async { Ok(Counted::new(1)) });
    for _ in 0..3 {
        let brought = stage.runtime.block_on(stage.client.fetch(options.clone())).unwrap().unwrap();
        assert_eq!(brought.0, 1);
    }
    assert_eq!(ALIVE.load(Ordering::SeqCst), 1);
    stage.client.remove(counted);
    assert_eq!(ALIVE.load(Ordering::SeqCst), 0);
}
