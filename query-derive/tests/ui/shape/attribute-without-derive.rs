//! The attribute stands on items that are no resources.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Address {
    #[query(read_only)]
    street: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Role {
    #[query(default)]
    Admin,
}

fn main() {}
