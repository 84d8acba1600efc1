//! The envelope has no rows.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", list(envelope(total = "total")))]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
