//! Two roles of the envelope have one name.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", list(envelope(items = "users", total = "users")))]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
