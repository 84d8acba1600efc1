//! What do the operations cost that caches for Rust frameworks are compared by: ten resources, one row an entry?

use std::{
    hint::black_box,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Waker},
};

use query_runtime::{
    FetchContext, Key, QueryClient, QueryError, QueryFilter, QueryKey, QueryObserver, QueryOptions, RefetchType, Write,
};
use tokio::runtime::Runtime;

use crate::{
    fetching::all,
    rows::client,
    timing::{Bench, figure},
};

/// A row, about as large as one of a REST API.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Person {
    id: usize,
    name: String,
    email: String,
    age: usize,
}

impl Person {
    pub(crate) fn new(id: usize) -> Self {
        Self { id, name: format!("user-{id}"), email: format!("user{id}@example.com"), age: id % 90 }
    }
}

const RESOURCES: [&str; 10] = ["users", "posts", "teams", "files", "tags", "roles", "orgs", "notes", "jobs", "logs"];

/// How many entries are read or written in one measurement of many.
const CALLS: usize = 50_000;

/// Names a row of one of the resources.
pub(crate) fn person_key(resource: usize, id: usize) -> Key<Person> {
    QueryKey::under(&[RESOURCES[resource]]).value(&id).key()
}

/// Lets a client hold so many rows of a resource.
pub(crate) fn fill(client: &QueryClient, resource: usize, n: usize) {
    for id in 0..n {
        client.set(&person_key(resource, id), Person::new(id));
    }
}

/// Walks through `0..n` in an order that looks like none, the same each time.
fn walk(n: usize) -> impl Iterator<Item = usize> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % n as u64).unwrap_or_default()
    })
}

pub(crate) fn measure(bench: &Bench, runtime: &Runtime) {
    for n in bench.sizes([10_000, 100_000]) {
        values(bench, n);
        invalidation(bench, n);
    }
    observers(bench);
    if bench.wants("dedup_10_concurrent_stale_time_zero") {
        bench.tell("dedup_10_concurrent_stale_time_zero", 10, "fetches", figure(fetches_of_ten(runtime)));
    }
}

fn named(what: &str, n: usize) -> String {
    format!("{what}_{}k", n / 1_000)
}

fn values(bench: &Bench, n: usize) {
    let [new, existing, cached, update] =
        ["set_new", "set_existing", "get_cached", "update_in_place"].map(|what| named(what, n));
    bench.measure(&new, n, n, client, |client| fill(client, 0, n));
    if ![&existing, &cached, &update].into_iter().any(|workload| bench.wants(workload)) {
        return;
    }
    let client = client();
    fill(&client, 0, n);
    bench.repeat(&existing, n, CALLS, || {
        for id in walk(n).take(CALLS) {
            black_box(client.set(&person_key(0, id), Person::new(id)));
        }
    });
    bench.repeat(&cached, n, CALLS, || {
        for id in walk(n).take(CALLS) {
            assert!(client.get(&person_key(0, id)).is_some_and(|person| person.id == id));
        }
    });
    bench.repeat(&update, n, CALLS, || {
        for id in walk(n).take(CALLS) {
            let older = |person: &Person| Some(Person { age: person.age + 1, ..person.clone() });
            black_box(client.update(&person_key(0, id), older));
        }
    });
}

/// All rows of one resource are invalidated; nothing is fetched for it.
fn invalidation(bench: &Bench, n: usize) {
    let cases = [
        (named("invalidate_users_10pct_of", n), 10, 0),
        (named("invalidate_users_10pct_of", n) + "_observed_100", 10, 100),
        (named("invalidate_users_100pct_of", n), 1, 0),
    ];
    for (workload, resources, observed) in cases {
        if !bench.wants(&workload) {
            continue;
        }
        let client = client();
        (0..resources).for_each(|resource| fill(&client, resource, n / resources));
        let _observers = observe(&client, observed, n / 10);
        let users = QueryKey::new([RESOURCES[0]]);
        let refresh = || {
            let rows = (0..n / resources).map(|id| (person_key(0, id), Person::new(id)));
            client.set_many(rows, Write::confirmed());
        };
        bench.measure(&workload, n, 1, refresh, |()| {
            let settled = client.invalidate(QueryFilter::under(&users).refetch_type(RefetchType::None));
            assert!(std::pin::pin!(settled).poll(&mut Context::from_waker(Waker::noop())).is_ready());
        });
        assert!(client.state(person_key(0, 0).untyped()).is_some_and(|query| query.is_invalidated));
    }
}

/// Observes so many of the users.
fn observe(client: &QueryClient, observed: usize, of: usize) -> Vec<QueryObserver<Person>> {
    let each = of.checked_div(observed).unwrap_or_default();
    (0..observed).map(|number| client.observe(QueryOptions::cached(person_key(0, number * each)))).collect()
}

/// Observers on one key, and one on each of many keys, with a callback that reads what is shown.
fn observers(bench: &Bench) {
    for n in bench.sizes([100, 1_000, 10_000]) {
        let same = |_| person_key(0, 7);
        notified(bench, &format!("observers_1key_x{n}"), n, same, |client, age| {
            client.set(&person_key(0, 7), Person { age, ..Person::new(7) });
        });
    }
    for n in bench.sizes([10_000]) {
        notified(
            bench,
            "observers_10k_keys_x1",
            n,
            |number| person_key(0, number),
            move |client, age| {
                for id in 0..n {
                    client.set(&person_key(0, id), Person { age, ..Person::new(id) });
                }
            },
        );
    }
}

fn notified(
    bench: &Bench,
    workload: &str,
    n: usize,
    key: impl Fn(usize) -> Key<Person>,
    write: impl Fn(&QueryClient, usize),
) {
    if !bench.wants(workload) {
        return;
    }
    let (client, seen) = (client(), Arc::new(AtomicUsize::new(0)));
    write(&client, 0);
    let observers: Vec<_> = (0..n)
        .map(|number| {
            let (observer, seen) = (client.observe(QueryOptions::cached(key(number))), seen.clone());
            let subscription = observer.subscribe(move |shown| {
                black_box(shown.data.as_ref().map(|person| person.age));
                seen.fetch_add(1, Ordering::Relaxed);
            });
            (subscription, observer)
        })
        .collect();
    let (rounds, mut age) = ((100_000 / n).max(1), 0);
    bench.rate(workload, n, rounds * n, || {
        seen.store(0, Ordering::Relaxed);
        for _ in 0..rounds {
            age += 1;
            write(&client, age);
        }
        assert_eq!(seen.load(Ordering::Relaxed), rounds * n);
    });
    drop(observers);
}

/// Ten callers want one missing key that is stale at once; returns how many fetches that took.
fn fetches_of_ten(runtime: &Runtime) -> usize {
    let (client, calls) = (QueryClient::builder().build(), Arc::new(AtomicUsize::new(0)));
    let fetch = |_| {
        let calls = calls.clone();
        client.fetch(QueryOptions::new(person_key(0, 0), move |_: FetchContext| {
            calls.fetch_add(1, Ordering::Relaxed);
            async {
                tokio::task::yield_now().await;
                Ok::<_, QueryError>(Person::new(0))
            }
        }))
    };
    let results = runtime.block_on(all((0..10).map(fetch)));
    assert!(results.iter().all(Result::is_ok));
    calls.load(Ordering::Relaxed)
}
