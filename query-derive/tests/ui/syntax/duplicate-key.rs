//! A key is given twice.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", path = "/people", get(stale_time = "1m", stale_time = "2m"))]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
