//! Nothing says what the next cursor is.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", list(envelope(items = "users"), cursor(param = "after", size = "limit")))]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
