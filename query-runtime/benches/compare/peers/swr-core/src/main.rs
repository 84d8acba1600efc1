//! What do the workloads cost in swr-core, which knows no framework either?

use std::{
    hint::black_box,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use swr_core::{QueryHandle, QueryOptions, ReadPolicy, SwrClient};
use swr_runtime_tokio::TokioRuntime;
use timing::{Bench, CALLS, Person, RESOURCES, named, walk};
use tokio::task::yield_now;

type Key = (&'static str, u64);

/// More than a day: for ever, in a program that measures.
const LONG: Duration = Duration::from_secs(1_000_000);

/// Its invalidation takes time by the square of the number of entries; more of them take minutes.
const MOST_INVALIDATED: usize = 10_000;

static CALLED: AtomicUsize = AtomicUsize::new(0);

fn options(stale_time: Duration) -> QueryOptions {
    QueryOptions { stale_time, ..QueryOptions::default() }
}

fn client() -> SwrClient {
    SwrClient::builder().default_options(options(LONG)).build(Arc::new(TokioRuntime::current()))
}

fn key(resource: usize, id: usize) -> Key {
    (RESOURCES[resource], id as u64)
}

fn set(client: &SwrClient, resource: usize, id: usize, age: usize) {
    client.set::<_, Person, ()>(key(resource, id), Person { age, ..Person::new(id) });
}

fn fill(client: &SwrClient, resource: usize, n: usize) {
    (0..n).for_each(|id| set(client, resource, id, id % 90));
}

fn filled(n: usize) -> SwrClient {
    let client = client();
    fill(&client, 0, n);
    client
}

async fn load(key: Key) -> Result<Person, ()> {
    CALLED.fetch_add(1, Ordering::Relaxed);
    yield_now().await;
    Ok(Person::new(key.1 as usize))
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let _inside = runtime.enter();
    let bench = Bench::of_the_arguments();
    let read = |client: &SwrClient, n: usize, times: usize| {
        runtime.block_on(async {
            for id in walk(n).take(times) {
                let row = client.fetch::<Key, Person, (), _>(key(0, id), load, ReadPolicy::CacheOnly).await;
                assert!(black_box(row).is_ok_and(|row| row.id == id));
            }
        });
    };
    for n in bench.sizes([10_000, 100_000]) {
        bench.measure(&named("set_new", n), n, n, client, |client| fill(client, 0, n));
        bench.measure(
            &named("set_existing", n),
            n,
            CALLS,
            || filled(n),
            |client| {
                walk(n).take(CALLS).for_each(|id| set(client, 0, id, 1));
            },
        );
        bench.measure(&named("get_cached", n), n, CALLS, || filled(n), |client| read(client, n, CALLS));
        for (share, resources) in [("10pct", 10), ("100pct", 1)].into_iter().filter(|_| n <= MOST_INVALIDATED) {
            let fresh = || {
                let client = client();
                (0..resources).for_each(|resource| fill(&client, resource, n / resources));
                client
            };
            let workload = named(&format!("invalidate_users_{share}_of"), n);
            bench.measure(&workload, n, 1, fresh, |client| client.invalidate(RESOURCES[0]));
        }
        bench.bytes(&named("heap_bytes_per_entry", n), n, client, |client| fill(client, 0, n));
    }
    bench.bytes(
        "heap_bytes_kept_per_cached_read_10k",
        100_000,
        || filled(10_000),
        |client| {
            read(client, 10_000, 100_000);
        },
    );
    let observe = |client: &SwrClient, id: usize| -> QueryHandle<Person, ()> {
        client.subscribe::<Key, Person, (), _>(key(0, id), load, options(LONG))
    };
    bench.bytes(
        "heap_bytes_per_observer",
        10_000,
        || filled(10_000),
        |client| (0..10_000).map(|id| observe(client, id)).collect::<Vec<_>>(),
    );
    for n in bench.sizes([100, 1_000, 10_000]) {
        let client = filled(8);
        let rounds = (100_000 / n).max(1);
        told(
            &bench,
            &runtime,
            &format!("observers_1key_x{n}"),
            n,
            rounds,
            |_| observe(&client, 7),
            |age| {
                set(&client, 0, 7, age);
            },
        );
    }
    for n in bench.sizes([10_000]) {
        let client = filled(n);
        told(
            &bench,
            &runtime,
            "observers_10k_keys_x1",
            n,
            10,
            |id| observe(&client, id),
            |age| {
                (0..n).for_each(|id| set(&client, 0, id, age));
            },
        );
    }
    let client = SwrClient::builder().default_options(options(Duration::ZERO)).build(Arc::new(TokioRuntime::current()));
    CALLED.store(0, Ordering::Relaxed);
    runtime.block_on(async {
        let ask = |_| {
            let client = client.clone();
            let fetch = async move {
                client.fetch::<Key, Person, (), _>(key(0, 0), load, ReadPolicy::EnsureFresh).await.is_ok()
            };
            tokio::spawn(fetch)
        };
        for asked in (0..10).map(ask).collect::<Vec<_>>() {
            assert!(asked.await.is_ok_and(|answered| answered));
        }
    });
    bench.count("dedup_10_concurrent_stale_time_zero", 10, "fetches", CALLED.load(Ordering::Relaxed));
}

/// A task for each observer waits for changes and reads what is shown.
fn told(
    bench: &Bench,
    runtime: &tokio::runtime::Runtime,
    workload: &str,
    n: usize,
    rounds: usize,
    observe: impl Fn(usize) -> QueryHandle<Person, ()>,
    write: impl Fn(usize),
) {
    let seen = Arc::new(AtomicUsize::new(0));
    let follow = |number| {
        let (mut handle, seen) = (observe(number), seen.clone());
        tokio::spawn(async move {
            while handle.changed().await.is_ok() {
                black_box(handle.snapshot().data.map(|row| row.age));
                seen.fetch_add(1, Ordering::Relaxed);
            }
        })
    };
    let tasks: Vec<_> = (0..n).map(follow).collect();
    let settle = async {
        for _ in 0..5 {
            yield_now().await;
        }
    };
    runtime.block_on(settle);
    let mut age = 100;
    bench.rate(workload, n, rounds * n, || {
        runtime.block_on(async {
            seen.store(0, Ordering::Relaxed);
            for round in 1..=rounds {
                age += 1;
                write(age);
                while seen.load(Ordering::Relaxed) < round * n {
                    yield_now().await;
                }
            }
        });
    });
    tasks.iter().for_each(|task| task.abort());
}
