//! A relation leads to a type that is no resource.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Post {
    author_id: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", get, has_many(posts: Post, foreign_key = author_id, path = "/users/{id}/posts"))]
pub struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
