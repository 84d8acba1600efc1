//! Where do two traces differ first?

use std::{cmp::Ordering, collections::BTreeSet, fmt};

use query_runtime::Json;
use serde_json::Map;

use super::{deviations::Deviation, trace::Trace};

/// The earliest difference of two traces.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Difference {
    /// When; `None` where it has no time.
    pub(crate) t: Option<i64>,
    pub(crate) path: Vec<String>,
    /// What was recorded; `None` where it is absent.
    pub(crate) expected: Option<Json>,
    /// What is there instead.
    pub(crate) actual: Option<Json>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.t {
            Some(t) => write!(f, "t={t}")?,
            None => f.write_str("no time")?,
        }
        let show = |value: &Option<Json>| match value {
            None => "(absent)".to_owned(),
            Some(value) => {
                let text = value.to_string();
                if text.chars().count() > 600 { text.chars().take(600).chain(['…']).collect() } else { text }
            }
        };
        let (path, expected, actual) = (self.path.join(" > "), show(&self.expected), show(&self.actual));
        write!(f, "  {path}\n    expected {expected}\n    actual   {actual}")
    }
}

/// Returns the time, the function and the number of a call, by which calls are sorted.
pub(crate) fn call_order(call: &Map<String, Json>) -> (i64, String, u64) {
    let text = call.get("fn").and_then(Json::as_str).unwrap_or_default();
    let number = call.get("n").and_then(Json::as_u64).unwrap_or_default();
    (time_of(call), text.to_owned(), number)
}

fn time_of(call: &Map<String, Json>) -> i64 {
    call.get("t").and_then(Json::as_i64).unwrap_or(i64::MAX)
}

/// Returns the earliest difference outside of what is meant to differ.
pub(crate) fn difference(expected: &Trace, actual: &Trace, meant: &[Deviation]) -> Option<Difference> {
    if expected.name != actual.name {
        return Some(Difference {
            t: None,
            path: vec!["name".to_owned()],
            expected: Some(expected.name.clone().into()),
            actual: Some(actual.name.clone().into()),
        });
    }
    let found = [calls(expected, actual, meant), samples(expected, actual, meant), identities(expected, actual, meant)];
    // The first of those that are equally early, as a stable sort has it.
    found.into_iter().flatten().min_by(|one, other| match (one.t, other.t) {
        (Some(one), Some(other)) => one.cmp(&other),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    })
}

fn calls(expected: &Trace, actual: &Trace, meant: &[Deviation]) -> Option<Difference> {
    let list = |trace: &Trace| {
        let mut calls: Vec<Map<String, Json>> = trace.calls.iter().filter_map(Json::as_object).cloned().collect();
        calls.retain(|call| !meant.iter().any(|one| one.covers_calls_at(time_of(call))));
        calls.sort_by_key(call_order);
        calls
    };
    let (a, b) = (list(expected), list(actual));
    for index in 0..a.len().max(b.len()) {
        let (one, other) = (a.get(index), b.get(index));
        let path = vec!["calls".to_owned(), format!("[{index}]")];
        let (one_json, other_json) = (one.cloned().map(Json::Object), other.cloned().map(Json::Object));
        let Some(mut found) = first(one_json.as_ref(), other_json.as_ref(), &path, &|_| false) else { continue };
        // A call that differs only in how it was aborted differs from the abort on.
        let field = if found.path.last().is_some_and(|last| last == "aborted_at") { "aborted_at" } else { "t" };
        let time = |call: Option<&Map<String, Json>>| call.and_then(|call| call.get(field)).and_then(Json::as_i64);
        found.t = time(one).into_iter().chain(time(other)).min();
        return Some(found);
    }
    None
}

fn samples(expected: &Trace, actual: &Trace, meant: &[Deviation]) -> Option<Difference> {
    let times: BTreeSet<i64> = expected.times().chain(actual.times()).collect();
    times.into_iter().find_map(|t| {
        let path = vec!["samples".to_owned(), format!("t={t}")];
        let covered = |path: &[String]| meant.iter().any(|one| one.covers(t, &path[2..]));
        let mut found = first(expected.state_at(t).as_ref(), actual.state_at(t).as_ref(), &path, &covered)?;
        found.t = Some(t);
        Some(found)
    })
}

fn identities(expected: &Trace, actual: &Trace, meant: &[Deviation]) -> Option<Difference> {
    let ids: BTreeSet<&String> = expected.identities.keys().chain(actual.identities.keys()).collect();
    ids.into_iter().find_map(|id| {
        let path = vec!["identities".to_owned(), id.clone()];
        let list = |trace: &Trace| {
            let mut instants = trace.identities.get(id).cloned().unwrap_or_default();
            instants.retain(|t| !meant.iter().any(|one| one.covers(*t, &path)));
            Json::from(instants)
        };
        let mut found = first(Some(&list(expected)), Some(&list(actual)), &path, &|_| false)?;
        let time = |value: &Option<Json>| value.as_ref().and_then(Json::as_i64);
        found.t = time(&found.expected).into_iter().chain(time(&found.actual)).min();
        Some(found)
    })
}

/// Returns the first difference of two values, outside of covered paths.
pub(crate) fn first(
    expected: Option<&Json>,
    actual: Option<&Json>,
    path: &[String],
    is_covered: &dyn Fn(&[String]) -> bool,
) -> Option<Difference> {
    if is_covered(path) {
        return None;
    }
    let differs =
        || Some(Difference { t: None, path: path.to_vec(), expected: expected.cloned(), actual: actual.cloned() });
    let inside = |name: String, one: Option<&Json>, other: Option<&Json>| {
        let path: Vec<String> = path.iter().cloned().chain([name]).collect();
        first(one, other, &path, is_covered)
    };
    match (expected, actual) {
        (Some(Json::Array(one)), Some(Json::Array(other))) => {
            (0..one.len().max(other.len())).find_map(|at| inside(format!("[{at}]"), one.get(at), other.get(at)))
        }
        (Some(Json::Object(one)), Some(Json::Object(other))) => {
            let names: Vec<&String> = one.keys().chain(other.keys().filter(|name| !one.contains_key(*name))).collect();
            names.into_iter().find_map(|name| inside(name.clone(), one.get(name), other.get(name)))
        }
        (Some(Json::Number(one)), Some(Json::Number(other))) if one.as_f64() == other.as_f64() => None,
        (one, other) if one == other => None,
        _ => differs(),
    }
}
