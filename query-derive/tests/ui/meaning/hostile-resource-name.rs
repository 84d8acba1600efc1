//! A name cannot carry code.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", name = "users(); fn x", get)]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
