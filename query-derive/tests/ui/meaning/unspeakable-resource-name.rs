//! Not even `r#` makes the name an identifier.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", name = "self", get, list)]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
