//! Which id is meant by a name, and which row by an answer?

use query_runtime::RawResponse;
use serde_json::Value;

use super::{
    rows::{Fields, RowId},
    world::World,
};

/// A row that a mutation creates.
#[derive(Clone, Debug)]
pub(super) struct Created {
    pub(super) temporary: RowId,
    /// What the server called it.
    pub(super) real: Option<RowId>,
    /// Whether the program has heard of that.
    pub(super) told: bool,
}

impl<const LEVEL: u8> World<'_, LEVEL> {
    pub(super) fn fields(&self, row: &Fields) -> Result<Fields, String> {
        row.iter().map(|(name, value)| Ok((name.clone(), self.resolve(value)?))).collect()
    }

    /// Returns the id that a value stands for.
    pub(super) fn id(&self, value: &Value) -> Result<RowId, String> {
        RowId::of(&self.resolve(value)?).ok_or_else(|| format!("{value} is no id"))
    }

    /// Puts ids in the place of names: `$m1` is what the row that `m1` creates is called as far as the program knows, `$m1.temp`
    /// what it was called at first and `$m1.real` what the server calls it.
    pub(super) fn resolve(&self, value: &Value) -> Result<Value, String> {
        Ok(match value {
            Value::String(text) => match text.strip_prefix('$') {
                Some(name) => self.named(name)?.to_json(),
                None => value.clone(),
            },
            Value::Array(list) => list.iter().map(|value| self.resolve(value)).collect::<Result<_, _>>()?,
            Value::Object(members) => Value::Object(self.fields(members)?),
            _ => value.clone(),
        })
    }

    fn named(&self, name: &str) -> Result<RowId, String> {
        let (mutation, which) = name.split_once('.').unwrap_or((name, ""));
        let created = self.created.get(mutation).ok_or_else(|| format!("`{mutation}` creates no row"))?;
        let real = || created.real.clone().ok_or_else(|| format!("the server has not named the row of `{mutation}`"));
        match which {
            "" if created.told => real(),
            "" | "temp" => Ok(created.temporary.clone()),
            "real" => real(),
            _ => Err(format!("`${name}` means nothing: `${mutation}`, `${mutation}.temp` or `${mutation}.real`")),
        }
    }

    /// Returns the id that the server knows a row by.
    pub(super) fn real(&self, id: &RowId) -> Option<RowId> {
        if !id.is_temporary() {
            return Some(id.clone());
        }
        self.created.values().find(|created| created.temporary == *id)?.real.clone()
    }
}

/// Returns the id of the row in an answer that says that one was made.
pub(super) fn named_in(answer: &RawResponse) -> Option<RowId> {
    if !(200..300).contains(&answer.status) {
        return None;
    }
    let row: Value = serde_json::from_slice(&answer.body).ok()?;
    RowId::of(row.get("id")?)
}
