//! The body of an error cannot be read.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

pub struct ApiError;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", error = ApiError, get)]
pub struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
