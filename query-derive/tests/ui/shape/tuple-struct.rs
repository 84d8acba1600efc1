//! A row has named fields, not numbered ones.

use query_runtime::QueryResource;

#[derive(QueryResource)]
#[query(path = "/users")]
struct User(#[query(id)] u64, String);

fn main() {}
