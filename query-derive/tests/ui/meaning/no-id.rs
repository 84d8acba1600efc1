//! No field is the id.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", get)]
struct User {
    id: u64,
    name: String,
}

fn main() {}
