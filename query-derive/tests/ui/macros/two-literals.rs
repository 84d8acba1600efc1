//! There are two paths.

query_runtime::query_schema!("./empty-file.yaml", "./not-utf8.yaml");

fn main() {}
