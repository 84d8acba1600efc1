//! A row has fields.

use query_runtime::QueryResource;

#[derive(QueryResource)]
#[query(path = "/users")]
struct User;

fn main() {}
