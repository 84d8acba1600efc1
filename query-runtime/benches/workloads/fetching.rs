//! What does it cost to fetch and to mutate, beside the function that does it?

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
};

use query_runtime::{FetchContext, Key, MutationContext, MutationOptions, QueryError, QueryKey, QueryOptions};
use tokio::runtime::Runtime;

use crate::{rows::client, timing::Bench};

const CALLS: usize = 1_000;

fn key(number: usize) -> Key<usize> {
    QueryKey::under(&["f"]).value(&number).key()
}

/// Starts all of them, and waits for all of them.
pub(crate) async fn all<T>(futures: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut started: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    poll_fn(|context| {
        for (future, result) in &mut started {
            if let Poll::Ready(ready) = Pin::new(future).poll(context) {
                *result = Some(ready);
            }
        }
        Poll::Ready(())
    })
    .await;
    let mut results = Vec::with_capacity(started.len());
    for (future, result) in started {
        results.push(match result {
            Some(result) => result,
            None => future.await,
        });
    }
    results
}

async fn echo(_: MutationContext, value: usize) -> Result<usize, QueryError> {
    Ok(value)
}

pub(crate) fn measure(bench: &Bench, runtime: &Runtime) {
    for n in bench.sizes([CALLS]) {
        bench.measure("fetch_distinct", n, n, client, |client| {
            let fetch =
                |number| client.fetch(QueryOptions::new(key(number), move |_: FetchContext| async move { Ok(number) }));
            let results = runtime.block_on(all((0..n).map(fetch)));
            assert!(results.iter().enumerate().all(|(number, result)| result.as_deref() == Ok(&number)));
        });
        bench.measure("fetch_same_key", n, n, client, |client| {
            let calls = Arc::new(AtomicUsize::new(0));
            let fetch = |_| {
                let calls = calls.clone();
                client.fetch(QueryOptions::new(key(0), move |_: FetchContext| {
                    calls.fetch_add(1, Ordering::Relaxed);
                    async { Ok(1) }
                }))
            };
            let results = runtime.block_on(all((0..n).map(fetch)));
            assert!(results.iter().all(|result| result.as_deref() == Ok(&1)));
            assert_eq!(calls.load(Ordering::Relaxed), 1);
        });
        bench.measure("mutation", n, n, client, |client| {
            let mutation = client.mutation(MutationOptions::new(&["echo"], echo));
            runtime.block_on(async {
                for value in 0..n {
                    assert!(mutation.mutate(value).await.is_ok());
                }
            });
        });
    }
}
