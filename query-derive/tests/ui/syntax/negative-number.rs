//! A number of rows is negative.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", list(envelope(items = "users", total = "total"), page(param = "page", default = -1)))]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
