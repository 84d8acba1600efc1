//! A target does not exist.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", update, invalidates(update = [users.detial, users.detail(nam)]))]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
