//! Does who comes and goes while something happens hear of it, wait no longer than needed, and leave nothing behind?

use std::sync::Arc;

use query_runtime::{QueryClient, QueryOptions, Subscription};
use shuttle::{
    future::{block_on, yield_now},
    sync::Mutex,
    thread,
};

use crate::schedules::{Background, Seen, client, explore, key};

/// A number whose fetch holds something until its function is forgotten.
fn held(name: &'static str, held: &Arc<()>) -> QueryOptions<u64> {
    let held = held.clone();
    QueryOptions::new(key(name), move |_| {
        let held = held.clone();
        async move {
            yield_now().await;
            drop(held);
            Ok(1)
        }
    })
    .stale_forever()
}

/// Nothing runs, and with the client everything goes.
fn nothing_is_left(client: QueryClient, background: &Background, held: &Arc<()>) {
    let now = client.statistics();
    assert_eq!((now.observers, now.fetching), (0, 0));
    drop(client);
    background.rest();
    assert_eq!(Arc::strong_count(held), 1, "somebody still holds the function");
}

#[test]
fn last_observers_leave_while_their_fetch_lands() {
    explore("leaving", || {
        let (client, background) = client();
        let thing = Arc::new(());
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let (client, options) = (client.clone(), held("a", &thing));
                thread::spawn(move || {
                    let observer = client.observe(options);
                    let seen = Seen::default();
                    let noted = seen.clone();
                    observer.subscribe(move |result| noted.push(*result.data.as_deref().unwrap_or(&0))).forever();
                    thread::yield_now();
                    drop(observer);
                    assert!(seen.all().is_sorted());
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        client.cancel(key("a").untyped().clone());
        // What has begun and expects no abort runs to its end.
        background.rest();
        nothing_is_left(client, &background, &thing);
    });
}

#[test]
fn waiting_for_a_change_misses_none() {
    explore("waiting", || {
        let (client, _) = client();
        let observer = Arc::new(client.observe(QueryOptions::cached(key("a"))));
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let observer = observer.clone();
                thread::spawn(move || {
                    // One of both may be told of a change by the other's result; then it reads it.
                    while observer.current().data.as_deref() != Some(&2) {
                        block_on(async {
                            let other = observer.stream();
                            drop(other);
                            yield_now().await;
                        });
                    }
                })
            })
            .collect();
        let alone = client.observe(QueryOptions::cached(key("a")));
        let waiter = thread::spawn(move || while block_on(alone.changed()).data.as_deref() != Some(&2) {});
        client.set(&key("a"), 1);
        client.set(&key("a"), 2);
        waiter.join().unwrap();
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

#[test]
fn callback_may_unsubscribe_itself_and_call_the_client_while_others_write() {
    explore("unsubscribing", || {
        let (client, _) = client();
        let observer = client.observe(QueryOptions::cached(key("a")));
        let slot: Arc<Mutex<Option<Subscription>>> = Arc::default();
        let (inner, own, calls) = (slot.clone(), client.clone(), Seen::default());
        let seen = calls.clone();
        let subscription = observer.subscribe(move |result| {
            seen.push(*result.data.as_deref().unwrap());
            own.set(&key("b"), 7);
            assert_eq!(own.get(&key("b")).as_deref(), Some(&7));
            let gone = inner.lock().unwrap().take();
            drop(gone);
        });
        *slot.lock().unwrap() = Some(subscription);
        let other = {
            let client = client.clone();
            thread::spawn(move || {
                client.set(&key("a"), 1);
            })
        };
        client.set(&key("a"), 2);
        other.join().unwrap();
        drop(observer);
        // A call that had begun when it unsubscribed may be the second; there is no third.
        assert!((1..=2).contains(&calls.all().len()), "{:?}", calls.all());
        assert!(slot.lock().unwrap().is_none());
        drop(client);
        assert_eq!(Arc::strong_count(&slot), 1, "somebody still holds the callback");
    });
}

#[test]
fn observer_whose_options_two_threads_change_shows_the_query_it_looks_at() {
    explore("changing options", || {
        let (client, _) = client();
        let observer = Arc::new(client.observe(QueryOptions::cached(key("a"))));
        let threads: Vec<_> = ["b", "c"]
            .map(|name| {
                let observer = observer.clone();
                thread::spawn(move || observer.set_options(QueryOptions::cached(key(name))))
            })
            .into_iter()
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        client.set(&key("b"), 1);
        client.set(&key("c"), 1);
        let seen = Seen::default();
        let noted = seen.clone();
        observer.subscribe(move |result| noted.push(*result.data.as_deref().unwrap())).forever();
        client.set(&key("b"), 2);
        client.set(&key("c"), 2);
        assert_eq!(seen.all(), [2], "nobody told the observer");
    });
}

#[test]
fn subscription_that_comes_when_all_is_over_holds_nothing() {
    explore("too late", || {
        let (client, _) = client();
        let observer = client.observe(QueryOptions::cached(key("a")));
        let part = observer.watch(|result| result.data.is_some());
        let thing = Arc::new(());
        let held = thing.clone();
        let late = thread::spawn(move || {
            part.subscribe(move |_| drop(held.clone())).forever();
        });
        drop(observer);
        late.join().unwrap();
        drop(client);
        assert_eq!(Arc::strong_count(&thing), 1, "somebody still holds the callback");
    });
}
