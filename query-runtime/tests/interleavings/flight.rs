//! Is what several want at once asked for once, and does nobody wait for ever?

use std::sync::Arc;

use query_runtime::QueryOptions;
use shuttle::{
    future::{block_on, yield_now},
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use crate::schedules::{client, explore, key};

/// A number that grows with each fetch.
fn growing(calls: &Arc<AtomicU64>) -> QueryOptions<u64> {
    let calls = calls.clone();
    QueryOptions::new(key("a"), move |_| {
        let calls = calls.clone();
        async move {
            let call = calls.fetch_add(1, Ordering::SeqCst) + 1;
            yield_now().await;
            Ok(call)
        }
    })
    .stale_forever()
}

#[test]
fn threads_that_want_the_same_query_share_one_fetch() {
    explore("single flight", || {
        let (client, background) = client();
        let calls = Arc::new(AtomicU64::new(0));
        let threads: Vec<_> = (0..3)
            .map(|number| {
                let (client, options) = (client.clone(), growing(&calls));
                thread::spawn(move || {
                    if number == 0 {
                        let observer = client.observe(options);
                        return block_on(observer.settled()).data.map(|data| *data);
                    }
                    block_on(client.fetch(options)).ok().map(|data| *data)
                })
            })
            .collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap(), Some(1));
        }
        assert_eq!(calls.load(Ordering::SeqCst), 1);
        background.rest();
        assert_eq!(client.statistics().fetching, 0);
    });
}

#[test]
fn fetch_that_others_cancel_and_invalidate_ends_for_all_who_wait() {
    explore("cancel and invalidate", || {
        let (client, background) = client();
        let calls = Arc::new(AtomicU64::new(0));
        let observer = client.observe(growing(&calls));
        let fetcher = {
            let (client, options) = (client.clone(), growing(&calls));
            thread::spawn(move || block_on(client.fetch(options)))
        };
        let canceller = {
            let client = client.clone();
            thread::spawn(move || block_on(client.cancel(key("a").untyped().clone())))
        };
        let invalidator = {
            let client = client.clone();
            thread::spawn(move || {
                block_on(client.invalidate(key("a").untyped().clone()));
            })
        };
        // It has its number, or was cancelled: nothing else can be.
        let fetched = fetcher.join().unwrap();
        assert!(fetched.is_ok() || fetched.is_err_and(|error| error.is_cancelled()));
        canceller.join().unwrap();
        invalidator.join().unwrap();
        block_on(observer.refetch());
        let shown = observer.current();
        // A function whose fetch was given up may have run beside.
        assert!(shown.data.is_some_and(|number| *number <= calls.load(Ordering::SeqCst)));
        background.rest();
        assert_eq!(client.statistics().fetching, 0);
    });
}

/// Invariant I11: whatever lands, an invalidation is followed by a fetch that began after it.
#[test]
fn invalidation_beside_a_landing_fetch_is_followed_by_a_fetch() {
    explore("invalidate", || {
        let (client, background) = client();
        let server = Arc::new(AtomicU64::new(1));
        let read = server.clone();
        let options = QueryOptions::new(key("a"), move |_| {
            let read = read.clone();
            async move {
                let number = read.load(Ordering::SeqCst);
                yield_now().await;
                Ok(number)
            }
        })
        .stale_forever();
        let observer = client.observe(options);
        let other = {
            let (client, server) = (client.clone(), server.clone());
            thread::spawn(move || {
                server.store(2, Ordering::SeqCst);
                block_on(client.invalidate(key("a").untyped().clone()));
            })
        };
        while *block_on(observer.changed()).data.as_deref().unwrap_or(&0) != 2 {}
        other.join().unwrap();
        background.rest();
    });
}
