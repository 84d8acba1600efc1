//! A key of the struct stands on a field.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users")]
struct User {
    #[query(id)]
    id: u64,
    #[query(list(sort = [id]))]
    name: String,
}

fn main() {}
