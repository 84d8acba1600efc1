//! A duration is longer than time.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", get(stale_time = "99999999999999999999d"))]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
