//! Do many threads find one whole cache, and no deadlock?

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use query_runtime::{Key, QueryClient, QueryKey, QueryOptions};

const NAMES: [&str; 3] = ["a", "b", "c"];

fn key(name: &'static str) -> Key<u64> {
    Key::typed(QueryKey::new(["threads", name]))
}

/// A number that grows with each fetch.
fn growing(name: &'static str, server: &Arc<AtomicU64>) -> QueryOptions<u64> {
    let server = server.clone();
    QueryOptions::new(key(name), move |_| {
        let server = server.clone();
        async move {
            tokio::task::yield_now().await;
            Ok(server.fetch_add(1, Ordering::SeqCst))
        }
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn observers_writers_and_invalidations_of_all_threads_agree_in_the_end() {
    let client = QueryClient::builder().build();
    let server = Arc::new(AtomicU64::new(1));
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..8_usize {
        let (client, server) = (client.clone(), server.clone());
        tasks.spawn(async move {
            for round in 0..40 {
                let name = NAMES[(task + round) % NAMES.len()];
                let inner = client.clone();
                let observer = client.observe(growing(name, &server));
                let subscription = observer.subscribe(move |result| {
                    // Callbacks may read and write.
                    let _ = (inner.get(&key("a")), result.data.is_some());
                });
                assert!(observer.settled().await.data.is_some());
                match round % 4 {
                    0 => client.invalidate(QueryKey::new(["threads"])).await,
                    1 => drop(client.update(&key(name), |number| Some(number + 1))),
                    2 => assert!(client.fetch(growing(name, &server)).await.is_ok()),
                    _ => observer.set_options(growing(NAMES[round % NAMES.len()], &server)),
                }
                drop(subscription);
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    let now = client.statistics();
    assert_eq!((now.queries, now.observers, now.pending), (NAMES.len(), 0, 0));
    let observer = client.observe(growing("a", &server));
    while observer.current().is_fetching() {
        observer.changed().await;
    }
    observer.refetch().await;
    let last = server.load(Ordering::SeqCst) - 1;
    assert_eq!(client.get(&key("a")).as_deref(), Some(&last));
}
