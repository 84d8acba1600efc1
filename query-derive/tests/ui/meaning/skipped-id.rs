//! serde leaves the id out.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", get)]
struct User {
    #[query(id)]
    #[serde(skip)]
    id: u64,
    name: String,
}

fn main() {}
