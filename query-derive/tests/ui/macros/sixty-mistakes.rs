//! Fifty mistakes are shown, and how many more there are.

query_runtime::query_schema!("./sixty-mistakes.yaml");

fn main() {}
