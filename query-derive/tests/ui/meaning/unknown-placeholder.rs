//! A placeholder does not exist.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", list(placeholder = keep_previos))]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
