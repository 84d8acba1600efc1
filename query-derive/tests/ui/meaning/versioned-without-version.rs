//! Rows should say which of their versions they are, and the struct does not say how.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", level = versioned, get)]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
