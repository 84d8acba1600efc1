//! How do a mutation's variables become an operation, and its answer a confirmation?

use std::sync::Arc;

use crate::{
    heart::Confirmation,
    key::KeySegment,
    level::Level,
    projection::{Op, Value},
    resource::{Entity, InsertAt, ListReach},
    value::DateTime,
};

/// What an optimistic mutation shows, without its types.
pub(crate) trait Optimism<V, T>: Send + Sync {
    /// Returns the operation that the variables stand for. `before`: the one that it takes the place of.
    fn operation(&self, variables: &V, now: DateTime, before: Option<&Op>) -> Op;

    /// Returns what the server promises about the entity.
    fn level(&self) -> Level;

    /// Returns whether it takes a row away.
    fn deletes(&self) -> bool {
        false
    }

    /// Returns what the server's answer says of the row.
    fn confirmation(&self, data: &Arc<T>) -> Confirmation;
}

/// The row in an answer, where the answer is a row.
fn row_of<E: Entity, T: Send + Sync + 'static>(data: &Arc<T>) -> Option<Arc<E>> {
    let value: Value = data.clone();
    value.downcast::<E>().ok()
}

/// A row is created.
pub(crate) struct Creates<E: Entity, V> {
    /// Builds the row as it shows until the server has answered.
    pub(crate) row: fn(&V, E::Id, DateTime) -> E,
    /// Makes a temporary id.
    pub(crate) temp_id: fn() -> E::Id,
    /// Which lists show it.
    pub(crate) lists: ListReach,
    /// Where.
    pub(crate) insert: InsertAt,
}

impl<E: Entity, V: Send + Sync, T: Send + Sync + 'static> Optimism<V, T> for Creates<E, V> {
    fn level(&self) -> Level {
        E::LEVEL
    }

    fn operation(&self, variables: &V, now: DateTime, before: Option<&Op>) -> Op {
        let id = before.and_then(|before| before.typed::<E>()).map(|before| before.id().clone());
        let id = id.unwrap_or_else(self.temp_id);
        Op::create_temporary((self.row)(variables, id, now), self.lists, self.insert)
    }

    fn confirmation(&self, data: &Arc<T>) -> Confirmation {
        let row = row_of::<E, T>(data);
        let created = row.as_ref().map(|row| {
            let id: Value = Arc::new(row.id().clone());
            (KeySegment::of(row.id()), id)
        });
        Confirmation { row: row.map(|row| row as Value), created, mark: None }
    }
}

/// A row is created under an id that the client chooses.
pub(crate) struct CreatesWithId<E: Entity, V> {
    /// Builds the row as it shows until the server has answered.
    pub(crate) row: fn(&V, DateTime) -> E,
    /// Which lists show it.
    pub(crate) lists: ListReach,
    /// Where.
    pub(crate) insert: InsertAt,
}

impl<E: Entity, V: Send + Sync, T: Send + Sync + 'static> Optimism<V, T> for CreatesWithId<E, V> {
    fn level(&self) -> Level {
        E::LEVEL
    }

    fn operation(&self, variables: &V, now: DateTime, _before: Option<&Op>) -> Op {
        Op::create((self.row)(variables, now), self.lists, self.insert)
    }

    fn confirmation(&self, data: &Arc<T>) -> Confirmation {
        Confirmation { row: row_of::<E, T>(data).map(|row| row as Value), ..Confirmation::default() }
    }
}

/// A row is changed.
pub(crate) struct Changes<E: Entity, V> {
    /// Returns the row's id and the change.
    pub(crate) change: fn(&V) -> (E::Id, E::Change),
    /// Which lists show it.
    pub(crate) lists: ListReach,
    /// Whether the detail does.
    pub(crate) detail: bool,
}

impl<E: Entity, V: Send + Sync, T: Send + Sync + 'static> Optimism<V, T> for Changes<E, V> {
    fn level(&self) -> Level {
        E::LEVEL
    }

    fn operation(&self, variables: &V, _now: DateTime, _before: Option<&Op>) -> Op {
        let (id, change) = (self.change)(variables);
        Op::change::<E>(id, change, self.lists, self.detail)
    }

    fn confirmation(&self, data: &Arc<T>) -> Confirmation {
        Confirmation { row: row_of::<E, T>(data).map(|row| row as Value), ..Confirmation::default() }
    }
}

/// A row is deleted.
pub(crate) struct Deletes<E: Entity, V> {
    /// Returns the row's id.
    pub(crate) id: fn(&V) -> E::Id,
    /// Which lists show it.
    pub(crate) lists: ListReach,
    /// Whether the detail does.
    pub(crate) detail: bool,
}

impl<E: Entity, V: Send + Sync, T: Send + Sync + 'static> Optimism<V, T> for Deletes<E, V> {
    fn level(&self) -> Level {
        E::LEVEL
    }

    fn operation(&self, variables: &V, _now: DateTime, _before: Option<&Op>) -> Op {
        Op::delete::<E>((self.id)(variables), self.lists, self.detail)
    }

    fn deletes(&self) -> bool {
        true
    }

    fn confirmation(&self, _data: &Arc<T>) -> Confirmation {
        Confirmation::default()
    }
}

/// Returns every scalar in a JSON value as a key segment: among them may be temporary ids.
pub(crate) fn scalars(json: &serde_json::Value, found: &mut Vec<KeySegment>) {
    match json {
        serde_json::Value::Array(items) => items.iter().for_each(|item| scalars(item, found)),
        serde_json::Value::Object(members) => members.values().for_each(|member| scalars(member, found)),
        serde_json::Value::Null | serde_json::Value::Bool(_) => {}
        scalar => found.push(KeySegment::from_json(scalar)),
    }
}
