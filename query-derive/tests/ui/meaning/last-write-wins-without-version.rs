//! Nothing says which write is the last.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", update, offline(queue, conflict = last_write_wins))]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
