//! Two fields have one name on the wire.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", get)]
struct User {
    #[query(id)]
    id: u64,
    name: String,
    #[serde(rename = "name")]
    title: String,
}

fn main() {}
