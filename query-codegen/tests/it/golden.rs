//! What does the generator make of each schema of `schemas/`, to the letter?
//!
//! The texts in `tests/golden` are reviewed like code and compiled by the `gallery` example. `UPDATE_GOLDEN=1` rewrites
//! them, never where `CI` is set.

use std::{env, fs, path::Path};

use query_codegen::config::Config;

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the workspace")
}

/// Returns the names of the schemas, without ending, sorted.
fn schemas() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(workspace().join("schemas"))
        .expect("a folder of schemas")
        .flatten()
        .filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(".yaml")?.to_owned()))
        .collect();
    names.sort();
    names
}

#[test]
fn every_schema_gives_its_golden_text() {
    let rewrite = env::var_os("UPDATE_GOLDEN").is_some() && env::var_os("CI").is_none();
    let mut wrong = Vec::new();
    for name in schemas() {
        let made = env::temp_dir().join(format!("query-golden-{}-{name}.rs", std::process::id()));
        let schema = format!("schemas/{name}.yaml");
        let generated = Config::new().root(workspace()).schema(&schema).emit(&made);
        if let Err(error) = generated {
            panic!("{schema}:\n{error}");
        }
        let found = fs::read_to_string(&made).expect("the emitted file");
        fs::remove_file(&made).expect("the emitted file can go");
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.rs"));
        let expected = fs::read_to_string(&golden).unwrap_or_default().replace("\r\n", "\n");
        if found == expected {
            continue;
        }
        let at = found.lines().zip(expected.lines()).take_while(|(one, two)| one == two).count();
        let (one, two) = (expected.lines().nth(at).unwrap_or_default(), found.lines().nth(at).unwrap_or_default());
        wrong.push(format!("{name}.rs:{}:\n- {one}\n+ {two}", at + 1));
        if rewrite {
            fs::write(&golden, &found).expect("the golden can be written");
        }
    }
    assert!(wrong.is_empty(), "run with UPDATE_GOLDEN=1 and review the difference:\n{}", wrong.join("\n"));
}

#[test]
fn gallery_compiles_every_golden() {
    let gallery = fs::read_to_string(workspace().join("examples/gallery/src/lib.rs")).expect("the gallery");
    for name in schemas() {
        assert!(gallery.contains(&format!("tests/golden/{name}.rs\"")), "the gallery does not show `{name}`");
    }
}
