//! A message does two things.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", list, realtime(channel = "wss://example.test", tag = "type", message("USER", create), message("USER", update)))]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
