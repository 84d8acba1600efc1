//! The path is computed.

query_runtime::query_schema!(concat!("schemas/", "social.yaml"));

fn main() {}
