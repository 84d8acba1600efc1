//! The runtime's path is relative.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", crate = query_runtime)]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
