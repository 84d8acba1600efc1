//! Is every code in the table, and is every mistake shown once as the user sees it?

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Codes without a fixture, and why.
const WITHOUT_FIXTURE: [(u16, &str); 2] = [
    (1099, "nobody knows a way to make it: `derive::tests` panics on purpose"),
    (1206, "a file that cannot be read needs a machine's permissions"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the workspace").to_owned()
}

/// Returns the files below a folder that have this ending.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == ending) {
                found.push(path);
            }
        }
    }
    found
}

/// Returns the numbers after `QR` in a text.
fn named(text: &str) -> Vec<u16> {
    text.match_indices("QR").filter_map(|(at, _)| text.get(at + 2..at + 6)?.parse().ok()).collect()
}

/// Returns the codes that a source file gives to mistakes.
fn given(source: &str) -> Vec<u16> {
    let source = source.split("#[cfg(test)]").next().unwrap_or_default();
    let code: String =
        source.lines().filter(|line| !line.trim_start().starts_with("//")).flat_map(|line| [line, "\n"]).collect();
    let mut found = Vec::new();
    let mut rest = code.as_str();
    let mut before = String::new();
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        before.push_str(&rest[..at]);
        let digits: String = rest[at..].chars().take_while(char::is_ascii_alphanumeric).collect();
        rest = &rest[at + digits.len()..];
        let lead = before.trim_end();
        let is_code =
            ["error(", "warning(", ".at(", ": u16 =", "code:", "code ="].iter().any(|end| lead.ends_with(end))
                || rest.starts_with(", out)");
        if is_code && digits.len() >= 3 {
            found.extend(digits.parse::<u16>().ok());
        }
        before.push_str(&digits);
    }
    found
}

fn all_given() -> BTreeSet<u16> {
    let sources = files(&root().join("query-codegen/src"), "rs");
    sources.iter().flat_map(|path| given(&fs::read_to_string(path).expect("a source file"))).collect()
}

#[test]
fn codes_are_found_however_they_are_given() {
    let source = "Diagnostic::error(\n    101, x); Diagnostic::warning(204, x); const X: u16 = 1001; m.at(303, y); f(x, 305, out);\n\
        // Diagnostic::error(999,\n if (400..500).contains(&status) {}\n#[cfg(test)] Diagnostic::error(998, x)";
    assert_eq!(given(source), [101, 204, 1001, 303, 305]);
}

#[test]
fn table_names_exactly_the_codes_that_are_given() {
    let table = fs::read_to_string(root().join("docs/diagnostics.md")).expect("the table of codes");
    let rows: Vec<u16> = table.lines().filter(|line| line.starts_with("| QR")).flat_map(named).collect();
    assert!(rows.is_sorted_by(|one, two| one < two), "the rows are not sorted, or one stands twice");
    let rows: BTreeSet<u16> = rows.into_iter().collect();
    let given = all_given();
    let missing: Vec<&u16> = given.difference(&rows).collect();
    let stale: Vec<&u16> = rows.difference(&given).collect();
    assert!(missing.is_empty() && stale.is_empty(), "not in the table: {missing:?}; no longer given: {stale:?}");
}

#[test]
fn every_code_has_a_fixture() {
    let mut shown = BTreeSet::new();
    let texts = files(&root().join("query-codegen/tests/diag"), "txt");
    for path in texts.into_iter().chain(files(&root().join("query-derive/tests/ui"), "stderr")) {
        shown.extend(named(&fs::read_to_string(path).expect("an expected text")));
    }
    let excused: BTreeSet<u16> = WITHOUT_FIXTURE.iter().map(|(code, _)| *code).collect();
    let lacking: Vec<u16> = all_given().difference(&shown).copied().filter(|code| !excused.contains(code)).collect();
    assert!(lacking.is_empty(), "no fixture shows {lacking:?}");
    let needless: Vec<&u16> = excused.intersection(&shown).collect();
    assert!(needless.is_empty(), "a fixture shows {needless:?}, which needs no excuse");
}
