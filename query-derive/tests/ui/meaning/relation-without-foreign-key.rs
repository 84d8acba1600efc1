//! Nothing says which field leads back.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

struct Post;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", has_many(posts: Post, path = "/users/{id}/posts"))]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
