//! What does rustc print for each mistake?
//!
//! A case is a file `ui/<kind>/<mistake>.rs` and what rustc prints beside it. `TRYBUILD=overwrite` writes the outputs anew;
//! read the difference as you would read code. Cases in `ui/pass` must compile.

use std::{
    env,
    ffi::OsStr,
    fs, io,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

/// The version whose messages the outputs hold.
const PINNED: &str = "1.95";

/// Returns all cases, sorted.
fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui");
    let mut cases = Vec::new();
    for kind in read(&root) {
        cases.extend(read(&kind).into_iter().filter(|path| path.extension() == Some(OsStr::new("rs"))));
    }
    cases
}

fn read(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    paths
}

fn must_compile(case: &Path) -> bool {
    case.parent().and_then(Path::file_name) == Some(OsStr::new("pass"))
}

/// Returns the version of the compiler that runs the cases: `rustc 1.95.0 (…)`.
fn version() -> String {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("-V").output().expect("rustc runs");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[test]
fn rustc_prints_what_is_expected() {
    let version = version();
    if !version.contains(&format!(" {PINNED}.")) {
        let text = format!("skipped: the outputs are those of {PINNED}, this is {version}\n");
        io::stderr().write_all(text.as_bytes()).expect("stderr");
        return;
    }
    let tests = trybuild::TestCases::new();
    for case in cases() {
        if must_compile(&case) {
            tests.pass(case);
        } else {
            tests.compile_fail(case);
        }
    }
}

#[test]
fn every_mistake_has_its_output() {
    let missing: Vec<String> = cases()
        .iter()
        .filter(|case| !must_compile(case) && !case.with_extension("stderr").exists())
        .map(|case| case.display().to_string())
        .collect();
    assert!(missing.is_empty(), "no output: {missing:#?}");
}

#[test]
fn there_is_a_case_for_every_row_of_the_list() {
    assert!(cases().len() >= 100, "{}", cases().len());
}
