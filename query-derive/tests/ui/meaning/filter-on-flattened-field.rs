//! A flattened field has no name on the wire.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Address {
    street: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", list(param(street: String, filter(address, op = eq))))]
struct User {
    #[query(id)]
    id: u64,
    #[serde(flatten)]
    address: Address,
}

fn main() {}
