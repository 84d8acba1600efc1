//! The schema is a folder.

query_runtime::query_schema!("../macros");

fn main() {}
