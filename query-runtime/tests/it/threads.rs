//! Do many threads find one whole cache, and no deadlock?

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use query_runtime::{
    Change, Entity, Env, Key, ListReach, MutationContext, MutationFilter, MutationOptions, QueryClient, QueryError,
    QueryKey, QueryOptions, Write,
};

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
    // Functions of fetches that were given up may still run and count.
    let before = server.load(Ordering::SeqCst);
    observer.refetch().await;
    assert!(client.get(&key("a")).is_some_and(|number| *number >= before));
}

#[derive(Clone, Debug, PartialEq)]
struct Counter {
    id: u64,
    count: u64,
}

#[derive(Clone, Debug, PartialEq)]
struct Add(u64);

impl Change<Counter> for Add {
    fn apply(&self, row: &mut Counter) {
        row.count += self.0;
    }

    fn is_idempotent(&self) -> bool {
        false
    }
}

impl Entity for Counter {
    type Id = u64;
    type Change = Add;
    const ROOT: &'static [&'static str] = &["counters"];

    fn id(&self) -> &u64 {
        &self.id
    }

    fn set_id(&mut self, id: u64) {
        self.id = id;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn mutations_of_all_threads_happen_once_each_and_are_seen() {
    const TASKS: u64 = 4;
    const ROUNDS: u64 = 25;
    let client = QueryClient::builder().build();
    let server = Arc::new(AtomicU64::new(0));
    let read = server.clone();
    let counter = QueryOptions::detail(Key::typed(QueryKey::new(["counters", "one"])), 1, move |_| {
        let read = read.clone();
        async move {
            let count = read.load(Ordering::SeqCst);
            tokio::task::yield_now().await;
            Ok(Counter { id: 1, count })
        }
    });
    let write = server.clone();
    let send = move |_: MutationContext, add: u64| {
        let write = write.clone();
        async move {
            tokio::task::yield_now().await;
            let count = write.fetch_add(add, Ordering::SeqCst) + add;
            if count.is_multiple_of(5) { Err(QueryError::http(422)) } else { Ok(Counter { id: 1, count }) }
        }
    };
    let options = MutationOptions::new(&["counters", "add"], send)
        .changes::<Counter>(|add| (1, Add(*add)), ListReach::None, true)
        .invalidates(|_, _| vec![QueryKey::new(["counters"]).into()]);
    let observer = client.observe(counter.clone());
    assert_eq!(observer.settled().await.data.map(|one| one.count), Some(0));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..TASKS {
        let (client, options, counter) = (client.clone(), options.clone(), counter.clone());
        tasks.spawn(async move {
            let (mutation, observer) = (client.mutation(options), client.observe(counter));
            for round in 0..ROUNDS {
                let handle = mutation.mutate(1);
                if round % 3 == 0 {
                    client.invalidate(QueryKey::new(["counters"])).await;
                }
                let _ = (observer.current(), handle.await.is_ok());
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    assert_eq!((server.load(Ordering::SeqCst), client.is_mutating(MutationFilter::all())), (TASKS * ROUNDS, 0));
    observer.refetch().await;
    while observer.current().is_fetching() {
        observer.changed().await;
    }
    let shown = observer.current();
    assert_eq!(shown.data.as_deref().map(|one| one.count), Some(TASKS * ROUNDS));
    assert!(!shown.is_optimistic);
}

#[test]
fn what_happens_first_runs_at_once_in_the_runtime_of_the_client_on_whatever_thread() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap();
    let client = QueryClient::builder().env(Env::tokio(runtime.handle().clone())).build();
    let (here, seen) = (std::thread::current().id(), Arc::new(AtomicU64::new(0)));
    let noted = seen.clone();
    let options = MutationOptions::new(&["numbers", "add"], |_, number: u64| async move { Ok(number) });
    let observer = client.mutation(options.on_mutate(move |_| {
        let noted = noted.clone();
        async move {
            let in_runtime = tokio::runtime::Handle::try_current().is_ok();
            noted.fetch_add(u64::from(in_runtime && std::thread::current().id() == here), Ordering::SeqCst);
            Ok(())
        }
    }));
    let handle = observer.mutate(7);
    assert_eq!(seen.load(Ordering::SeqCst), 1);
    assert_eq!(*runtime.block_on(handle).unwrap(), 7);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn results_of_many_queries_are_always_from_one_moment() {
    let client = QueryClient::builder().build();
    let write = |client: &QueryClient, number| {
        client.set_many(NAMES.map(|name| (key(name), number)), Write::local());
    };
    write(&client, 0);
    let queries = client.observe_all(NAMES.map(|name| QueryOptions::cached(key(name))).to_vec());
    let agree = queries.combine(|results| results.windows(2).all(|pair| pair[0].data == pair[1].data));
    let queries = Arc::new(queries);
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..4 {
        let (client, queries) = (client.clone(), queries.clone());
        tasks.spawn_blocking(move || {
            for round in 0..20_000 {
                if task == 0 {
                    write(&client, round);
                    continue;
                }
                let shown = queries.current();
                assert!(shown.iter().all(|result| result.data == shown[0].data), "torn: {round}");
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    assert!(*agree.current());
    assert_eq!(queries.current()[0].data.as_deref(), Some(&19_999));
}
