//! Nothing says where the collection is.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(name = "users", get)]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
