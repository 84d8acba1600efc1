//! A row does not say which parent it belongs to.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/teams/{team_id}/users", parent(team_id: u64), list)]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
