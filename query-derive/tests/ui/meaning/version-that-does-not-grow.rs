//! The version is a text.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", version = name, get)]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
