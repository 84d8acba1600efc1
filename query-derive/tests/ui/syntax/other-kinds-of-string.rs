//! Strings are byte strings, C strings and characters.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = b"/users", name = 'u', error = "x", list(page(param = c"page")))]
struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
