//! Mistakes of every kind are shown together.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", list(param(role: Role, filter(role, op = eq)), stale_time = "30"), get(network = ofline), update(method = PACH))]
struct User {
    #[query(id)]
    id: u64,
    #[query(nullable, write_only)]
    name: String,
}

fn main() {}
