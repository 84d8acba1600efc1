//! There is no path.

query_runtime::query_schema!();

fn main() {}
