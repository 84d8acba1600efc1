//! A row owns its data.

use query_runtime::QueryResource;

#[derive(QueryResource)]
#[query(path = "/users")]
struct User<'a> {
    #[query(id)]
    id: u64,
    name: &'a str,
}

fn main() {}
