//! An update cannot be a GET.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", update(method = GET))]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
