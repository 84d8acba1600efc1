//! A section is split over two attributes.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", list(sort = [id]))]
#[query(list(stale_time = "2m"))]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
