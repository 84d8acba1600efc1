//! A list's key leads to a page, not to a row.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", list, get)]
pub struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn rename(client: &query_runtime::QueryClient) {
    let key = UserKeys::list(&UserListParams::default());
    client.update(&key, |user: &User| Some(User { name: String::from("Ada"), ..user.clone() }));
}

fn main() {}
