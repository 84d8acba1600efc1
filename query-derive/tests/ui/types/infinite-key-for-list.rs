//! An infinite list's key leads to pages, not to one.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", list(envelope(items = "users", total = "total"), page(param = "page", size = "limit")), infinite)]
pub struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn fill(client: &query_runtime::QueryClient, page: query_runtime::Page<User>) {
    client.set(&UserKeys::infinite(&UserFilter::default()), page);
}

fn main() {}
