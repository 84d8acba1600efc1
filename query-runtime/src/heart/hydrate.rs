//! What can be carried out of the cache, and what happens to what is carried into it?
//!
//! Only server data is carried: optimistic operations stay where they are. Data whose type is not known yet is a *raw*
//! entry: JSON, which counts in filters, states and collection, and becomes what its options say when they come.

use std::{any::TypeId, sync::Arc};

use crate::{
    clock::Moment,
    error::QueryError,
    heart::{
        Action, Effect, EntryId, Event, Heart, RefetchType,
        entry::Entry,
        spec::{EntrySpec, Kind},
    },
    key::QueryKey,
    projection::Value,
    status::QueryStatus,
    value::Json,
};

/// What an entry is without its observers, fetches and optimistic operations.
#[derive(Clone, Debug)]
pub(crate) struct EntryRecord {
    /// When the server's data arrived.
    pub(crate) data_updated_at: Option<Moment>,
    /// How often data arrived.
    pub(crate) data_update_count: u64,
    /// The last failure.
    pub(crate) error: Option<QueryError>,
    /// When it happened.
    pub(crate) error_updated_at: Option<Moment>,
    /// How often a fetch failed for good.
    pub(crate) error_update_count: u64,
    /// How often the current or last fetch failed.
    pub(crate) failure_count: u32,
    /// Its last failure.
    pub(crate) failure_reason: Option<QueryError>,
    /// Whether there is data.
    pub(crate) status: QueryStatus,
    /// Whether the data is marked stale.
    pub(crate) is_invalidated: bool,
}

/// The data of an entry on its way into another cache.
#[derive(Clone, Debug)]
pub(crate) enum CarriedData {
    /// There is none.
    None,
    /// As JSON; whether it is the pages of an infinite list.
    Json(Json, bool),
    /// As it is in this process, and what can be done with it.
    Value(Value, Arc<Kind>),
}

/// An entry on its way into another cache.
#[derive(Clone, Debug)]
pub(crate) struct Carried {
    /// The key.
    pub(crate) key: QueryKey,
    /// The data.
    pub(crate) data: CarriedData,
    /// All else.
    pub(crate) record: EntryRecord,
}

/// What became of an entry that was carried here.
#[derive(Clone, Debug)]
pub(crate) enum Hydration {
    /// It is in the cache.
    Taken,
    /// What was here is as new, or newer.
    Kept,
    /// Its data is not what the entry here holds.
    Unreadable(QueryError),
}

impl Heart {
    /// Returns an entry as it can be carried elsewhere.
    pub(crate) fn carried(&self, id: EntryId) -> Option<Carried> {
        let entry = self.entries.get(&id)?;
        let data = entry.base.clone().map_or(CarriedData::None, |base| CarriedData::Value(base, entry.kind.clone()));
        Some(Carried { key: entry.key.clone(), data, record: entry.record() })
    }

    /// Takes an entry that comes from elsewhere: makes it, or brings the one that is here up to date (T173, T174).
    ///
    /// `raw`: what can be done with JSON of unknown type.
    pub(crate) fn hydrate(
        &mut self,
        carried: Carried,
        raw: &Arc<Kind>,
        spec: &EntrySpec,
        action: Action,
        now: Moment,
    ) -> Hydration {
        let epoch = self.event(now);
        let Carried { key, data, record } = carried;
        let known = self.index.get(&key);
        if let Some(entry) = known.and_then(|id| self.entries.get(&id))
            && !wins(action, record.data_updated_at, entry.data_updated_at)
        {
            return Hydration::Kept;
        }
        let bytes = if let CarriedData::Json(json, _) = &data { text_size(json) } else { 0 };
        let here = known.and_then(|id| self.entries.get(&id)).filter(|entry| !entry.is_raw).map(|entry| &entry.kind);
        let (kind, value, is_raw) = match received(data, here, raw) {
            Ok(received) => received,
            Err(error) => return Hydration::Unreadable(error),
        };
        let id = known.unwrap_or_else(|| self.add_entry(&key, &kind, spec, now));
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.kind = kind;
            entry.is_raw = is_raw;
            entry.base = value;
            entry.take(record);
            entry.marks.mark = None;
            entry.marks.replaced_at = epoch;
            entry.used = epoch;
            entry.bytes = entry.kind.size.max(bytes);
            entry.fetched_at = None;
            entry.moved_revert_point();
        }
        self.learn_entity(id);
        self.base_changed(id);
        self.updated(id, action, now);
        Hydration::Taken
    }

    /// Tells subscribers that data for a key, wherever it was, could not be read.
    pub(crate) fn unreadable(&mut self, key: QueryKey) {
        self.effects.push(Effect::Event(Event::Unreadable(key)));
    }

    /// Tells subscribers that something about a key could not be posted.
    pub(crate) fn post_failed(&mut self, key: QueryKey) {
        self.effects.push(Effect::Event(Event::PostFailed(key)));
    }

    /// Another client has invalidated an entry: it is fetched here, too, if somebody looks.
    pub(crate) fn invalidate_remotely(&mut self, id: EntryId, now: Moment) {
        self.remote = true;
        self.mark_all_invalid(&[id], now);
        self.remote = false;
        self.invalidate(&[id], RefetchType::Active, true, now);
    }

    /// Another client has removed an entry.
    pub(crate) fn remove_remotely(&mut self, id: EntryId, now: Moment) {
        self.remote = true;
        self.remove(id, now);
        self.remote = false;
    }

    /// Gives a raw entry its type; returns whether it was one. Data that is not of this type is dropped.
    pub(crate) fn give_type(&mut self, id: EntryId, kind: &Arc<Kind>) -> bool {
        let Some(entry) = self.entries.get_mut(&id).filter(|entry| entry.is_raw) else { return false };
        let json = entry.base.as_ref().and_then(|base| base.downcast_ref::<Json>());
        let value = match (json, kind.codec) {
            (Some(json), Some(codec)) if kind.is_infinite == entry.kind.is_infinite => codec.read(json).ok(),
            _ => None,
        };
        let dropped = json.is_some() && value.is_none();
        entry.is_raw = false;
        entry.kind = kind.clone();
        if dropped {
            let (flight, fetch_status) = (entry.flight.take(), entry.fetch_status);
            entry.empty(false);
            (entry.flight, entry.fetch_status) = (flight, fetch_status);
            self.effects.push(Effect::Event(Event::Unreadable(entry.key.clone())));
        } else {
            entry.base = value;
        }
        true
    }
}

/// Returns whether data from elsewhere replaces what is here.
///
/// What was stored must be newer by a millisecond: finer than that, wall clocks do not agree. What somebody tells now counts
/// also if it is as new: it happened after.
fn wins(action: Action, theirs: Option<Moment>, ours: Option<Moment>) -> bool {
    match (theirs, ours) {
        (Some(theirs), Some(ours)) if action == Action::Remote => theirs >= ours,
        (Some(theirs), Some(ours)) => theirs.as_nanos() >= ours.as_nanos().saturating_add(1_000_000),
        (theirs, None) => theirs.is_some(),
        (None, Some(_)) => false,
    }
}

/// Returns about how long JSON is as text.
fn text_size(json: &Json) -> u64 {
    match json {
        Json::Null | Json::Bool(_) | Json::Number(_) => 4,
        Json::String(text) => text.len() as u64 + 2,
        Json::Array(elements) => elements.iter().map(|element| text_size(element) + 1).sum::<u64>() + 2,
        Json::Object(members) => {
            members.iter().map(|(name, value)| name.len() as u64 + text_size(value) + 4).sum::<u64>() + 2
        }
    }
}

/// What an entry holds from now on: its kind, its data, and whether its type is not known.
type Received = (Arc<Kind>, Option<Value>, bool);

/// Returns what data that comes from elsewhere is here. `here`: what the entry under its key holds, if that is known.
fn received(data: CarriedData, here: Option<&Arc<Kind>>, raw: &Arc<Kind>) -> Result<Received, QueryError> {
    match (data, here) {
        (CarriedData::None, here) => Ok((here.unwrap_or(raw).clone(), None, here.is_none())),
        (CarriedData::Value(value, kind), Some(here)) if kind.type_id == here.type_id => {
            Ok((here.learned(&kind).map_or_else(|| here.clone(), Arc::new), Some(value), false))
        }
        (CarriedData::Value(_, kind), Some(here)) => Err(QueryError::wrong_type(here.type_name, kind.type_name)),
        (CarriedData::Value(value, kind), None) => Ok((kind, Some(value), false)),
        (CarriedData::Json(json, is_infinite), Some(here)) => {
            if here.is_infinite != is_infinite {
                return Err(QueryError::message("only one of both is an infinite list"));
            }
            let unsaid = || QueryError::message(format!("nobody has said that `{}` is serializable", here.type_name));
            Ok((here.clone(), Some(here.codec.ok_or_else(unsaid)?.read(&json)?), false))
        }
        (CarriedData::Json(json, _), None) => Ok((raw.clone(), Some(Arc::new(json)), true)),
    }
}

impl Entry {
    /// Returns what a fetch has brought as what is held here: JSON, where it began while the type was not known.
    ///
    /// # Errors
    ///
    /// JSON cannot be read as the type that was said since.
    pub(super) fn typed(&self, incoming: Value) -> Result<Value, QueryError> {
        let Some(json) = incoming.downcast_ref::<Json>().filter(|_| self.kind.type_id != TypeId::of::<Json>()) else {
            return Ok(incoming);
        };
        let unsaid = || QueryError::wrong_type(self.kind.type_name, std::any::type_name::<Json>());
        self.kind.codec.ok_or_else(unsaid)?.read(json)
    }

    /// Returns what the entry is without its observers, fetches and optimistic operations.
    fn record(&self) -> EntryRecord {
        EntryRecord {
            data_updated_at: self.data_updated_at,
            data_update_count: self.data_update_count,
            error: self.error.clone(),
            error_updated_at: self.error_updated_at,
            error_update_count: self.error_update_count,
            failure_count: self.failure_count,
            failure_reason: self.failure_reason.clone(),
            status: self.status,
            is_invalidated: self.is_invalidated,
        }
    }

    /// Becomes what the record says; fetches go on. What was invalidated after the record's data arrived stays so (I3).
    fn take(&mut self, record: EntryRecord) {
        let since = self.marks.invalid_since.filter(|_| self.is_invalidated);
        let overtaken = since.is_some_and(|since| record.data_updated_at.is_none_or(|at| at <= since));
        self.data_updated_at = record.data_updated_at;
        self.data_update_count = record.data_update_count;
        self.error = record.error;
        self.error_updated_at = record.error_updated_at;
        self.error_update_count = record.error_update_count;
        self.failure_count = record.failure_count;
        self.failure_reason = record.failure_reason;
        self.status = record.status;
        self.is_invalidated = record.is_invalidated || overtaken;
        self.is_gone = false;
    }
}
