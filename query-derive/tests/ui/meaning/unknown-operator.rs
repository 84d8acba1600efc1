//! A comparison does not exist.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", list(param(name: String, filter(name, op = equals))))]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
