//! A row cannot be an enum.

use query_runtime::QueryResource;

#[derive(QueryResource)]
#[query(path = "/users")]
enum User {
    Admin,
    #[query(id)]
    Guest,
}

fn main() {}
