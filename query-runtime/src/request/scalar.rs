//! Which JSON values fit where only text goes, and what may replace them?

use serde_json::Value;

/// Replaces a value of a request just before it is encoded; `None` leaves it.
pub type Rewrite<'a> = &'a dyn Fn(&Value) -> Option<Value>;

/// Returns the text of a string, a number or a boolean.
pub(super) fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
