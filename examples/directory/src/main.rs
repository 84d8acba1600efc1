//! What does `cargo run -p directory` do: it starts a server, walks through the client step by step, and tells what is wrong.
fn main() {}
