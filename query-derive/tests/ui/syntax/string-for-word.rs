//! Words have no quotes.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", version = "updated_at", update(method = "PATCH"))]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
