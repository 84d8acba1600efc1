//! A key of a field stands on the struct.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", read_only, get)]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
