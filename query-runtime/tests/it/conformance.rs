//! Does what a program sees agree, to the millisecond, with what was recorded of the original?

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

#[path = "../../examples/conformance/driver/mod.rs"]
mod driver;

use driver::{Deviations, Trace};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/conformance")
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Returns the names of the JSON files of a folder.
fn names(folder: &Path) -> BTreeSet<String> {
    let files = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let names = files.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter_map(|name| name.strip_suffix(".json").map(str::to_owned)).collect()
}

fn replay(folder: &Path) {
    let deviations = Deviations::parse(&read(&self::folder().join("deviations.json"))).unwrap();
    let scenarios = names(&folder.join("scenarios"));
    assert_eq!(scenarios, names(&folder.join("expected")), "each scenario has a recorded trace");
    let mut wrong = Vec::new();
    for name in &scenarios {
        let file = |kind: &str| folder.join(kind).join(format!("{name}.json"));
        let recorded = Trace::parse(&read(&file("expected"))).unwrap();
        let judged = driver::run(&read(&file("scenarios"))).and_then(|trace| deviations.judge(&recorded, &trace));
        wrong.extend(judged.err().map(|error| format!("{name}\n    {error}")));
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), scenarios.len(), wrong.join("\n"));
}

#[test]
fn recorded_scenarios_show_what_was_recorded() {
    replay(&folder());
}

#[test]
fn what_random_scenarios_found_shows_what_was_recorded() {
    replay(&folder().join("found"));
}

#[test]
fn each_deviation_is_of_a_recorded_scenario() {
    let deviations = Deviations::parse(&read(&folder().join("deviations.json"))).unwrap();
    let scenarios = names(&folder().join("scenarios"));
    let strange: Vec<&str> = deviations.names().filter(|name| !scenarios.contains(*name)).collect();
    assert!(strange.is_empty(), "no scenario is called {strange:?}");
}

#[test]
fn broken_scenario_is_refused_with_its_place() {
    let scenario =
        |steps: &str| format!(r#"{{"name": "n", "about": "a", "functions": {{}}, "until": 10, "steps": [{steps}]}}"#);
    for (text, place) in [
        ("{".to_owned(), "line 1 column"),
        (scenario(r#"{"at": 0, "do": "fly"}"#), "steps[0]: unknown variant `fly`"),
        (scenario(r#"{"at": 0, "do": "clear", "idd": 1}"#), "steps[0]: unknown field `idd`"),
        (
            scenario(r#"{"at": 0, "do": "observe", "id": "o", "key": ["a"], "fn": "f"}"#),
            "steps[0] Observe: no function f",
        ),
        (scenario(r#"{"at": 0, "do": "observe", "id": "o"}"#), "steps[0] Observe at 0: lacks key"),
        (scenario(r#"{"at": 0, "do": "unobserve", "id": "o"}"#), "steps[0] Unobserve at 0: no observer o"),
        (scenario(r#"{"at": 20, "do": "clear"}"#), "steps[0] Clear: later than until"),
        (scenario(r#"{"at": 0, "do": "set", "key": 1, "data": 1}"#), "steps[0] Set at 0: key: 1 is not a list"),
    ] {
        let error = driver::run(&text).expect_err(&text);
        assert!(error.contains(place), "{text}: {error}");
    }
}
