//! Types are no types.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", api = 3, list(param(role: 3 + 4, shape)))]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
