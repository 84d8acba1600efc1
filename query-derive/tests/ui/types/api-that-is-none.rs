//! The type of the API is no API.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

pub struct NotAnApi;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(api = NotAnApi, path = "/users", get)]
pub struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
