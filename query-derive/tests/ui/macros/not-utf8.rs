//! The schema is no text.

query_runtime::query_schema!("./not-utf8.yaml");

fn main() {}
