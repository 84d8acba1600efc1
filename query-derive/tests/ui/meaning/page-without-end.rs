//! Nothing says where the pages end.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", list(envelope(items = "users"), page(param = "page", size = "limit")))]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
