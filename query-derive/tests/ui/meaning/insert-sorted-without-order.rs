//! Only the server knows where a created row goes.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", list, create(optimistic(insert = sorted, temp_id = negative_counter)))]
struct User {
    #[query(id, read_only)]
    id: i64,
    name: String,
}

fn main() {}
