//! Something stands behind the end of a value.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users" + 1, name = "users".to_owned(), get)]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
