//! What does each mistake in a YAML schema look like to the user?
//!
//! Each `tests/diag/<code>-<what>.yaml` is read, and what is shown is compared with the `.txt` beside it. `UPDATE_EXPECT=1`
//! rewrites the texts, though never where `CI` is set.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use query_codegen::{check, yaml};

/// Returns what is shown for a schema.
fn lint(text: &str, file: &str) -> String {
    let (schema, document, mut diagnostics) = yaml::parse(text, file);
    // `ok-…` holds what the reader accepts; whether it makes sense is another question.
    if let Some(schema) = schema.filter(|_| !file.starts_with("ok-")) {
        let checked = check::check(schema, &mut diagnostics);
        assert_eq!(checked.is_none(), diagnostics.has_errors());
    }
    document.sort(&mut diagnostics);
    document.render_all(&diagnostics)
}

fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diag");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the folder of fixtures")
        .map(|entry| entry.expect("an entry of the folder").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    files.sort();
    files
}

/// Returns the lines in which two texts differ.
fn difference(expected: &str, found: &str) -> String {
    let expected: Vec<&str> = expected.lines().collect();
    let found: Vec<&str> = found.lines().collect();
    let mut out = String::new();
    for index in 0..expected.len().max(found.len()) {
        let (old, new) = (expected.get(index), found.get(index));
        if old != new {
            out.extend(old.map(|line| format!("-{line}\n")));
            out.extend(new.map(|line| format!("+{line}\n")));
        }
    }
    out
}

#[test]
fn every_mistake_is_shown_as_expected() {
    let update = std::env::var_os("UPDATE_EXPECT").is_some() && std::env::var_os("CI").is_none();
    let files = fixtures();
    assert!(files.len() >= 40, "only {} fixtures were found", files.len());
    let mut failures = String::new();
    for path in files {
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name in UTF-8");
        let text = fs::read_to_string(&path).expect("a fixture in UTF-8");
        let found = lint(&text, name);
        let expected_path = path.with_extension("txt");
        if update {
            fs::write(&expected_path, &found).expect("the expected text can be written");
            continue;
        }
        let expected = fs::read_to_string(&expected_path).unwrap_or_default();
        if expected != found {
            failures.extend([name, ":\n", &difference(&expected, &found)]);
        }
    }
    assert!(failures.is_empty(), "UPDATE_EXPECT=1 accepts these:\n{failures}");
}

#[test]
fn fixture_shows_the_code_it_is_named_after() {
    for path in fixtures() {
        let name = path.file_stem().and_then(|name| name.to_str()).expect("a name in UTF-8");
        let code = name.split('-').next().expect("a code");
        let text = fs::read_to_string(&path).expect("a fixture in UTF-8");
        let shown = lint(&text, name);
        if code == "ok" {
            assert_eq!(shown, "", "{name}");
        } else {
            assert!(shown.contains(&format!("[QR{code}]")), "{name} shows:\n{shown}");
        }
    }
}

#[test]
fn at_most_fifty_mistakes_are_shown_in_the_order_of_the_text() {
    let fields = (0..60).fold(String::new(), |mut fields, n| {
        let _ = writeln!(fields, "      f{n}: int");
        fields
    });
    let text = format!("schema: 1\napi: {{ name: app }}\nmodels:\n  A:\n    fields:\n{fields}");
    let shown = lint(&text, "many.yaml");
    assert_eq!(shown.matches("error[QR0201]").count(), 50);
    assert!(shown.ends_with("and 10 more\n"), "{shown}");
    let lines: Vec<usize> =
        shown.lines().filter_map(|line| line.split("many.yaml:").nth(1)?.split(':').next()?.parse().ok()).collect();
    assert!(lines.is_sorted(), "{lines:?}");
    assert_eq!((lines.first(), lines.last()), (Some(&6), Some(&55)));
}

#[test]
fn one_line_has_place_help_and_no_line_breaks() {
    let (_, document, diagnostics) = yaml::parse("schema: 1\napi: { name: a, \"x\\ny\\u202e\": 1 }\n", "a\nb.yaml");
    let lines: Vec<String> = diagnostics.iter().map(|one| document.one_line(one)).collect();
    assert_eq!(lines.len(), 1);
    assert!(lines[0].starts_with("a\\nb.yaml:2:17: error[QR0103]: unknown key `x y"), "{lines:?}");
    assert!(lines[0].contains("; help: "), "{lines:?}");
    assert!(!lines[0].contains(['\n', '\u{202e}']), "{lines:?}");
}
