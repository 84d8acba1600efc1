//! What are the rows of a scenario: an id, and fields that the scenario chooses?

use std::{cmp::Ordering, fmt};

use query_runtime::{Change, Entity, Envelope, Level, QueryApi, Request, Version};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

/// The fields of a row, its id among them.
pub(super) type Fields = Map<String, Value>;

/// What a row is called: by the server, by the program or, until the server has named it, for the time being.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum RowId {
    Number(i64),
    Text(String),
}

impl RowId {
    pub(super) fn of(value: &Value) -> Option<Self> {
        Self::deserialize(value).ok()
    }

    pub(super) fn to_json(&self) -> Value {
        json!(self)
    }

    /// Returns the temporary id of the row that a mutation creates.
    pub(super) fn temporary(mutation: &str) -> Self {
        Self::Text(format!("temp-{mutation}"))
    }

    pub(super) fn is_temporary(&self) -> bool {
        matches!(self, Self::Text(text) if text.starts_with("temp-"))
    }
}

impl fmt::Display for RowId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(formatter),
            Self::Text(text) => text.fmt(formatter),
        }
    }
}

/// Which kind of row is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Resource {
    Items,
    /// Rows that name an item.
    Notes,
}

impl Resource {
    pub(super) const ALL: &[(&str, Self)] = &[("items", Self::Items), ("notes", Self::Notes)];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Items => "items",
            Self::Notes => "notes",
        }
    }
}

/// What the runner needs of a row beside what every entity has.
pub(super) trait Record: Entity<Id = RowId, Change = RowChange> + Serialize + DeserializeOwned {
    fn of(fields: Fields) -> Self;
    fn fields(&self) -> &Fields;

    /// Says of a request that its answer has a watermark, where that is so.
    fn asked(request: Request) -> Request {
        if Self::LEVEL == Level::Watermarked { request.api::<Marking>() } else { request }
    }
}

/// The header that tells how much of what happened an answer knows of.
pub(super) const WATERMARK: &str = "X-Watermark";

/// An API whose answers have watermarks.
struct Marking;

impl QueryApi for Marking {
    const NAME: &'static str = "scenario";
    const WATERMARK: Option<&'static str> = Some(WATERMARK);
}

/// A row of a server of this level; `NOTE`: of the second resource.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row<const LEVEL: u8, const NOTE: bool> {
    id: RowId,
    fields: Fields,
}

impl<const LEVEL: u8, const NOTE: bool> Record for Row<LEVEL, NOTE> {
    fn of(fields: Fields) -> Self {
        let id = fields.get("id").and_then(RowId::of).unwrap_or(RowId::Number(0));
        Self { id, fields }
    }

    fn fields(&self) -> &Fields {
        &self.fields
    }
}

impl<const LEVEL: u8, const NOTE: bool> Serialize for Row<LEVEL, NOTE> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.fields.serialize(serializer)
    }
}

impl<'de, const LEVEL: u8, const NOTE: bool> Deserialize<'de> for Row<LEVEL, NOTE> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = Fields::deserialize(deserializer)?;
        if fields.get("id").and_then(RowId::of).is_none() {
            return Err(serde::de::Error::custom("a row has an id"));
        }
        Ok(Self::of(fields))
    }
}

impl<const LEVEL: u8, const NOTE: bool> Entity for Row<LEVEL, NOTE> {
    type Id = RowId;
    type Change = RowChange;
    const ROOT: &'static [&'static str] = if NOTE { &["notes"] } else { &["items"] };
    const ENVELOPE: Envelope = ENVELOPE;
    const LEVEL: Level = match LEVEL {
        0 => Level::Plain,
        1 => Level::Keyed,
        2 => Level::Versioned,
        _ => Level::Watermarked,
    };

    fn id(&self) -> &RowId {
        &self.id
    }

    fn set_id(&mut self, id: RowId) {
        self.fields.insert("id".to_owned(), id.to_json());
        self.id = id;
    }

    fn version(&self) -> Option<Version> {
        self.fields.get("ver")?.as_i64().map(Version::from)
    }
}

/// How a list looks on the wire that is more than its rows.
pub(super) const ENVELOPE: Envelope = Envelope {
    items: Some("items"),
    total: Some("total"),
    has_more: Some("more"),
    page: None,
    next: Some("next"),
    prev: None,
};

/// What is done to one field of a row.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Edit {
    Set(Value),
    Increment(i64),
    /// Adds an element at the end of a list.
    Push(Value),
    /// Adds an element at the start of a list.
    Unshift(Value),
    /// Takes an element out of a list.
    Remove(Value),
    /// Panics where the field has this value.
    PanicsAt(Value),
}

impl Edit {
    pub(super) fn apply(&self, field: &mut Value) {
        let list = |field: &mut Value| field.as_array().cloned().unwrap_or_default();
        *field = match self {
            Self::Set(value) => value.clone(),
            Self::Increment(by) => json!(field.as_i64().unwrap_or_default() + by),
            Self::Push(one) => list(field).into_iter().chain([one.clone()]).collect(),
            Self::Unshift(one) => [one.clone()].into_iter().chain(list(field)).collect(),
            Self::Remove(one) => list(field).into_iter().filter(|each| each != one).collect(),
            Self::PanicsAt(value) => {
                assert!(field != value, "the scenario wants this change to panic");
                return;
            }
        };
    }
}

/// A change of a row: what is done to its fields, in order.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct RowChange {
    pub(super) edits: Vec<(String, Edit)>,
    /// Whether a list could hold the row or not, or elsewhere, because of it.
    pub(super) moves: bool,
}

impl<E: Record> Change<E> for RowChange {
    fn apply(&self, row: &mut E) {
        let mut fields = row.fields().clone();
        for (name, edit) in &self.edits {
            edit.apply(fields.entry(name.clone()).or_insert(Value::Null));
        }
        *row = E::of(fields);
    }

    fn is_idempotent(&self) -> bool {
        self.edits.iter().all(|(_, edit)| matches!(edit, Edit::Set(_) | Edit::Remove(_) | Edit::PanicsAt(_)))
    }

    fn settled(&self, row: &E) -> Self {
        let settled = |(field, edit): &(String, Edit)| match (edit, row.fields().get(field)) {
            (Edit::Set(_), Some(value)) => (field.clone(), Edit::Set(value.clone())),
            _ => (field.clone(), edit.clone()),
        };
        Self { edits: self.edits.iter().map(settled).collect(), moves: self.moves }
    }

    fn moves(&self) -> bool {
        self.moves
    }
}

/// Compares two values of a field: numbers as numbers, texts as texts, nothing before anything.
pub(super) fn compare(one: Option<&Value>, two: Option<&Value>) -> Ordering {
    let rank = |value: Option<&Value>| match value {
        None | Some(Value::Null) => 0,
        Some(Value::Bool(_)) => 1,
        Some(Value::Number(_)) => 2,
        Some(Value::String(_)) => 3,
        Some(_) => 4,
    };
    match (one, two) {
        (Some(Value::Number(one)), Some(Value::Number(two))) => {
            one.as_f64().unwrap_or_default().total_cmp(&two.as_f64().unwrap_or_default())
        }
        (Some(Value::String(one)), Some(Value::String(two))) => one.cmp(two),
        (Some(Value::Bool(one)), Some(Value::Bool(two))) => one.cmp(two),
        _ => rank(one).cmp(&rank(two)),
    }
}
