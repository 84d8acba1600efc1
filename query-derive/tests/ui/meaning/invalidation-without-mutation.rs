//! A mutation that is not there invalidates.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", update, invalidates(create = [users.list]))]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
