//! Public functions take an id that is private.

#![deny(private_interfaces)]

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct UserId(String);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", get)]
pub struct User {
    #[query(id)]
    id: UserId,
    name: String,
}

fn main() {}
