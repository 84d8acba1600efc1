//! A key does not exist in its section.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", list(stale_tiem = "2m"), update(metod = PUT))]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
