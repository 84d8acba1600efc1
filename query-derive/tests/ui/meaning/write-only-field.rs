//! A struct that is received has no field that is only sent.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", get)]
struct User {
    #[query(id)]
    id: u64,
    #[query(read_only, write_only)]
    password: String,
}

fn main() {}
