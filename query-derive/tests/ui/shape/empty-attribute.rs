//! The attribute says nothing.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query()]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
