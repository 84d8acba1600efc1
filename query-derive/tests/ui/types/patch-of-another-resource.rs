//! A patch belongs to one resource.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/posts", update)]
pub struct Post {
    #[query(id)]
    id: u64,
    title: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", update)]
pub struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn rename(client: &query_runtime::QueryClient) {
    let update = use_update_user(client);
    drop(update.mutate(UpdateUser { id: 7, patch: PostPatch::new().title("Ada") }));
}

fn main() {}
