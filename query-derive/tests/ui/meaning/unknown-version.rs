//! The version is no field.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", version = updatd_at, get)]
struct User {
    #[query(id)]
    id: u64,
    updated_at: u64,
}

fn main() {}
