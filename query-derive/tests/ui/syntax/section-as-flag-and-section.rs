//! A section is a flag and a section.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", list, list(sort = [id]))]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
