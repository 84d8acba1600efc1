//! An infinite list has no pages.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", list, infinite)]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
