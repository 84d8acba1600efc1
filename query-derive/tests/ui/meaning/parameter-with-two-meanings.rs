//! A parameter of a list has two meanings.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", list(param(name: String, filter(name, op = eq), opaque)))]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
