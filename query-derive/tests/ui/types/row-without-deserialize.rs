//! A row comes from the server.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, QueryResource)]
#[query(path = "/users", list, get)]
pub struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
