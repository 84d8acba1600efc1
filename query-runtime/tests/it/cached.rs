//! What runs for as long as an entry is cached?

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use query_runtime::{CacheEvent, CachedEntry, QueryKey, QueryOptions, Subscription};
use serde_json::json;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::stage::{Stage, key, number, seconds};

/// The sockets that are open, by the keys of what they push.
#[derive(Clone, Default)]
struct Exchange {
    open: Arc<Mutex<HashMap<String, UnboundedSender<u64>>>>,
    opened: Arc<Mutex<u32>>,
}

/// A socket; dropping it closes it.
struct Socket {
    key: String,
    exchange: Exchange,
    pushed: UnboundedReceiver<u64>,
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.exchange.open.lock().unwrap().remove(&self.key);
    }
}

impl Exchange {
    fn connect(&self, key: &QueryKey) -> Socket {
        let (sender, pushed) = unbounded_channel();
        self.open.lock().unwrap().insert(key.to_string(), sender);
        *self.opened.lock().unwrap() += 1;
        Socket { key: key.to_string(), exchange: self.clone(), pushed }
    }

    fn push(&self, key: &QueryKey, value: u64) {
        self.open.lock().unwrap()[&key.to_string()].send(value).unwrap();
    }

    fn open(&self) -> usize {
        self.open.lock().unwrap().len()
    }

    /// Writes what is pushed to the entries of numbers, once they have been fetched.
    fn serve(&self, stage: &Stage) -> Subscription {
        let exchange = self.clone();
        stage.client.while_cached(QueryKey::new(["number"]), move |entry: CachedEntry| {
            let exchange = exchange.clone();
            async move {
                let mut socket = exchange.connect(entry.key());
                if entry.data_loaded::<u64>().await.is_err() {
                    return;
                }
                while let (Some(value), Ok(client)) = (socket.pushed.recv().await, entry.client()) {
                    client.set(&entry.typed_key::<u64>(), value);
                }
            }
        })
    }
}

#[test]
fn what_is_pushed_after_the_first_data_is_shown_until_the_entry_leaves() {
    let stage = Stage::new();
    let exchange = Exchange::default();
    let subscription = exchange.serve(&stage);
    let observer = stage.client.observe(number("a"));
    stage.runtime.run_until_stalled();
    exchange.push(key("a").untyped(), 7);
    stage.runtime.run_until_stalled();
    assert!(observer.current().data.is_none(), "nothing is written before the first data is there");
    stage.answer("GET /a", &json!(1));
    assert_eq!(observer.current().data.as_deref(), Some(&7));
    exchange.push(key("a").untyped(), 8);
    stage.runtime.run_until_stalled();
    assert_eq!(observer.current().data.as_deref(), Some(&8));
    drop(observer);
    stage.advance(299);
    assert_eq!(exchange.open(), 1);
    stage.advance(1);
    assert_eq!(exchange.open(), 0);
    drop(subscription);
}

#[test]
fn observers_of_one_entry_share_one_subscription_that_ends_with_the_last() {
    let stage = Stage::new();
    let exchange = Exchange::default();
    let _subscription = exchange.serve(&stage);
    stage.client.set(&key("a"), 1);
    let only_pushed = || QueryOptions::cached(key("a")).gc_time(seconds(300));
    let (one, two) = (stage.client.observe(only_pushed()), stage.client.observe(only_pushed()));
    stage.runtime.run_until_stalled();
    exchange.push(key("a").untyped(), 2);
    stage.runtime.run_until_stalled();
    assert_eq!((one.current().data.as_deref(), two.current().data.as_deref()), (Some(&2), Some(&2)));
    drop(one);
    stage.advance(1000);
    assert_eq!(*exchange.opened.lock().unwrap(), 1);
    assert_eq!(exchange.open(), 1);
    drop(two);
    stage.client.remove(key("a"));
    stage.runtime.run_until_stalled();
    assert_eq!(exchange.open(), 0);
    let _again = stage.client.observe(only_pushed());
    stage.runtime.run_until_stalled();
    assert_eq!(*exchange.opened.lock().unwrap(), 2);
}

#[test]
fn entries_that_are_there_count_and_those_elsewhere_do_not() {
    let stage = Stage::new();
    let exchange = Exchange::default();
    stage.client.set(&key("a"), 1);
    stage.client.set(&query_runtime::Key::<u64>::typed(QueryKey::new(["other"])), 1);
    let subscription = exchange.serve(&stage);
    stage.runtime.run_until_stalled();
    assert_eq!(exchange.open(), 1);
    drop(subscription);
    stage.runtime.run_until_stalled();
    assert_eq!(exchange.open(), 0);
    stage.client.set(&key("b"), 1);
    stage.runtime.run_until_stalled();
    assert_eq!(exchange.open(), 0);
}

#[test]
fn tasks_end_with_the_client() {
    let stage = Stage::new();
    let exchange = Exchange::default();
    exchange.serve(&stage).forever();
    stage.client.set(&key("a"), 1);
    stage.runtime.run_until_stalled();
    assert_eq!(exchange.open(), 1);
    let Stage { runtime, client, .. } = stage;
    drop(client);
    runtime.run_until_stalled();
    assert_eq!(exchange.open(), 0);
}

#[test]
fn who_waits_for_the_end_sees_it_and_that_no_data_came() {
    let stage = Stage::new();
    let log: Arc<Mutex<Vec<&str>>> = Arc::default();
    let seen = log.clone();
    let _subscription = stage.client.while_cached(key("a"), move |entry: CachedEntry| {
        let log = seen.clone();
        async move {
            let removed = entry.removed();
            let error = entry.data_loaded::<u64>().await.unwrap_err();
            log.lock().unwrap().push(if error.is_cancelled() { "no data" } else { "another error" });
            removed.await;
            log.lock().unwrap().push("good-bye");
        }
    });
    drop(stage.client.observe(QueryOptions::cached(key("a"))));
    stage.runtime.run_until_stalled();
    assert!(log.lock().unwrap().is_empty());
    stage.client.remove(key("a"));
    stage.runtime.run_until_stalled();
    assert_eq!(*log.lock().unwrap(), ["no data", "good-bye"]);
}

#[test]
fn panic_of_a_task_harms_nobody_else() {
    let stage = Stage::new();
    let _subscription =
        stage.client.while_cached(key("a"), |_| async { panic!("a task of the program's that panics") });
    let observer = stage.observed(number("a"), "GET /a", 1);
    assert!(observer.current().is_success());
}

#[test]
fn entry_that_takes_the_place_of_another_has_a_task_of_its_own_whatever_is_heard_first() {
    let stage = Stage::new();
    let exchange = Exchange::default();
    let client = stage.client.clone();
    // Hears of it first, so that the others hear of what comes before they hear of what left.
    let _replacing = stage.client.subscribe(move |event| {
        if matches!(event, CacheEvent::Removed(_)) {
            client.set(&key("a"), 2);
        }
    });
    let _subscription = exchange.serve(&stage);
    stage.client.set(&key("a"), 1);
    stage.runtime.run_until_stalled();
    stage.client.remove(key("a"));
    stage.runtime.run_until_stalled();
    assert_eq!((*exchange.opened.lock().unwrap(), exchange.open()), (2, 1));
    exchange.push(key("a").untyped(), 3);
    stage.runtime.run_until_stalled();
    assert_eq!(stage.client.get(&key("a")).as_deref(), Some(&3));
}
