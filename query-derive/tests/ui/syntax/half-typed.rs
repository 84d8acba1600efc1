//! The user is still typing.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", list(param(role: ), sort = ), get(stale_time))]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
