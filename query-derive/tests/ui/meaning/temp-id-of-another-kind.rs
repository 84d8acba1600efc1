//! The id cannot be a random text.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", list(sort = [name]), create(optimistic(temp_id = uuid)))]
struct User {
    #[query(id, read_only)]
    id: u64,
    name: String,
}

fn main() {}
