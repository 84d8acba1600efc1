//! What does it cost to carry a cache into another, through JSON text?

use query_runtime::{DehydratedState, QueryClient, QueryOptions};

use crate::{
    rows::{User, client, user_key},
    timing::Bench,
};

/// A client that holds so many users, which can be written as JSON.
fn serializable(n: usize) -> QueryClient {
    let client = client();
    for number in 0..n {
        let options = QueryOptions::cached(user_key(number)).serializable().initial_data(User::new(number));
        drop(client.observe(options));
    }
    client
}

fn text_of(client: &QueryClient) -> String {
    serde_json::to_string(&client.dehydrate()).unwrap_or_default()
}

pub(crate) fn measure(bench: &Bench) {
    if !["dehydrate", "hydrate"].into_iter().any(|workload| bench.wants(workload)) {
        return;
    }
    for n in bench.sizes([1_000, 10_000, 100_000, 1_000_000]) {
        let cache = serializable(n);
        let text = text_of(&cache);
        bench.repeat("dehydrate", n, n, || assert_eq!(text_of(&cache).len(), text.len()));
        drop(cache);
        bench.measure("hydrate", n, n, client, |client| {
            let taken = serde_json::from_str::<DehydratedState>(&text).map(|state| client.hydrate(state).queries);
            assert_eq!(taken.ok(), Some(n));
        });
    }
}
