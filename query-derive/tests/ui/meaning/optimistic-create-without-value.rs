//! A created row would have a field without a value.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", list, create(optimistic(insert = end, temp_id = negative_counter)))]
struct User {
    #[query(id, read_only)]
    id: i64,
    #[query(read_only)]
    created_at: u64,
    name: String,
}

fn main() {}
