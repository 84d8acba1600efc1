//! A type has no default.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Role {
    Admin,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", list(sort = [id]), create(optimistic(insert = end, temp_id = negative_counter)))]
pub struct User {
    #[query(id, read_only)]
    id: i64,
    #[query(default)]
    role: Role,
    name: String,
}

fn main() {}
