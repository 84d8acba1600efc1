//! How does a key read and write JSON?

use std::fmt::{self, Write as _};

use serde_json::Value;

use super::segment::KeySegment;

impl KeySegment {
    /// Makes a segment of a JSON value.
    pub fn from_json(json: &Value) -> Self {
        match json {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Number(number) => from_number(number),
            Value::String(text) => Self::from(text.clone()),
            Value::Array(elements) => Self::list(elements.iter().map(Self::from_json)),
            Value::Object(members) => {
                Self::map(members.iter().map(|(name, value)| (Self::from(name.clone()), Self::from_json(value))))
            }
        }
    }

    /// Returns the segment as JSON.
    ///
    /// Numbers that JSON lacks (infinities, not-a-number) are `null`; a unique segment is `{"$unique": n}`.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Int(value) => Value::from(*value),
            Self::UInt(value) => Value::from(*value),
            Self::Float(value) => Value::from(value.get()),
            Self::Text(text) => Value::from(text.as_ref()),
            Self::List(elements) => Value::Array(elements.iter().map(Self::to_json).collect()),
            Self::Map(members) => {
                Value::Object(members.iter().map(|(name, value)| (member_name(name), value.to_json())).collect())
            }
            Self::Unique(number) => serde_json::json!({ "$unique": number }),
        }
    }
}

impl fmt::Display for KeySegment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List(elements) => write_list(f, elements),
            Self::Map(members) => {
                f.write_char('{')?;
                for (index, (name, value)) in members.iter().enumerate() {
                    if index > 0 {
                        f.write_char(',')?;
                    }
                    write!(f, "{}:{value}", Value::from(member_name(name)))?;
                }
                f.write_char('}')
            }
            scalar => write!(f, "{}", scalar.to_json()),
        }
    }
}

pub(super) fn write_list(f: &mut fmt::Formatter<'_>, elements: &[KeySegment]) -> fmt::Result {
    f.write_char('[')?;
    for (index, element) in elements.iter().enumerate() {
        if index > 0 {
            f.write_char(',')?;
        }
        write!(f, "{element}")?;
    }
    f.write_char(']')
}

/// JSON member names are strings; any other name is written as the text of its JSON.
fn member_name(name: &KeySegment) -> String {
    name.as_text().map_or_else(|| name.to_string(), str::to_owned)
}

fn from_number(number: &serde_json::Number) -> KeySegment {
    if let Some(value) = number.as_u64() {
        KeySegment::from(value)
    } else if let Some(value) = number.as_i64() {
        KeySegment::from(value)
    } else {
        KeySegment::from(number.as_f64().unwrap_or(f64::NAN))
    }
}
