//! Does everything that a program sees and sends agree with the scenarios that say what it must?

use std::{
    fs,
    path::{Path, PathBuf},
};

#[path = "../../examples/scenario/runner/mod.rs"]
mod runner;

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/scenarios");
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "json"));
    files.sort();
    files
}

#[test]
fn scenarios_go_as_they_say() {
    let (mut wrong, files) = (Vec::new(), files());
    for file in &files {
        let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        wrong.extend(runner::play(&text).err().map(|error| format!("{name}\n    {error}")));
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), files.len(), wrong.join("\n"));
}

/// Plays these steps and returns why that failed.
#[track_caller]
fn refused(steps: &str) -> String {
    runner::play(&format!(r#"{{"about": "", "levels": ["keyed"], "steps": [{steps}]}}"#)).expect_err(steps)
}

#[test]
fn broken_scenario_is_refused_with_its_place() {
    for (steps, place) in [
        (r#"{"fly": 1}"#, "steps[0].fly: no step is called `fly`"),
        (r#"{"clock": 1}, {"clock": "x"}"#, "steps[1].clock: \"x\" is not a whole number from 0"),
        (r#"{"clock": 1, "online": true}"#, "steps[0]: says two things to do: `clock` and `online`"),
        (r#"{"at": "exact", "clock": 1}"#, "steps[0].at: \"exact\" is not one of: plain, keyed"),
        (r#"{"mutate": {"name": "m1", "id": 1}}"#, "steps[0].mutate: does more than one thing to a row"),
        (r#"{"mutate": {"name": "m1", "id": 1, "set": {}, "sett": {}}}"#, "steps[0].mutate: does more than one thing"),
        (r#"{"mutate": {"name": "m1", "delete": 1, "hok": "x"}}"#, "steps[0].mutate: `hok` means nothing here"),
        (r#"{"reply": "m1"}"#, "steps[0].reply: no request of `m1` waits"),
        (r#"{"refetch": "X"}"#, "steps[0].refetch: no query is called `X`; there are: D1, L"),
        (r#"{"expect_state": {"D1": {"stael": true}}}"#, "steps[0].expect_state.D1.stael: nothing is known of `stael`"),
        (r#"{"fetch": ["$m1"]}"#, "steps[0].fetch: no query is called `$m1`"),
        (r#"{"mutate": {"name": "m1", "delete": "$m0"}}"#, "steps[0].mutate: `m0` creates no row"),
        (r#"{"repeat": {"times": 2, "steps": [{"clock": -1}]}}"#, "steps[0].repeat.steps(1)[0].clock: -1 is not"),
    ] {
        let error = refused(steps);
        assert!(error.contains(place), "{steps}: {error}");
    }
    let error = runner::play("{").expect_err("no JSON");
    assert!(error.contains("no JSON: EOF"), "{error}");
    let error = runner::play(r#"{"about": "", "given": {"lists": {"L": {"filter": {"a": {"is": 1}}}}}, "steps": []}"#);
    let error = error.expect_err("no such test");
    assert!(error.contains("given.lists.L.filter.a.is: no test is called `is`"), "{error}");
}

#[test]
fn expectation_that_is_not_met_is_told_with_level_place_and_both_values() {
    let change = r#"{"mutate": {"name": "m1", "id": 1, "set": {"n": 1}}}"#;
    for (expectation, said) in [
        (r#"{"expect_view": {"D1": {"n": 0}}}"#, "expect_view.D1.n: expected 0, saw {"),
        (r#"{"expect_view": {"L": [1, 2]}}"#, "expect_view.L: expected [1,2], saw [{"),
        (r#"{"expect_log": {"D1": {"of": ["n"], "saw": [2]}}}"#, "expect_log.D1.saw: expected [2], saw [1]"),
        (r#"{"expect_wire": []}"#, "expect_wire: expected [], saw [\"PATCH /items/1\"]"),
        (r#"{"expect_wire": ["GET /items/1"]}"#, "expect_wire: expected [\"GET /items/1\"], saw [\"PATCH"),
        (
            r#"{"expect_wire": [{"line": "PATCH /items/1", "body": {"n": 2}}]}"#,
            "expect_wire[0].body: expected {\"n\":2}, saw {\"n\":1}",
        ),
        (
            r#"{"expect_wire": [{"line": "PATCH /items/1", "headers": {"Idempotency-Key": false}}]}"#,
            "expect_wire[0].headers.Idempotency-Key: expected false, saw true",
        ),
        (r#"{"expect_mutation": {"m1": "success"}}"#, "expect_mutation.m1: expected \"success\", saw \"pending\""),
        (r#"{"expect_state": {"D1": {"optimistic": false}}}"#, "expect_state.D1.optimistic: expected false, saw true"),
        (r#"{"expect_event": {"kind": "panicked"}}"#, "expect_event: expected 1, saw 0"),
        (r#"{"expect_told": {"D1": 0}}"#, "expect_told.D1: expected 0, saw 1"),
        (
            r#"{"remember": "L"}, {"reply": {"to": "m1", "status": 422}}, {"expect_same": {"L": [1]}}"#,
            "not the very one",
        ),
        (r#"{"expect_server": {"1": {"n": 1}}}"#, "expect_server.1.n: expected 1, saw {"),
    ] {
        let error = refused(&format!("{change}, {expectation}"));
        assert!(error.starts_with("level keyed: steps["), "{expectation}: {error}");
        assert!(error.contains(said), "{expectation}: {error}");
    }
}
