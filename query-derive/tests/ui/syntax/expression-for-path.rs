//! A path is computed.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = concat!("/", "users"))]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
