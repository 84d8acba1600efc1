//! The default is no sort key.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", list(param(sort_by: UserSort, sort(name), default = nam)))]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
