//! A row cannot be a union.

use query_runtime::QueryResource;

#[derive(Clone, Copy, QueryResource)]
#[query(path = "/users")]
union User {
    id: u64,
    name: u32,
}

fn main() {}
