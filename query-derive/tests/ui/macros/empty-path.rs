//! The path of the schema is empty.

query_runtime::query_schema!("");

fn main() {}
