//! A level that is not one of the four.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", level = version, get)]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
