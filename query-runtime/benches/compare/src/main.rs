//! How does the runtime compare with other libraries, measured side by side in one go?
//!
//! `cargo run --release --manifest-path query-runtime/benches/compare/Cargo.toml` prints tables of ratios as Markdown. Each
//! peer is installed and built first; one that cannot be is told as missing, with the reason.

mod machine;
mod peers;
mod table;

use std::{
    io::Write as _,
    process::{Command, ExitCode},
};

use peers::{Figures, Peer};

/// What the caller wants.
#[derive(Debug, Default)]
pub struct Settings {
    /// Passed on to each program: `--max-n` and `--runs`.
    pub passed_on: Vec<String>,
    /// Only these peers, by name; empty: all.
    pub only: Vec<String>,
}

const USAGE: &str = "usage: compare [--peer NAME]... [--max-n N] [--runs K]";

fn main() -> ExitCode {
    let settings = match settings(std::env::args().skip(1)) {
        Ok(settings) => settings,
        Err(what) => {
            progress(&what);
            return ExitCode::FAILURE;
        }
    };
    let before = machine::load();
    progress("query-runtime");
    let ours = match ours(&settings) {
        Ok(ours) => ours,
        Err(why) => {
            progress(&why);
            return ExitCode::FAILURE;
        }
    };
    let peers: Vec<(Peer, Result<Figures, String>)> = peers::all()
        .into_iter()
        .filter(|peer| settings.only.is_empty() || settings.only.iter().any(|only| *only == peer.name))
        .map(|peer| {
            progress(peer.name);
            let figures = peer.run(&settings.passed_on);
            (peer, figures)
        })
        .collect();
    let mut text = machine::describe(&before);
    text += &table::flatness(&ours);
    text += &table::ratios(&ours, &peers);
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn settings(mut arguments: impl Iterator<Item = String>) -> Result<Settings, String> {
    let mut settings = Settings::default();
    while let Some(argument) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{argument} needs a value\n{USAGE}"))?;
        match argument.as_str() {
            "--peer" => settings.only.push(value),
            "--max-n" | "--runs" => settings.passed_on.extend([argument, value]),
            _ => return Err(format!("{argument} is unknown\n{USAGE}")),
        }
    }
    Ok(settings)
}

/// Runs the workloads of the runtime.
fn ours(settings: &Settings) -> Result<Figures, String> {
    let mut bench = Command::new("cargo");
    bench.args(["bench", "-p", "query-runtime", "--bench", "workloads", "--manifest-path"]);
    bench.arg(peers::folder().join("../../../Cargo.toml")).args(["--", "--json"]).args(&settings.passed_on);
    peers::figures(&mut bench)
}

/// Tells whoever waits what runs now.
pub fn progress(what: &str) {
    // The tables go to the other stream.
    let _ = writeln!(std::io::stderr(), "compare: {what}");
}
