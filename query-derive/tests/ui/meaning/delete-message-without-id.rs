//! A message does not say which row is gone.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", list, realtime(tag = "type", message("GONE", delete), message("NEW", creat)))]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
