//! A sort key leads to no field.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", list(param(sort_by: UserSort, sort(created = created_at), default = created)))]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
