//! A string is a number.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", name = 7)]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
