//! Answers should say up to which write they were read, and there is no API that says where.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", level = watermarked, get)]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
