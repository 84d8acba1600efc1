//! Two fields are the id.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", get)]
struct User {
    #[query(id)]
    id: u64,
    #[query(id)]
    name: String,
}

fn main() {}
