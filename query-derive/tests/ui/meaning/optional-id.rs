//! The id may be missing.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", get)]
struct User {
    #[query(id)]
    id: Option<u64>,
    name: String,
}

fn main() {}
