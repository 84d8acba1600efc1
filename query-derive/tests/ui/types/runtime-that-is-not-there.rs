//! The runtime is not where the attribute says.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(crate = ::no_such_runtime, path = "/users", get)]
pub struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
