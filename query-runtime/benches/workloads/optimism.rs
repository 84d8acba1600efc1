//! What does it cost to show a change before the server has confirmed it, and to take it back?

use query_runtime::{
    ListReach, ListWindow, MutationContext, MutationHandle, MutationOptions, QueryClient, QueryError, QueryOptions,
};
use tokio::runtime::Runtime;

use crate::{
    rows::{Everyone, GROUP, Rename, User, client, detail_key, list_key},
    timing::Bench,
};

/// How many operations are timed together.
const CALLS: usize = 10;

/// An id and a name.
type Renaming = (String, String);

async fn refused(_: MutationContext, _: Renaming) -> Result<User, QueryError> {
    Err(QueryError::message("the server says no"))
}

fn rename() -> MutationOptions<Renaming, User> {
    let change = |(id, name): &Renaming| (id.clone(), Rename(name.clone()));
    MutationOptions::new(&["users", "rename"], refused).changes::<User>(change, ListReach::Matching, true)
}

/// Lets a client hold a list of these users.
fn list(client: &QueryClient, page: usize, users: impl Iterator<Item = usize>) {
    let rows = users.map(User::new).collect();
    let unfetched = |_| async { Err(QueryError::message("nothing is fetched")) };
    let options = QueryOptions::list(list_key(page), Everyone, ListWindow::All, unfetched).initial_data(rows);
    drop(client.observe(options.stale_forever()));
}

pub(crate) fn measure(bench: &Bench, runtime: &Runtime) {
    update_and_rollback(bench, runtime);
    one_row(bench, runtime);
}

/// One user, who is in one of many lists and in a detail, is changed; the server refuses.
fn update_and_rollback(bench: &Bench, runtime: &Runtime) {
    let workload = "optimistic_update_and_rollback";
    for lists in bench.sizes([10, 100, 1_000]).filter(|_| bench.wants(workload)) {
        let client = client();
        for page in 0..lists {
            list(&client, page, page * GROUP..(page + 1) * GROUP);
        }
        let unfetched = |_| async { Err(QueryError::message("nothing is fetched")) };
        let detail = QueryOptions::detail(detail_key("u5"), "u5".to_owned(), unfetched).initial_data(User::new(5));
        drop(client.observe(detail.stale_forever()));
        let mutation = client.mutation(rename());
        bench.repeat(workload, lists, CALLS, || {
            for _ in 0..CALLS {
                let call = mutation.mutate(("u5".to_owned(), "x".to_owned()));
                assert_eq!(client.get(&detail_key("u5")).map(|user| user.name == "x"), Some(true));
                assert!(runtime.block_on(call).is_err());
            }
            assert_eq!(client.get(&detail_key("u5")).map(|user| user.name == "User 5"), Some(true));
        });
    }
}

/// Some rows of one long list are changed, one after the other; none is confirmed yet.
fn one_row(bench: &Bench, runtime: &Runtime) {
    /// The calls that are not over, which are refused when nothing is timed any more.
    struct Calls<'a>(Vec<MutationHandle<User>>, &'a Runtime);

    impl Drop for Calls<'_> {
        fn drop(&mut self) {
            for call in self.0.drain(..) {
                assert!(self.1.block_on(call).is_err());
            }
        }
    }

    let workload = "optimistic_one_row";
    for n in bench.sizes([100, 1_000, 10_000, 100_000, 1_000_000]).filter(|_| bench.wants(workload)) {
        let client = client();
        list(&client, 0, 0..n);
        let mutation = client.mutation(rename());
        let row = |call: usize| call * 7919 % n;
        let none = || Calls(Vec::with_capacity(CALLS), runtime);
        bench.measure(workload, n, CALLS, none, |calls| {
            for call in 0..CALLS {
                calls.0.push(mutation.mutate((format!("u{}", row(call)), format!("x{call}"))));
            }
            let shown = client.get(&list_key(0));
            assert!(shown.is_some_and(|page| page.items.get(row(1)).is_some_and(|user| user.name == "x1")));
        });
    }
}
