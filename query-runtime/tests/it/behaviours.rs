//! Is the table of behaviours whole, and does every test that it names exist?

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// How many rows each chapter of the inventory has.
const CHAPTERS: &[(char, u32)] = &[('T', 201), ('S', 60), ('R', 48), ('W', 25), ('I', 15)];

struct Row {
    name: String,
    status: String,
    says: String,
    tests: Vec<String>,
}

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn table() -> Vec<Row> {
    let text = fs::read_to_string(here().join("docs/behaviours.md")).unwrap();
    let rows = text.lines().filter_map(|line| {
        let cells: Vec<&str> =
            line.strip_prefix("| ")?.trim_end().trim_end_matches('|').split('|').map(str::trim).collect();
        let (chapter, number) = cells.first()?.split_at_checked(1)?;
        let known = CHAPTERS.iter().any(|(letter, _)| chapter.starts_with(*letter)) && number.parse::<u32>().is_ok();
        let cell = |index: usize| cells.get(index).copied().unwrap_or_default();
        let tests = cell(3).split(',').map(|name| name.trim().trim_matches('`').to_owned());
        known.then(|| Row {
            name: cell(0).to_owned(),
            status: cell(1).to_owned(),
            says: cell(2).to_owned(),
            tests: tests.filter(|name| !name.is_empty()).collect(),
        })
    });
    rows.collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// Returns the names of the test functions below a folder.
fn tests_below(folder: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for file in rust_files(folder) {
        let mut is_test = false;
        for line in fs::read_to_string(file).unwrap().lines().map(str::trim) {
            if line.starts_with("#[") {
                is_test |= line.ends_with("test]") || line.starts_with("#[tokio::test");
            } else if let Some((_, rest)) = line.split_once("fn ").filter(|_| is_test) {
                names.extend(rest.split('(').next().map(str::to_owned));
                is_test = false;
            } else if !line.starts_with("//") {
                is_test = false;
            }
        }
    }
    names
}

#[test]
fn table_of_behaviours_has_every_row_once() {
    let mut times: BTreeMap<String, u32> = BTreeMap::new();
    for row in table() {
        *times.entry(row.name).or_default() += 1;
    }
    let wanted = CHAPTERS.iter().flat_map(|(letter, rows)| (1..=*rows).map(move |row| format!("{letter}{row}")));
    let wrong: Vec<String> = wanted.filter(|name| times.remove(name) != Some(1)).collect();
    assert!(wrong.is_empty(), "missing, or there more than once: {wrong:?}");
    assert!(times.is_empty(), "no row of the inventory: {times:?}");
}

#[test]
fn table_of_behaviours_names_tests_that_exist() {
    let mut tests = tests_below(&here().join("src"));
    tests.extend(tests_below(&here().join("tests")));
    let generator = tests_below(&here().join("../query-codegen"));
    let exists = |name: &str| match name.split_once(':') {
        Some(("scenario", name)) => here().join(format!("tests/data/conformance/scenarios/{name}.json")).is_file(),
        Some(("doc", file)) => fs::read_to_string(here().join(file)).is_ok_and(|text| text.contains("```")),
        Some(("codegen", name)) => generator.contains(name),
        _ => tests.contains(name),
    };
    let mut wrong = Vec::new();
    for row in table() {
        let needs_test = match row.status.as_str() {
            "done" | "other" => true,
            "not" => false,
            status => {
                wrong.push(format!("{}: no status: {status}", row.name));
                continue;
            }
        };
        if row.says.is_empty() {
            wrong.push(format!("{}: says nothing", row.name));
        }
        if needs_test && row.tests.is_empty() {
            wrong.push(format!("{}: names no test", row.name));
        }
        let missing = row.tests.iter().filter(|name| !exists(name));
        wrong.extend(missing.map(|name| format!("{}: no such test: {name}", row.name)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
