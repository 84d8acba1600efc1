//! A generated type has the struct's name.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", create(input = User))]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
