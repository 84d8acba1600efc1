//! The attribute takes no value.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query = "/users"]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
