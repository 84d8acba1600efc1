//! A text is no id.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct UserId(String);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", list, get)]
pub struct User {
    #[query(id)]
    id: UserId,
    name: String,
}

fn show(client: &query_runtime::QueryClient) {
    drop(use_user(client, String::from("7")));
}

fn main() {}
