//! How does a dehydrated cache look as JSON?

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};

use crate::{
    error::QueryError,
    heart::{Carried, CarriedData, EntryRecord, Principal},
    hydration::{
        report::{LeftOut, LeftOutReason},
        wall::WallClock,
    },
    key::QueryKey,
    mutation::SavedMutation,
    status::QueryStatus,
    value::Json,
};

/// The version of the JSON form.
const VERSION: u64 = 1;

/// What is written in the place of an error's text.
const REDACTED: &str = "redacted";

/// The server data of a cache, on its way into another. Serde writes and reads it.
///
/// *Shape* as JSON, version 1; what may be absent is marked by `?`, times are milliseconds since 1970:
///
/// ```text
/// { "version": 1,
///   "dehydrated_at": 1767225600000,
///   "principal"?: "ada",             // whose it is; absent: nobody's in particular
///   "queries": [
///     { "key": ["users", 7],
///       "data"?: …,                    // absent: none; what serde writes for the type, null included
///       "is_infinite"?: true,          // the data is { "pages": […], "page_params": […] }
///       "status": "success",           // or "pending", "error"
///       "data_updated_at"?: 1767225599000,
///       "data_update_count": 3,
///       "is_invalidated": false,
///       "error"?: "redacted",          // or what it says
///       "error_updated_at"?: 1767225598000,
///       "error_update_count": 0,
///       "failure_count": 0,
///       "failure_reason"?: "redacted"
///     } ],
///   "mutations": [
///     { "key": ["users", "create"],
///       "variables": …,                // what serde writes for them
///       "scope"?: { "name": "users", "stops": false, "newest": false },
///       "idempotency_key": "6f…",      // the server can tell by it that it has seen the mutation
///       "submitted_at": "2026-01-01T00:00:00Z",
///       "failure_count": 0,
///       "is_uncertain": false          // whether the server may have carried it out
///     } ] }
/// ```
///
/// Reading never fails for what a record holds: one that is not sound is left out, and [`left_out`](Self::left_out) and the
/// report of [`hydrate`](crate::QueryClient::hydrate) say so.
#[derive(Clone, Debug, Serialize)]
pub struct DehydratedState {
    version: u64,
    pub(crate) dehydrated_at: i64,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "written")]
    pub(crate) principal: Principal,
    pub(crate) queries: Vec<QueryForm>,
    pub(crate) mutations: Vec<SavedMutation>,
    #[serde(skip)]
    pub(crate) left_out: Vec<LeftOut>,
}

impl DehydratedState {
    /// Returns this state as one principal's.
    pub(crate) fn of(self, principal: Principal) -> Self {
        Self { principal, ..self }
    }

    pub(crate) fn empty(at: i64) -> Self {
        Self {
            version: VERSION,
            dehydrated_at: at,
            principal: None,
            queries: Vec::new(),
            mutations: Vec::new(),
            left_out: Vec::new(),
        }
    }

    /// Reads a state from JSON. What is not sound is left out; see [`left_out`](Self::left_out).
    pub fn from_json(json: Json) -> Self {
        let mut state = Self::empty(0);
        let Json::Object(mut members) = json else {
            state.left_out.push(LeftOut::new(None, LeftOutReason::Malformed, "the state is no object"));
            return state;
        };
        let version = members.get("version").and_then(Json::as_u64);
        if version != Some(VERSION) {
            let text = format!("the state has version {:?}, and {VERSION} is known", members.get("version"));
            state.left_out.push(LeftOut::new(None, LeftOutReason::Version, text));
            return state;
        }
        let mut list = |name| match members.remove(name) {
            Some(Json::Array(records)) => records,
            None | Some(Json::Null) => Vec::new(),
            Some(_) => {
                let text = format!("`{name}` is no list");
                state.left_out.push(LeftOut::new(None, LeftOutReason::Malformed, text));
                Vec::new()
            }
        };
        let (queries, mutations) = (list("queries"), list("mutations"));
        state.dehydrated_at = members.get("dehydrated_at").and_then(Json::as_i64).unwrap_or_default();
        state.principal = members.get("principal").and_then(Json::as_str).map(Arc::from);
        state.queries = sound(queries, &mut state.left_out);
        state.mutations = sound(mutations, &mut state.left_out);
        state
    }

    /// Returns the keys of the queries, in the order in which they came into the cache.
    pub fn keys(&self) -> impl Iterator<Item = QueryKey> {
        self.queries.iter().filter_map(|query| QueryKey::from_json(&query.key))
    }

    /// Returns what could not be written, or read, and why.
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// Removes the query whose data is the oldest, and returns its key; for storage that is full.
    pub fn remove_oldest_query(&mut self) -> Option<QueryKey> {
        let oldest = self.queries.iter().enumerate().min_by_key(|(_, query)| query.data_updated_at)?.0;
        QueryKey::from_json(&self.queries.remove(oldest).key)
    }
}

impl<'de> Deserialize<'de> for DehydratedState {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Json::deserialize(deserializer).map(Self::from_json)
    }
}

/// Writes whose state it is.
fn written<S: Serializer>(principal: &Principal, serializer: S) -> Result<S::Ok, S::Error> {
    principal.as_deref().serialize(serializer)
}

/// Returns the records that can be read.
fn sound<T: DeserializeOwned>(records: Vec<Json>, left_out: &mut Vec<LeftOut>) -> Vec<T> {
    let read = |record: Json| {
        let key = record.get("key").and_then(QueryKey::from_json);
        T::deserialize(record).map_err(|error| left_out.push(LeftOut::new(key, LeftOutReason::Malformed, error))).ok()
    };
    records.into_iter().filter_map(read).collect()
}

/// [`QueryStatus`] as JSON.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum StatusForm {
    Pending,
    Success,
    Error,
}

/// A query as JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct QueryForm {
    key: Json,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    data: Option<Json>,
    #[serde(default, skip_serializing_if = "is_false")]
    is_infinite: bool,
    status: StatusForm,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) data_updated_at: Option<i64>,
    #[serde(default)]
    data_update_count: u64,
    #[serde(default)]
    is_invalidated: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error_updated_at: Option<i64>,
    #[serde(default)]
    error_update_count: u64,
    #[serde(default)]
    failure_count: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure_reason: Option<String>,
}

/// Reads a member that is there: `null` is data as any other.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Json>, D::Error> {
    Json::deserialize(deserializer).map(Some)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

impl QueryForm {
    /// Writes an entry.
    pub(crate) fn of(carried: Carried, tells_errors: bool, clock: WallClock) -> Result<Self, LeftOut> {
        let Carried { key, data, record } = carried;
        let left_out = |reason, text: &str| LeftOut::new(Some(key.clone()), reason, text);
        let json = key.to_json();
        if QueryKey::from_json(&json).as_ref() != Some(&key) {
            return Err(left_out(LeftOutReason::Key, "the key has a part that JSON cannot say"));
        }
        let (data, is_infinite) = match data {
            CarriedData::None => (None, false),
            CarriedData::Json(json, is_infinite) => (Some(json), is_infinite),
            CarriedData::Value(value, kind) => {
                let text = format!("nobody has said that `{}` is serializable", kind.type_name);
                let codec = kind.codec.ok_or_else(|| left_out(LeftOutReason::NotSerializable, &text))?;
                let json =
                    codec.write(&value).map_err(|error| left_out(LeftOutReason::Unreadable, &error.to_string()))?;
                (Some(json), kind.is_infinite)
            }
        };
        let told = |error: &QueryError| if tells_errors { error.to_string() } else { REDACTED.to_owned() };
        Ok(Self {
            key: json,
            data,
            is_infinite,
            status: match record.status {
                QueryStatus::Pending => StatusForm::Pending,
                QueryStatus::Success => StatusForm::Success,
                QueryStatus::Error => StatusForm::Error,
            },
            data_updated_at: record.data_updated_at.map(|at| clock.millis(at)),
            data_update_count: record.data_update_count,
            is_invalidated: record.is_invalidated,
            error: record.error.as_ref().map(told),
            error_updated_at: record.error_updated_at.map(|at| clock.millis(at)),
            error_update_count: record.error_update_count,
            failure_count: record.failure_count,
            failure_reason: record.failure_reason.as_ref().map(told),
        })
    }

    /// Reads an entry.
    pub(crate) fn carried(self, clock: WallClock) -> Result<Carried, LeftOut> {
        let malformed = |key, text: &str| LeftOut::new(key, LeftOutReason::Malformed, text);
        let key = QueryKey::from_json(&self.key).ok_or_else(|| malformed(None, "the key is no list"))?;
        let status = match (self.status, &self.data) {
            (StatusForm::Success, None) => {
                return Err(malformed(Some(key), "the query has succeeded and has no data"));
            }
            (StatusForm::Success | StatusForm::Pending, Some(_)) => QueryStatus::Success,
            (StatusForm::Pending, None) => QueryStatus::Pending,
            (StatusForm::Error, _) => QueryStatus::Error,
        };
        let record = EntryRecord {
            data_updated_at: self.data_updated_at.and_then(|at| clock.moment(at)),
            data_update_count: self.data_update_count,
            error: self.error.map(QueryError::message),
            error_updated_at: self.error_updated_at.and_then(|at| clock.moment(at)),
            error_update_count: self.error_update_count,
            failure_count: self.failure_count,
            failure_reason: self.failure_reason.map(QueryError::message),
            status,
            is_invalidated: self.is_invalidated,
        };
        let data = self.data.map_or(CarriedData::None, |data| CarriedData::Json(data, self.is_infinite));
        Ok(Carried { key, data, record })
    }
}
