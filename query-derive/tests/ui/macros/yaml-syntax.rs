//! The schema is no YAML.

query_runtime::query_schema!("./yaml-syntax.yaml");

fn main() {}
