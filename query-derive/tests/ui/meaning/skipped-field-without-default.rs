//! A patch cannot reach a field that serde leaves out.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", create, update)]
struct User {
    #[query(id)]
    id: u64,
    #[serde(skip)]
    cache: Vec<u8>,
    name: String,
}

fn main() {}
