//! A number has a suffix.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", list(envelope(items = "users", total = "total"), page(param = "page", default = 20u8x, max = 100u32)))]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
