//! A row is handed out.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", list, get)]
pub struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
