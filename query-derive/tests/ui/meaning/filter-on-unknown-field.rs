//! A filter compares a field that is not there.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", list(param(name: String, filter(nam, op = eq))))]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
