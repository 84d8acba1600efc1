//! A list is paged in two ways.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", list(envelope(items = "users", total = "total"), page(param = "page", size = "limit"), cursor(param = "after")))]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
