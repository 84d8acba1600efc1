//! What does the build make: the typed API of the schema.

fn main() -> Result<(), query_codegen::config::Error> {
    query_codegen::config::Config::new().schema("../../schemas/directory.yaml").compile()
}
