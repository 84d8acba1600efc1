//! What does one client tell another?

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    env::Env,
    error::QueryError,
    heart::{Carried, Principal},
    hydration::{QueryForm, WallClock},
    key::QueryKey,
    value::Json,
};

/// The member that says whose news it is.
const PRINCIPAL: &str = "principal";

/// What one client tells the others: data of a query, or that it is out of date or removed.
///
/// *Shape* as JSON: `{ "updated": { "key": […], "data": …, … } }` with a query as in
/// [`DehydratedState`](crate::DehydratedState), `{ "invalidated": […] }` or `{ "removed": […] }` with a key; beside it
/// `"principal"`, where somebody in particular uses the cache.
#[derive(Clone, Debug)]
pub struct BroadcastMessage {
    pub(super) news: News,
    /// How its moments are read.
    clock: WallClock,
    /// Whose news it is.
    pub(super) principal: Principal,
}

/// What has happened.
#[derive(Clone, Debug)]
pub(super) enum News {
    Updated(Carried),
    Invalidated(QueryKey),
    Removed(QueryKey),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Form {
    Updated(QueryForm),
    Invalidated(Json),
    Removed(Json),
}

impl BroadcastMessage {
    pub(super) fn new(news: News, env: &Env, principal: Principal) -> Self {
        Self { news, clock: WallClock::of(env), principal }
    }

    /// Returns the message as JSON, for a channel that leads out of the process.
    ///
    /// # Errors
    ///
    /// The data is not [`serializable`](crate::QueryOptions::serializable), or its key is none that JSON can say.
    pub fn to_json(&self) -> Result<Json, QueryError> {
        let form = match &self.news {
            News::Updated(carried) => {
                let form = QueryForm::of(carried.clone(), false, self.clock);
                Form::Updated(form.map_err(|left_out| QueryError::message(left_out.to_string()))?)
            }
            News::Invalidated(key) => Form::Invalidated(key.to_json()),
            News::Removed(key) => Form::Removed(key.to_json()),
        };
        let mut json = serde_json::to_value(form).map_err(QueryError::custom)?;
        if let (Some(principal), Some(members)) = (&self.principal, json.as_object_mut()) {
            members.insert(PRINCIPAL.to_owned(), Json::from(&**principal));
        }
        Ok(json)
    }

    /// Reads a message that came from another process.
    ///
    /// # Errors
    ///
    /// It is none.
    pub fn from_json(json: &Json, env: &Env) -> Result<Self, QueryError> {
        let key = |json: &Json| QueryKey::from_json(json).ok_or_else(|| QueryError::message("the key is no list"));
        let clock = WallClock::of(env);
        let mut json = json.clone();
        let principal = json.as_object_mut().and_then(|members| members.remove(PRINCIPAL));
        let principal: Principal = principal.as_ref().and_then(Json::as_str).map(Arc::from);
        let news = match Form::deserialize(json).map_err(QueryError::decode)? {
            Form::Updated(form) => {
                let carried = form.carried(clock);
                News::Updated(carried.map_err(|left_out| QueryError::message(left_out.to_string()))?)
            }
            Form::Invalidated(json) => News::Invalidated(key(&json)?),
            Form::Removed(json) => News::Removed(key(&json)?),
        };
        Ok(Self { news, clock, principal })
    }

    /// Returns the key of the query that it is about.
    pub fn key(&self) -> &QueryKey {
        match &self.news {
            News::Updated(carried) => &carried.key,
            News::Invalidated(key) | News::Removed(key) => key,
        }
    }

    /// Returns the clock that its moments belong to.
    pub(super) fn clock(&self) -> WallClock {
        self.clock
    }
}
