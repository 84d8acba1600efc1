//! How does the body of a request look on the wire?

use std::fmt;

use serde_json::{Map, Value, json};

use super::multipart::{self, Part};
use super::scalar::{Rewrite, scalar_text};

/// What was said about the body so far.
#[derive(Clone)]
pub(super) enum Body {
    None,
    Json(Value),
    MergePatch(Value),
    JsonPatch(Vec<Value>),
    Parts(Vec<Part>),
}

/// A body ready to be sent.
pub(super) struct Encoded {
    pub(super) content_type: String,
    pub(super) bytes: Vec<u8>,
}

/// Why there is no such body. The text repeats no value.
#[derive(Debug)]
pub(super) enum Problem {
    NotJson(serde_json::Error),
    Twice,
    NotAnObject(&'static str),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson(error) => write!(f, "the body cannot be serialized: {error}"),
            Self::Twice => f.write_str("the body is given twice, or in two kinds"),
            Self::NotAnObject(what) => write!(f, "{what} needs an object with members"),
        }
    }
}

impl From<serde_json::Error> for Problem {
    fn from(error: serde_json::Error) -> Self {
        Self::NotJson(error)
    }
}

impl Body {
    fn set(&mut self, body: Self) -> Result<(), Problem> {
        if !matches!(self, Self::None) {
            return Err(Problem::Twice);
        }
        *self = body;
        Ok(())
    }

    pub(super) fn json(&mut self, value: Value) -> Result<(), Problem> {
        self.set(Self::Json(value))
    }

    pub(super) fn merge_patch(&mut self, value: Value) -> Result<(), Problem> {
        // RFC 7396 replaces the whole row by a patch that is no object; nobody means that here.
        if !value.is_object() {
            return Err(Problem::NotAnObject("a merge patch"));
        }
        self.set(Self::MergePatch(value))
    }

    pub(super) fn json_patch(&mut self, value: Value) -> Result<(), Problem> {
        let operations = match value {
            Value::Array(operations) => operations,
            Value::Object(members) => members
                .into_iter()
                .map(|(name, value)| json!({ "op": "add", "path": pointer(&name), "value": value }))
                .collect(),
            _ => return Err(Problem::NotAnObject("a JSON patch")),
        };
        self.set(Self::JsonPatch(operations))
    }

    pub(super) fn member(&mut self, name: &str, value: Value) -> Result<(), Problem> {
        if matches!(self, Self::None) {
            *self = Self::Json(Value::Object(Map::new()));
        }
        let Self::Json(Value::Object(members)) = self else { return Err(Problem::Twice) };
        match members.insert(name.to_owned(), value) {
            None => Ok(()),
            Some(_) => Err(Problem::Twice),
        }
    }

    pub(super) fn part(&mut self, part: Part) -> Result<(), Problem> {
        if matches!(self, Self::None) {
            *self = Self::Parts(Vec::new());
        }
        let Self::Parts(parts) = self else { return Err(Problem::Twice) };
        parts.push(part);
        Ok(())
    }

    pub(super) fn field(&mut self, name: &'static str, value: &Value) -> Result<(), Problem> {
        if value.is_null() {
            return Ok(());
        }
        let text = scalar_text(value).unwrap_or_else(|| value.to_string());
        self.part(Part::field(name, text))
    }

    /// Encodes the body; `rewrite` reaches the scalars of JSON bodies.
    pub(super) fn encode(&self, rewrite: Rewrite<'_>) -> Result<Option<Encoded>, Problem> {
        let (content_type, value) = match self {
            Self::None => return Ok(None),
            Self::Parts(parts) => {
                let (boundary, bytes) = multipart::encode(parts);
                let content_type = format!("multipart/form-data; boundary={boundary}");
                return Ok(Some(Encoded { content_type, bytes }));
            }
            Self::Json(value) => ("application/json", rewritten(value, rewrite)),
            Self::MergePatch(value) => ("application/merge-patch+json", rewritten(value, rewrite)),
            Self::JsonPatch(operations) => ("application/json-patch+json", rewritten_operations(operations, rewrite)),
        };
        Ok(Some(Encoded { content_type: content_type.to_owned(), bytes: serde_json::to_vec(&value)? }))
    }
}

/// Returns the JSON pointer to a member of the root (RFC 6901).
fn pointer(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn rewritten(value: &Value, rewrite: Rewrite<'_>) -> Value {
    match value {
        Value::Array(elements) => elements.iter().map(|element| rewritten(element, rewrite)).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), rewritten(value, rewrite))).collect()
        }
        scalar => rewrite(scalar).unwrap_or_else(|| scalar.clone()),
    }
}

/// Only values of operations are data; their verbs and paths stay.
fn rewritten_operations(operations: &[Value], rewrite: Rewrite<'_>) -> Value {
    let one = |operation: &Value| {
        let mut operation = operation.clone();
        if let Some(value) = operation.get_mut("value") {
            *value = rewritten(value, rewrite);
        }
        operation
    };
    operations.iter().map(one).collect()
}
