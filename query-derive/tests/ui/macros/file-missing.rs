//! The schema is not there, but one with a similar name is.

query_runtime::query_schema!("./empty-file.yml");

fn main() {}
