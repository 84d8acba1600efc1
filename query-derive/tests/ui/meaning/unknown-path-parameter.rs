//! A place of the path has no value.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/teams/{team}/users", get(path = "/users/{idd}"))]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
