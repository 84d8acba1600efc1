//! Does `schemas/schema.json` say to editors what the reader accepts?
//!
//! The validator knows the part of JSON Schema that the file uses, and fails on any other keyword, so that a rule is
//! never passed over in silence. Patterns are the few that are listed; each has its matcher here.

use std::{collections::BTreeSet, fs, path::PathBuf};

use query_codegen::yaml;
use serde_json::Value;

fn workspace() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn schema() -> Value {
    let text = fs::read_to_string(workspace().join("schemas/schema.json")).expect("the schema for editors");
    serde_json::from_str(&text).expect("JSON")
}

fn document(path: &str) -> Value {
    let text = fs::read_to_string(workspace().join(path)).expect(path);
    let text = text.trim_start_matches('\u{feff}');
    serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Keywords that only speak to people.
const WORDS: [&str; 5] = ["title", "description", "$schema", "$defs", "$comment"];

/// Returns where and why a value is not what a schema wants; nothing if it is.
fn mistake(root: &Value, schema: &Value, value: &Value, way: &str) -> Option<String> {
    let Value::Object(rules) = schema else {
        return (*schema == Value::Bool(false)).then(|| format!("{way}: must not be here"));
    };
    rules.iter().filter(|(rule, _)| !WORDS.contains(&rule.as_str())).find_map(|(rule, wanted)| {
        let list = || wanted.as_array().expect("a list of schemas").iter();
        let fits = |one: &&Value| mistake(root, one, value, way).is_none();
        let number = || wanted.as_f64().expect("a number");
        let count = || wanted.as_u64().and_then(|count| usize::try_from(count).ok()).expect("a count");
        let broken = match (rule.as_str(), value) {
            ("$ref", _) => {
                let name = wanted.as_str().and_then(|name| name.strip_prefix("#/$defs/")).expect("a definition");
                return mistake(root, root["$defs"].get(name).expect(name), value, way);
            }
            ("type", _) => !is_of_type(wanted, value),
            ("const", _) => wanted != value,
            ("enum", _) => !list().any(|one| one == value),
            ("anyOf", _) => !list().any(|one| fits(&one)),
            ("oneOf", _) => list().filter(fits).count() != 1,
            ("pattern", Value::String(text)) => !matches_pattern(wanted.as_str().expect("a pattern"), text),
            ("minLength", Value::String(text)) => text.chars().count() < count(),
            ("maxLength", Value::String(text)) => text.chars().count() > count(),
            ("minimum", Value::Number(found)) => found.as_f64() < Some(number()),
            ("maximum", Value::Number(found)) => found.as_f64() > Some(number()),
            ("minItems", Value::Array(items)) => items.len() < count(),
            ("maxItems", Value::Array(items)) => items.len() > count(),
            ("required", Value::Object(members)) => {
                list().any(|key| !members.contains_key(key.as_str().expect("a key")))
            }
            ("items", Value::Array(items)) => {
                return items.iter().find_map(|item| mistake(root, wanted, item, &format!("{way}[]")));
            }
            ("properties", Value::Object(members)) => {
                let of = wanted.as_object().expect("a map of schemas");
                return members
                    .iter()
                    .find_map(|(key, member)| mistake(root, of.get(key)?, member, &format!("{way}.{key}")));
            }
            ("additionalProperties", Value::Object(members)) => {
                let known = rules.get("properties").and_then(Value::as_object);
                return members
                    .iter()
                    .filter(|(key, _)| known.is_none_or(|known| !known.contains_key(*key)))
                    .find_map(|(key, member)| mistake(root, wanted, member, &format!("{way}.{key}")));
            }
            ("propertyNames", Value::Object(members)) => {
                return members.keys().find_map(|key| mistake(root, wanted, &Value::from(key.as_str()), way));
            }
            (
                "pattern"
                | "minLength"
                | "maxLength"
                | "minimum"
                | "maximum"
                | "minItems"
                | "maxItems"
                | "required"
                | "items"
                | "properties"
                | "additionalProperties"
                | "propertyNames",
                _,
            ) => false,
            (other, _) => panic!("{way}: the validator does not know `{other}`"),
        };
        broken.then(|| format!("{way}: `{rule}` is {wanted}"))
    })
}

fn is_of_type(wanted: &Value, value: &Value) -> bool {
    if let Value::Array(any) = wanted {
        return any.iter().any(|one| is_of_type(one, value));
    }
    match (wanted.as_str().expect("a type"), value) {
        ("null", Value::Null)
        | ("boolean", Value::Bool(_))
        | ("number", Value::Number(_))
        | ("string", Value::String(_))
        | ("array", Value::Array(_))
        | ("object", Value::Object(_)) => true,
        ("integer", Value::Number(number)) => number.is_i64() || number.is_u64(),
        _ => false,
    }
}

fn matches_pattern(pattern: &str, text: &str) -> bool {
    let letter = |text: &str| text.starts_with(|c: char| c.is_ascii_alphabetic());
    let is_name = |text: &str| letter(text) && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    match pattern {
        "^[A-Za-z][A-Za-z0-9_-]*$" => is_name(text),
        "^-?[A-Za-z][A-Za-z0-9_-]*$" => is_name(text.strip_prefix('-').unwrap_or(text)),
        "^[A-Za-z]" => letter(text),
        "^([0-9]+(ms|s|m|h|d))+$|^0$" => text == "0" || is_duration(text),
        "^([0-9]+(ms|s|m|h|d))+$|^0$|^infinite$" => ["0", "infinite"].contains(&text) || is_duration(text),
        "^/[^ ?#]*$" => text.starts_with('/') && !text.contains([' ', '?', '#']),
        "^wss?://" => text.starts_with("ws://") || text.starts_with("wss://"),
        "^[1-5][xX][xX]$" => {
            text.len() == 3 && ('1'..='5').any(|c| text.starts_with(c)) && text[1..].to_lowercase() == "xx"
        }
        other => panic!("the validator has no matcher for `{other}`"),
    }
}

fn is_duration(text: &str) -> bool {
    let mut rest = text;
    while !rest.is_empty() {
        let unit = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let after = ["ms", "s", "m", "h", "d"].iter().find_map(|word| unit.strip_prefix(word));
        match after {
            Some(after) if unit.len() < rest.len() => rest = after,
            _ => return false,
        }
    }
    !text.is_empty()
}

#[test]
fn every_schema_is_valid_for_an_editor() {
    let schema = schema();
    let mut paths = vec!["query-codegen/tests/data/every_section.yaml".to_owned()];
    for (folder, begin) in [("schemas", ""), ("query-codegen/tests/diag", "ok-")] {
        let names = fs::read_dir(workspace().join(folder)).expect(folder).flatten();
        let names = names.filter_map(|entry| entry.file_name().into_string().ok());
        let names = names.filter(|name| name.starts_with(begin) && name.split('.').next_back() == Some("yaml"));
        paths.extend(names.map(|name| format!("{folder}/{name}")));
    }
    assert!(paths.len() > 4, "{paths:?}");
    for path in paths {
        assert_eq!(mistake(&schema, &schema, &document(&path), ""), None, "{path}");
    }
}

#[test]
fn every_section_has_the_keys_of_the_reader() {
    let schema = schema();
    for (section, keys) in yaml::keys() {
        let definition = if section == "schema" { &schema } else { &schema["$defs"][section] };
        let properties = definition["properties"].as_object().unwrap_or_else(|| panic!("no `{section}`"));
        let offered: BTreeSet<&str> = properties.keys().map(String::as_str).collect();
        assert_eq!(offered, keys.iter().copied().collect(), "`{section}`");
        assert_eq!(definition["additionalProperties"], Value::Bool(false), "`{section}` takes any key");
        for (key, property) in properties {
            let is_told = property.get("description").or(property.get("$ref")).is_some();
            assert!(is_told, "`{section}.{key}` has no description");
        }
    }
    for (name, definition) in schema["$defs"].as_object().expect("definitions") {
        assert!(definition.get("description").is_some(), "`{name}` has no description");
        let in_table = yaml::keys().iter().any(|(section, _)| section == name);
        let is_section = definition.get("properties").is_some_and(|properties| properties != &serde_json::json!({}));
        assert_eq!(in_table, is_section, "`{name}` is a section here and not there");
    }
}

#[test]
fn mistakes_of_form_are_invalid_in_an_editor() {
    let schema = schema();
    let broken = [
        "0103-query-option",
        "0103-root",
        "0103-field-flag-on-model",
        "0103-list-param-key-of-other-role",
        "0103-options-of-the-wrong-query",
        "0104-resource-without-model",
        "0104-query-without-method",
        "0104-relation",
        "0105-list-is-a-text",
        "0105-switches",
        "0106-words-of-optimism",
        "0106-words-of-a-list",
        "0106-method-and-body",
        "0106-place-of-a-parameter",
        "0106-retry-is-a-word",
        "0106-level",
        "0109-version",
        "0304-two-methods",
        "0401-path-characters",
        "0511-parameter-without-role",
        "0801-unknown-action",
        "0802-channel-is-no-socket",
        "0806-unknown-strategy",
        "0901-durations",
        "0903-network-mode",
        "0904-skip",
    ];
    for name in broken {
        let path = format!("query-codegen/tests/diag/{name}.yaml");
        assert!(mistake(&schema, &schema, &document(&path), "").is_some(), "{name} is valid");
    }
}
