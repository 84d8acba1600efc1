//! Does the house stand: floors, first lines, lengths, names, the README's map?

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// The rooms of `query-codegen/src`, by floor. A file may use lower floors and its own room, nothing else.
const CODEGEN: &[(u32, &[&str])] = &[
    (0, &["name", "origin", "suggest"]),
    (1, &["model", "diagnostics"]),
    (2, &["attribute", "yaml"]),
    (3, &["check"]),
    (4, &["expand"]),
    (5, &["render", "write", "generate"]),
    (6, &["config", "derive", "include"]),
    (7, &["lib"]),
];

/// The rooms of `query-runtime/src`, by floor.
const RUNTIME: &[(u32, &[&str])] = &[
    (0, &["marker", "status", "sort", "sync", "temp_id", "value", "rows"]),
    (1, &["error", "clock", "spawn", "signal", "key", "level", "page"]),
    (2, &["env", "backoff", "event", "resource", "storage", "transport"]),
    (3, &["filter", "request", "projection"]),
    (4, &["http", "session", "heart"]),
    (5, &["shell"]),
    (6, &["batch", "options"]),
    (7, &["observer", "mutation"]),
    (8, &["client"]),
    (9, &["hydration"]),
    (10, &["persist", "broadcast"]),
    (11, &["testing", "__private"]),
    (12, &["lib"]),
];

/// The longest that a source file may be.
const LONGEST: usize = 500;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the workspace").to_owned()
}

/// Returns the Rust files below a folder, sorted; what the build makes and what tests compare with is left out.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() {
                if !["target", "ui", "golden", "wip"].contains(&name.as_str()) && !name.starts_with('.') {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

/// Returns the rooms of its own crate that a source text names after `crate::`.
fn imports(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let code: String =
        text.lines().filter(|line| !line.trim_start().starts_with("//")).flat_map(|line| [line, "\n"]).collect();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_' || before == '$') {
            continue;
        }
        // What stands in a literal is text for people.
        let line = code[..at].rfind('\n').map_or(0, |end| end + 1);
        if code[line..at].replace("\\\"", "").matches('"').count() % 2 == 1 {
            continue;
        }
        let rest = code[at + "crate::".len()..].trim_start();
        if let Some(group) = rest.strip_prefix('{') {
            found.extend(members(group));
        } else {
            found.insert(word(rest));
        }
    }
    found
}

/// Returns the first words of the members of a `{…}` group of imports, up to its end.
fn members(group: &str) -> Vec<String> {
    let (mut depth, mut fresh, mut words) = (0, true, Vec::new());
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => fresh = true,
            _ if fresh && depth == 0 && !character.is_whitespace() => {
                words.push(word(&group[at..]));
                fresh = false;
            }
            _ => {}
        }
    }
    words
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// Returns what a file imports against the rule.
fn breaks(floors: &[(u32, &[&str])], room: &str, text: &str) -> Vec<String> {
    let floor_of: BTreeMap<&str, u32> =
        floors.iter().flat_map(|(floor, rooms)| rooms.iter().map(move |room| (*room, *floor))).collect();
    let Some(own) = floor_of.get(room) else { return vec![format!("`{room}` has no floor in the table")] };
    imports(text)
        .into_iter()
        .filter(|other| other != room)
        .filter_map(|other| match floor_of.get(other.as_str()) {
            Some(floor) if floor < own => None,
            Some(floor) => Some(format!("`{room}` (floor {own}) uses `{other}` (floor {floor})")),
            None => Some(format!("`{room}` uses `crate::{other}`, which is no room: name the room it lives in")),
        })
        .collect()
}

fn check_floors(krate: &str, floors: &[(u32, &[&str])]) {
    let source = root().join(krate).join("src");
    let mut wrong = Vec::new();
    for file in rust_files(&source) {
        let inside = file.strip_prefix(&source).expect("a file of the crate");
        let first = inside.components().next().expect("a file has a name").as_os_str().to_string_lossy().into_owned();
        let room = first.trim_end_matches(".rs");
        if room == "lib"
            || inside.components().any(|part| part.as_os_str() == "tests" || part.as_os_str() == "tests.rs")
        {
            continue;
        }
        let text = fs::read_to_string(&file).expect("a readable file");
        // Tests in a file may use what they like.
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        wrong.extend(breaks(floors, room, text).into_iter().map(|what| format!("{}: {what}", shown(&file))));
    }
    assert!(wrong.is_empty(), "imports against the floors:\n{}", wrong.join("\n"));
}

#[test]
fn files_of_the_generator_import_lower_floors_only() {
    check_floors("query-codegen", CODEGEN);
}

#[test]
fn files_of_the_runtime_import_lower_floors_only() {
    check_floors("query-runtime", RUNTIME);
}

#[test]
fn import_of_a_higher_floor_is_found_however_it_is_written() {
    for text in [
        "use crate::client::QueryClient;",
        "use crate::{\n    key::QueryKey,\n    client::{QueryClient, X},\n};",
        "fn f(x: &crate::client::QueryClient) {}",
    ] {
        assert_eq!(breaks(RUNTIME, "heart", text), ["`heart` (floor 4) uses `client` (floor 8)"], "{text}");
    }
    assert!(breaks(RUNTIME, "heart", "use crate::{error::QueryError, heart::x};\n// crate::client").is_empty());
    assert_eq!(breaks(RUNTIME, "heart", "use crate::QueryError;").len(), 1);
}

#[test]
fn every_source_file_says_what_it_answers_and_fits_in_the_hand() {
    let mut wrong = Vec::new();
    for file in rust_files(&root()) {
        let text = fs::read_to_string(&file).expect("a readable file");
        if !text.starts_with("//!") {
            wrong.push(format!("{}: does not begin with `//!`", shown(&file)));
        }
        let lines = text.lines().count();
        if lines > LONGEST {
            wrong.push(format!("{}: {lines} lines, more than {LONGEST}", shown(&file)));
        }
        let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let folder = file.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
        for name in [stem, folder] {
            if ["utils", "util", "helpers", "helper", "common", "misc", "prelude"].contains(&name.as_str()) {
                wrong.push(format!("{}: `{name}` says nothing about what is in it", shown(&file)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_is_left_to_do_and_no_path_of_a_machine_is_named() {
    let mut wrong = Vec::new();
    for file in rust_files(&root()) {
        if file.ends_with("tidy.rs") {
            continue;
        }
        let text = fs::read_to_string(&file).expect("a readable file");
        for (number, line) in text.lines().enumerate() {
            for word in ["TODO", "FIXME", "todo!(", "unimplemented!(", "/home/", "/root/"] {
                if line.contains(word) {
                    wrong.push(format!("{}:{}: `{word}`", shown(&file), number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn map_of_the_readme_names_every_room() {
    let readme = fs::read_to_string(root().join("README.md")).expect("a README");
    let mut missing = Vec::new();
    for krate in ["query-codegen", "query-runtime"] {
        for entry in fs::read_dir(root().join(krate).join("src")).expect("a source folder").flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.path().is_dir() && !readme.contains(&format!("`{krate}/src/{name}/`")) {
                missing.push(format!("{krate}/src/{name}/"));
            }
        }
    }
    for entry in fs::read_dir(root().join("examples")).expect("examples").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() && !readme.contains(&format!("`examples/{name}/`")) {
            missing.push(format!("examples/{name}/"));
        }
    }
    missing.sort();
    assert!(missing.is_empty(), "the README's map does not name: {}", missing.join(", "));
}
