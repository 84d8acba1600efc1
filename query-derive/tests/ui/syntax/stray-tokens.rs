//! Something stands where a word belongs.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query("/users", path = "/users", *, list { sort = [id] })]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
