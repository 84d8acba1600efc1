//! A list may sort by a field that its users are warned of, without a warning in what is generated.

#![deny(warnings)]
#![allow(dead_code)]

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", list(param(sort_by: UserSort, sort(posts = post_count), default = posts)))]
pub struct User {
    #[query(id)]
    pub id: u64,
    #[deprecated = "use posts.total"]
    pub post_count: u64,
}

fn main() {}
