//! A key of a field does not exist.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", get)]
struct User {
    #[query(id)]
    id: u64,
    #[query(readonly, optimistc = now)]
    name: String,
}

fn main() {}
