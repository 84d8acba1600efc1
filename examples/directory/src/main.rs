//! What does `cargo run -p directory` do: it walks through the client, over a live server, and says what is wrong.

use std::process::ExitCode;

use directory::{print::print, walk::walk};

#[tokio::main]
async fn main() -> ExitCode {
    let timeline = walk().await;
    print(&timeline);
    if timeline.failed() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
