//! What does it cost to look at a query and to hear of a change?

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use query_runtime::{Key, QueryKey, QueryOptions};

use crate::{rows::client, timing::Bench};

fn key() -> Key<usize> {
    Key::typed(QueryKey::new(["k"]))
}

pub(crate) fn measure(bench: &Bench) {
    for n in bench.sizes([1, 1_000, 10_000]).filter(|_| bench.wants("notify")) {
        let client = client();
        client.set(&key(), 0);
        let seen = Arc::new(AtomicUsize::new(0));
        let observers: Vec<_> = (0..n)
            .map(|_| {
                let (observer, seen) = (client.observe(QueryOptions::cached(key())), seen.clone());
                let subscription = observer.subscribe(move |_| {
                    seen.fetch_add(1, Ordering::Relaxed);
                });
                (subscription, observer)
            })
            .collect();
        let mut value = 0;
        bench.repeat("notify", n, n, || {
            seen.store(0, Ordering::Relaxed);
            value += 1;
            client.set(&key(), value);
            assert_eq!(seen.load(Ordering::Relaxed), n);
        });
        drop(observers);
    }
    let client = client();
    client.set(&key(), 0);
    bench.repeat("observe_unobserve", 1, 10_000, || {
        for _ in 0..10_000 {
            let observer = client.observe(QueryOptions::cached(key()));
            drop(observer.subscribe(|_| {}));
        }
    });
}
