//! What does it cost to write, read and invalidate values?

use std::{hint::black_box, task::Context};

use query_runtime::{QueryClient, QueryFilter, RefetchType, Write};

use crate::{
    rows::{GROUP, User, client, filled, group_key, user_key},
    timing::Bench,
};

/// How many calls of `invalidate` are timed together.
const CALLS: usize = 20;

pub(crate) fn measure(bench: &Bench) {
    for n in bench.sizes([1_000, 10_000, 100_000, 1_000_000]) {
        bench.measure("insert", n, n, client, |client| write(client, n, 0));
        if !["get", "set", "invalidate_100_of_n"].into_iter().any(|workload| bench.wants(workload)) {
            continue;
        }
        let client = filled(n);
        bench.repeat("get", n, n, || read(&client, n));
        bench.repeat("set", n, n, || write(&client, n, 1));
        let groups = n / GROUP;
        let refill = || refresh(&client, groups);
        bench.measure("invalidate_100_of_n", n, CALLS, refill, |()| invalidate(&client, groups));
    }
}

fn write(client: &QueryClient, n: usize, more: usize) {
    for number in 0..n {
        black_box(client.set(&user_key(number), User::new(number + more)));
    }
}

/// Reads all users; their keys are made each time.
pub(crate) fn read(client: &QueryClient, n: usize) {
    let found = (0..n).filter(|number| client.get(&user_key(*number)).is_some()).count();
    assert_eq!(found, n);
}

/// Lets no entry of the groups that are invalidated be invalid.
fn refresh(client: &QueryClient, groups: usize) {
    for number in (0..CALLS.min(groups)).flat_map(|group| group * GROUP..(group + 1) * GROUP) {
        client.set_with(&user_key(number), User::new(number), Write::confirmed());
    }
}

fn invalidate(client: &QueryClient, groups: usize) {
    for call in 0..CALLS {
        let group = QueryFilter::under(group_key(call % groups)).refetch_type(RefetchType::None);
        let mut settled = std::pin::pin!(client.invalidate(group));
        assert!(settled.as_mut().poll(&mut Context::from_waker(std::task::Waker::noop())).is_ready());
    }
}
