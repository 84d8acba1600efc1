//! Names on the wire are serde's.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", get)]
struct User {
    #[query(id)]
    id: u64,
    #[query(rename = "fullName")]
    name: String,
}

fn main() {}
