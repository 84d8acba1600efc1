//! Nothing says what a parameter does to the rows.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", list(param(active: bool)))]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
