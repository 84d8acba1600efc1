//! A future does nothing until it is awaited.

#![deny(unused_must_use)]

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", list, get)]
pub struct User {
    #[query(id)]
    id: u64,
    name: String,
}

async fn warm(client: &query_runtime::QueryClient) {
    prefetch_user(client, 7);
}

fn main() {}
