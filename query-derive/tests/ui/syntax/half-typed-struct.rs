//! The struct itself is not finished.

use query_runtime::QueryResource;

#[derive(QueryResource)]
#[query(path = "/users", get)]
struct User {
    #[query(id)]
    id: u64,
    name:
}

fn main() {}
