//! Nothing says where the resource lives.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]

struct User {
    id: u64,
    name: String,
}

fn main() {}
