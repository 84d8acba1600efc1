//! A duration has no unit.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", get(stale_time = "30", gc_time = 60))]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
