//! The path is empty.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "")]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
