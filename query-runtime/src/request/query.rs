//! How do parameters become a query string?

use std::borrow::Cow;

use serde_json::Value;

use super::path::encode;
use super::scalar::{Rewrite, scalar_text};

/// A parameter as it was given.
#[derive(Clone)]
pub(super) struct Given {
    pub(super) value: Value,
    /// Whether elements are joined by commas instead of repeating the name.
    pub(super) comma: bool,
}

/// Appends `?name=value&…` to a path.
pub(super) fn append(
    path: &mut String,
    given: &[(Cow<'static, str>, Given)],
    rewrite: Rewrite<'_>,
) -> Result<(), String> {
    let mut separator = '?';
    for (name, given) in given {
        let mut values = values_of(name, &given.value, rewrite)?;
        if given.comma && !values.is_empty() {
            values = vec![values.join(",")];
        }
        for value in values {
            path.push(separator);
            path.push_str(&encode(name));
            path.push('=');
            path.push_str(&value);
            separator = '&';
        }
    }
    Ok(())
}

/// Returns the encoded values: none for `null`, several for a list.
fn values_of(name: &str, value: &Value, rewrite: Rewrite<'_>) -> Result<Vec<String>, String> {
    let elements = match value {
        Value::Array(elements) => elements.as_slice(),
        one => std::slice::from_ref(one),
    };
    elements
        .iter()
        .filter(|element| !element.is_null())
        .map(|element| {
            let rewritten = rewrite(element);
            scalar_text(rewritten.as_ref().unwrap_or(element)).map(|text| encode(&text)).ok_or_else(|| {
                format!("the query parameter `{name}` must be a string, a number, a boolean or a list of them")
            })
        })
        .collect()
}
