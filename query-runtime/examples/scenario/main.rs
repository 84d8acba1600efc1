//! Plays scenarios and says of each whether everything was as it expects.
//!
//! ```text
//! cargo run -p query-runtime --features test-util --example scenario -- FILE|FOLDER…
//! ```
//!
//! A folder stands for the JSON files in it. Prints a line for each scenario, and where one fails what was expected, where and
//! what was seen; ends with `N passed, M failed`. `query-runtime/tests/data/scenarios/FORMAT.md` describes the files.

mod runner;

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

fn main() -> ExitCode {
    // A change that panics on purpose, or a scenario that does, is reported where it matters.
    std::panic::set_hook(Box::new(|_| ()));
    match play_all(std::env::args().skip(1).map(PathBuf::from).collect()) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            // Nothing can be done where even that cannot be said.
            drop(writeln!(io::stderr(), "{error}"));
            ExitCode::from(2)
        }
    }
}

/// Plays everything and returns how many scenarios failed.
fn play_all(named: Vec<PathBuf>) -> Result<usize, String> {
    if named.is_empty() {
        return Err("usage: scenario FILE|FOLDER…".to_owned());
    }
    let (mut passed, mut failed) = (0, 0);
    for path in named {
        for file in files(&path)? {
            let played =
                fs::read_to_string(&file).map_err(|error| error.to_string()).and_then(|text| runner::play(&text));
            match played {
                Ok(()) => {
                    passed += 1;
                    say(&format!("passed {}", file.display()))?;
                }
                Err(error) => {
                    failed += 1;
                    say(&format!("FAILED {}\n    {error}", file.display()))?;
                }
            }
        }
    }
    say(&format!("{passed} passed, {failed} failed"))?;
    Ok(failed)
}

/// Returns the scenarios that a path stands for, sorted.
fn files(path: &Path) -> Result<Vec<PathBuf>, String> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = fs::read_dir(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "json"));
    files.sort();
    if files.is_empty() { Err(format!("{}: no scenario", path.display())) } else { Ok(files) }
}

fn say(text: &str) -> Result<(), String> {
    writeln!(io::stdout(), "{text}").map_err(|error| format!("nothing can be written: {error}"))
}
