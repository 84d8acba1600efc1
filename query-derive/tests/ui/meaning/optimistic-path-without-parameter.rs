//! A value comes from a place that the path does not have.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", list, create(optimistic(insert = end, temp_id = negative_counter)))]
struct User {
    #[query(id, read_only)]
    id: i64,
    #[query(read_only, optimistic = path("team_id"))]
    team_id: u64,
}

fn main() {}
