//! What becomes of the corners of the dialect, each of which has once been wrong?
//!
//! That all of it compiles is known from the gallery; here is what the compiler would accept and a server or a reader not.

use std::{fs, path::Path};

use query_codegen::{check, expand, yaml};

/// Returns the generated code of `schemas/corners.yaml`, without spaces, the schema changed before.
fn generated(change: impl Fn(String) -> String) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/corners.yaml");
    let text = change(fs::read_to_string(path).expect("the schema of corners"));
    let (schema, document, mut diagnostics) = yaml::parse(&text, "corners.yaml");
    let checked = check::check(schema.expect("a schema"), &mut diagnostics);
    let checked = checked.unwrap_or_else(|| panic!("{}", document.render_all(&diagnostics)));
    let items = expand::expand(&checked);
    items.iter().map(ToString::to_string).collect::<String>().split_whitespace().collect()
}

fn as_written() -> String {
    generated(|text| text)
}

#[track_caller]
fn has(text: &str, part: &str) {
    let part: String = part.split_whitespace().collect();
    assert!(text.contains(&part), "there is no `{part}`");
}

#[test]
fn a_count_that_may_be_missing_grows_inside_of_its_option() {
    let text = as_written();
    has(&text, "Some(field) = &mut row.rank { *field = field.saturating_add(2); }");
    has(&text, "Some(field) = &mut row.ratio { *field += 0.5; }");
    has(&text, "row.count = row.count.saturating_sub(1);");
}

#[test]
fn only_bytes_travel_as_files() {
    let text = as_written();
    has(&text, r#".part("file", variables.file.clone())"#);
    has(&text, r#"Some(value) => request.part("thumb", value.clone())"#);
    for field in ["name", "kind", "tags", "at", "took", "mode"] {
        has(&text, &format!(r#".field("{field}", &variables.{field})"#));
    }
}

#[test]
fn the_name_of_a_value_is_cased_as_a_variant() {
    let text = as_written();
    has(&text, "First,");
    has(&text, "Nothing,");
}

#[test]
fn a_default_is_documented_by_the_variant_that_it_is() {
    let text =
        generated(|text| text.replace("grade: { type: Grade, default: self }", "grade: { type: Grade, default: 1st }"));
    has(&text, "Default: `First`.");
}

#[test]
fn a_range_begins_at_both_of_its_ends() {
    has(&as_written(), "signed: (-5, 5)");
}

#[test]
fn ids_are_converted_only_where_their_type_is_another() {
    let text = as_written();
    has(&text, "::query_runtime::temp_id::negative,");
    has(&text, "|| ::core::convert::From::from(::query_runtime::temp_id::negative())");
}

#[test]
fn a_deprecated_error_body_is_read_without_a_warning() {
    let fetch = "pub async fn fetch_depots(";
    let allowed = |text: &str| {
        let (before, _) = text.split_once(&fetch.replace(' ', "")).expect("the function");
        before.ends_with("#[allow(deprecated)]")
    };
    assert!(allowed(&as_written()));
    assert!(!allowed(&generated(|text| text.replace("    deprecated: Ask the support instead.\n", ""))));
}

#[test]
fn null_is_a_constant_of_json() {
    has(&as_written(), "extra: ::query_runtime::Json::Null");
}
