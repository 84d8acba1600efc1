//! A row has one type.

use query_runtime::QueryResource;

#[derive(QueryResource)]
#[query(path = "/users")]
struct User<const N: usize> {
    #[query(id)]
    id: u64,
    name: [u8; N],
}

fn main() {}
