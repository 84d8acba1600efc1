//! The schema is empty.

query_runtime::query_schema!("./empty-file.yaml");

fn main() {}
