//! Three mistakes are shown at once, in the order of the file.

query_runtime::query_schema!("./three-mistakes.yaml");

fn main() {}
