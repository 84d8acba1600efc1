//! What does a scenario expect, and is it so?

use serde_json::{Value, json};

use super::{
    queries::View,
    read::{Mistake, Node},
    rows::{Fields, RowId},
};

/// What is expected, each with its place in the file.
#[derive(Clone, Debug)]
pub(super) enum Expected {
    View(Vec<(String, Expectation)>),
    Log(Vec<(String, Log)>),
    Wire { requests: Vec<ExpectedRequest>, any_order: bool },
    Event { kind: String, query: Option<String>, times: u64 },
    Mutation(Vec<(String, Facts)>),
    State(Vec<(String, Facts)>),
    Told(Vec<(String, u64)>),
    Same(Vec<(String, Vec<Value>)>),
    Server(Vec<(String, Expectation)>),
}

/// A value that is expected.
#[derive(Clone, Debug)]
pub(super) struct Expectation {
    pub(super) path: String,
    pub(super) value: Value,
}

/// Facts that are expected, by name.
pub(super) type Facts = Vec<(String, Expectation)>;

/// The different views that an observer is expected to have seen.
#[derive(Clone, Debug)]
pub(super) struct Log {
    /// Of each row, these fields are looked at.
    pub(super) fields: Vec<String>,
    pub(super) saw: Expectation,
}

/// A request that is expected.
#[derive(Clone, Debug)]
pub(super) struct ExpectedRequest {
    pub(super) path: String,
    pub(super) line: String,
    pub(super) body: Option<Value>,
    /// Headers, and whether each is there.
    pub(super) headers: Vec<(String, bool)>,
    /// A request before it whose key and bytes it has.
    pub(super) same_as: Option<String>,
}

/// What is known of a query beside its data.
const STATE: &[&str] =
    &["status", "fetching", "paused", "stale", "gone", "optimistic", "error", "age_at_most", "observed"];
/// What is known of a mutation.
const MUTATION: &[&str] = &["status", "paused", "error", "failures", "uncertain"];

impl Expected {
    pub(super) fn read(what: &str, node: &Node<'_>) -> Result<Self, Mistake> {
        Ok(match what {
            "view" => Self::View(read_expectations(node)?),
            "log" => Self::Log(each(node, |_, node| read_log(node))?),
            "wire" => read_wire(node)?,
            "event" => read_event(node)?,
            "mutation" => Self::Mutation(each(node, |_, node| read_facts(node, MUTATION))?),
            "state" => Self::State(each(node, |_, node| read_facts(node, STATE))?),
            "told" => Self::Told(each(node, |_, node| node.count())?),
            "same" => {
                let ids = |node: &Node<'_>| Ok(node.list()?.iter().map(|id| id.value.clone()).collect());
                Self::Same(each(node, |_, node| ids(node))?)
            }
            "server" => Self::Server(read_expectations(node)?),
            _ => return node.mistake(format!("no step is called `expect_{what}`")),
        })
    }
}

fn each<T>(node: &Node<'_>, read: impl Fn(&str, &Node<'_>) -> Result<T, Mistake>) -> Result<Vec<(String, T)>, Mistake> {
    node.members()?.iter().map(|(name, node)| Ok(((*name).to_owned(), read(name, node)?))).collect()
}

fn expectation(node: &Node<'_>) -> Expectation {
    Expectation { path: node.path.clone(), value: node.value.clone() }
}

fn read_expectations(node: &Node<'_>) -> Result<Vec<(String, Expectation)>, Mistake> {
    each(node, |_, node| Ok(expectation(node)))
}

fn read_log(node: &Node<'_>) -> Result<Log, Mistake> {
    let mut object = node.object()?;
    let log = Log { fields: object.must("of")?.texts()?, saw: expectation(&object.must("saw")?) };
    object.end()?;
    if log.saw.value.is_array() { Ok(log) } else { node.mistake("`saw` is a list") }
}

fn read_facts(node: &Node<'_>, known: &[&str]) -> Result<Facts, Mistake> {
    if node.value.is_string() {
        return Ok(vec![("status".to_owned(), expectation(node))]);
    }
    let mut facts = Vec::new();
    for (name, node) in node.members()? {
        if !known.contains(&name) {
            return node.mistake(format!("nothing is known of `{name}`; known are: {}", known.join(", ")));
        }
        facts.push((name.to_owned(), expectation(&node)));
    }
    Ok(facts)
}

fn read_event(node: &Node<'_>) -> Result<Expected, Mistake> {
    let mut object = node.object()?;
    let kind = object.must("kind")?.text()?.to_owned();
    let query = object.text("query")?;
    let times = object.count("times")?.unwrap_or(1);
    object.end()?;
    Ok(Expected::Event { kind, query, times })
}

fn read_wire(node: &Node<'_>) -> Result<Expected, Mistake> {
    let (list, any_order) = if node.value.is_object() {
        let mut object = node.object()?;
        let read = (object.must("requests")?, object.flag("any_order", false)?);
        object.end()?;
        read
    } else {
        (node.clone(), false)
    };
    let requests = list.list()?.iter().map(read_request).collect::<Result<_, _>>()?;
    Ok(Expected::Wire { requests, any_order })
}

fn read_request(node: &Node<'_>) -> Result<ExpectedRequest, Mistake> {
    let path = node.path.clone();
    if let Some(line) = node.value.as_str() {
        return Ok(ExpectedRequest { path, line: line.to_owned(), body: None, headers: Vec::new(), same_as: None });
    }
    let mut object = node.object()?;
    let request = ExpectedRequest {
        path,
        line: object.must("line")?.text()?.to_owned(),
        body: object.may("body").map(|node| node.value.clone()),
        headers: match object.may("headers") {
            None => Vec::new(),
            Some(node) => each(&node, |_, node| node.flag())?,
        },
        same_as: object.text("same_as")?,
    };
    object.end()?;
    Ok(request)
}

/// Returns what a view has of some fields of its rows.
pub(super) fn projected(view: &View, fields: &[String]) -> Value {
    let row = |row: &Fields| {
        let values: Vec<Value> = fields.iter().map(|field| row.get(field).cloned().unwrap_or_default()).collect();
        if let [one] = values.as_slice() { one.clone() } else { json!(values) }
    };
    match view {
        View::Nothing => Value::Null,
        View::Row(fields) => row(fields),
        View::Rows { rows, .. } => rows.iter().map(row).collect(),
        View::Pages { pages, .. } => pages.iter().map(|page| page.iter().map(row).collect::<Value>()).collect(),
    }
}

/// Compares what is shown with what is expected; returns what differs, and where.
pub(super) fn compare_view(path: &str, expected: &Value, view: &View) -> Result<(), String> {
    let wrong = |seen: Value| differs(path, expected, &seen);
    match (view, expected) {
        (View::Nothing, Value::Null) => Ok(()),
        (View::Nothing, _) => wrong(Value::Null),
        (View::Row(row), _) => compare_row(path, expected, row),
        (View::Rows { rows, .. }, Value::Array(_)) => compare_rows(path, expected, rows),
        (View::Pages { pages, .. }, Value::Array(_)) => compare_pages(path, expected, pages),
        (View::Rows { total, .. } | View::Pages { total, .. }, Value::Object(members)) => {
            for (name, value) in members {
                let path = format!("{path}.{name}");
                match (name.as_str(), view) {
                    ("total", _) if *value == json!(total) => {}
                    ("total", _) => return differs(&path, value, &json!(total)),
                    ("rows", View::Rows { rows, .. }) => compare_rows(&path, value, rows)?,
                    ("pages", View::Pages { pages, .. }) => compare_pages(&path, value, pages)?,
                    _ => return Err(format!("{path}: a list is expected by `rows` or `pages`, and `total`")),
                }
            }
            Ok(())
        }
        (View::Rows { rows, .. }, _) => wrong(json!(rows)),
        (View::Pages { pages, .. }, _) => wrong(json!(pages)),
    }
}

fn compare_pages(path: &str, expected: &Value, pages: &[Vec<Fields>]) -> Result<(), String> {
    let Some(list) = expected.as_array().filter(|list| list.len() == pages.len()) else {
        return differs(path, expected, &ids_of_pages(pages));
    };
    let mut each = list.iter().zip(pages).enumerate();
    each.try_for_each(|(at, (expected, page))| compare_rows(&format!("{path}[{at}]"), expected, page))
}

fn ids_of_pages(pages: &[Vec<Fields>]) -> Value {
    pages.iter().map(|page| json!(page)).collect()
}

fn compare_rows(path: &str, expected: &Value, rows: &[Fields]) -> Result<(), String> {
    let Some(list) = expected.as_array().filter(|list| list.len() == rows.len()) else {
        return differs(path, expected, &json!(rows));
    };
    let mut each = list.iter().zip(rows).enumerate();
    each.try_for_each(|(at, (expected, row))| compare_row(&format!("{path}[{at}]"), expected, row))
}

/// Compares a row by the fields that are named, or by its id where only that is.
pub(super) fn compare_row(path: &str, expected: &Value, row: &Fields) -> Result<(), String> {
    match expected {
        Value::Object(members) => {
            for (name, value) in members {
                let seen = row.get(name).unwrap_or(&Value::Null);
                if seen != value {
                    return differs(&format!("{path}.{name}"), value, &json!(row));
                }
            }
            Ok(())
        }
        id if RowId::of(id).is_some() && row.get("id") == Some(id) => Ok(()),
        _ => differs(path, expected, &json!(row)),
    }
}

pub(super) fn differs<T>(path: &str, expected: &Value, seen: &Value) -> Result<T, String> {
    Err(format!("{path}: expected {expected}, saw {seen}"))
}
