//! The parent's id is another type in the row.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/teams/{team_id}/users", parent(team_id: String), list)]
struct User {
    #[query(id)]
    id: u64,
    team_id: u64,
}

fn main() {}
