//! A derive does not see the values of a type.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", get)]
struct User {
    #[query(id)]
    id: u64,
    #[query(default = viewer)]
    name: String,
}

fn main() {}
