//! A key belongs elsewhere.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", stale_time = "2m", envelope(items = "users"), get(page(size = "limit")))]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
