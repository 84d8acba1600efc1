//! A comparison does not fit the field.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", list(param(name: String, filter(name, op = contains_any))))]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
