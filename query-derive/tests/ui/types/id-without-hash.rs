//! An id is a part of a key.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserId(f64);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", list, get)]
pub struct User {
    #[query(id)]
    id: UserId,
    name: String,
}

fn main() {}
