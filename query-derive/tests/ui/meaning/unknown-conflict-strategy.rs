//! A strategy does not exist.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", update, offline(queue, conflict(last_write_win, by = version)))]
struct User {
    #[query(id)]
    id: u64,
    version: u64,
}

fn main() {}
