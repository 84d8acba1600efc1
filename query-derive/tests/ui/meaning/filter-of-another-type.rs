//! A parameter has another type than its field.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", list(param(name: u64, filter(name, op = eq))))]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
