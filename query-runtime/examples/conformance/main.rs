//! Runs recorded scenarios and compares what could be seen with what was recorded.
//!
//! ```text
//! cargo run -p query-runtime --features test-util --example conformance -- \
//!     --dir SCENARIOS --out TRACES [--expected TRACES] [--deviations FILE] [--only PREFIX]
//! ```
//!
//! Writes a trace for each scenario of a folder. With `--expected` it says for each that differs where it does first, and ends
//! with `N passed, M failed`.

mod driver;

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use driver::{Deviations, Trace};

const USAGE: &str =
    "usage: conformance --dir SCENARIOS --out TRACES [--expected TRACES] [--deviations FILE] [--only PREFIX]";

/// What the command line says.
#[derive(Default)]
struct Arguments {
    dir: Option<PathBuf>,
    out: Option<PathBuf>,
    expected: Option<PathBuf>,
    deviations: Option<PathBuf>,
    only: String,
}

impl Arguments {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut arguments = Self::default();
        while let Some(word) = words.next() {
            let value = words.next().ok_or_else(|| format!("{word} lacks its value\n{USAGE}"))?;
            match word.as_str() {
                "--dir" => arguments.dir = Some(value.into()),
                "--out" => arguments.out = Some(value.into()),
                "--expected" => arguments.expected = Some(value.into()),
                "--deviations" => arguments.deviations = Some(value.into()),
                "--only" => arguments.only = value,
                _ => return Err(format!("no argument is called {word}\n{USAGE}")),
            }
        }
        Ok(arguments)
    }
}

fn main() -> ExitCode {
    // A scenario that panics is reported with its name.
    std::panic::set_hook(Box::new(|_| ()));
    let outcome = Arguments::parse(std::env::args().skip(1)).and_then(|arguments| conform(&arguments));
    match outcome {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            // Nothing can be done where even that cannot be said.
            drop(writeln!(io::stderr(), "{error}"));
            ExitCode::from(2)
        }
    }
}

/// Runs everything and returns how many scenarios failed.
fn conform(arguments: &Arguments) -> Result<usize, String> {
    let (Some(dir), Some(out)) = (&arguments.dir, &arguments.out) else { return Err(USAGE.to_owned()) };
    let deviations = match &arguments.deviations {
        None => Deviations::default(),
        Some(file) => Deviations::parse(&read(file)?).map_err(|error| format!("{}: {error}", file.display()))?,
    };
    if let Some(name) = deviations.names().find(|name| !dir.join(format!("{name}.json")).exists()) {
        return Err(format!("a deviation is of {name}, which is no scenario"));
    }
    fs::create_dir_all(out).map_err(|error| format!("{}: {error}", out.display()))?;
    let (mut passed, mut failed) = (0, 0);
    for name in scenarios(dir, &arguments.only)? {
        let file = dir.join(&name);
        let ours = read(&file).and_then(|text| driver::run(&text));
        let said = ours.and_then(|trace| {
            let target = out.join(&name);
            fs::write(&target, trace.to_string()).map_err(|error| format!("{}: {error}", target.display()))?;
            match &arguments.expected {
                None => Ok(()),
                Some(expected) => judge(&expected.join(&name), &trace, &deviations),
            }
        });
        match said {
            Ok(()) => passed += 1,
            Err(error) => {
                failed += 1;
                say(&format!("DIFFERS {}\n    {error}", file.display()))?;
            }
        }
    }
    say(&format!("{passed} passed, {failed} failed"))?;
    Ok(failed)
}

fn judge(expected: &Path, trace: &Trace, deviations: &Deviations) -> Result<(), String> {
    let recorded = Trace::parse(&read(expected)?).map_err(|error| format!("{}: {error}", expected.display()))?;
    deviations.judge(&recorded, trace)
}

/// Returns the names of the files of a folder that hold scenarios, sorted.
fn scenarios(dir: &Path, prefix: &str) -> Result<Vec<String>, String> {
    let entries = fs::read_dir(dir).map_err(|error| format!("{}: {error}", dir.display()))?;
    let mut names: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| name.starts_with(prefix) && Path::new(name).extension().is_some_and(|end| end == "json"));
    names.sort();
    if names.is_empty() {
        return Err(format!("{}: no scenario", dir.display()));
    }
    Ok(names)
}

fn read(file: &Path) -> Result<String, String> {
    fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}

fn say(text: &str) -> Result<(), String> {
    writeln!(io::stdout(), "{text}").map_err(|error| format!("nothing can be written: {error}"))
}
