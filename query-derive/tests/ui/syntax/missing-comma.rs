//! Commas are missing, and what follows is read all the same.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users" name = "users", list(stale_time = "2m" gc_time = "5m"), get(stale_time = "1"))]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
