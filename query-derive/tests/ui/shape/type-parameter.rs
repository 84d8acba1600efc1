//! A row has one type.

use query_runtime::QueryResource;

#[derive(QueryResource)]
#[query(path = "/users")]
struct User<T> {
    #[query(id)]
    id: u64,
    name: T,
}

fn main() {}
