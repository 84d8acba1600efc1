//! A duration has a unit that does not exist.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", get(stale_time = "5min", gc_time = "2 moons"))]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
