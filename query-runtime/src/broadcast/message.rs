//! What does one client tell another?

use serde::{Deserialize, Serialize};

use crate::{
    env::Env,
    error::QueryError,
    heart::Carried,
    hydration::{QueryForm, WallClock},
    key::QueryKey,
    value::Json,
};

/// What one client tells the others: data of a query, or that it is out of date or removed.
///
/// *Shape* as JSON: `{ "updated": { "key": […], "data": …, … } }` with a query as in
/// [`DehydratedState`](crate::DehydratedState), `{ "invalidated": […] }` or `{ "removed": […] }` with a key.
#[derive(Clone, Debug)]
pub struct BroadcastMessage {
    pub(super) news: News,
    /// How its moments are read.
    clock: WallClock,
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
    pub(super) fn new(news: News, env: &Env) -> Self {
        Self { news, clock: WallClock::of(env) }
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
        serde_json::to_value(form).map_err(QueryError::custom)
    }

    /// Reads a message that came from another process.
    ///
    /// # Errors
    ///
    /// It is none.
    pub fn from_json(json: &Json, env: &Env) -> Result<Self, QueryError> {
        let key = |json: &Json| QueryKey::from_json(json).ok_or_else(|| QueryError::message("the key is no list"));
        let clock = WallClock::of(env);
        let news = match Form::deserialize(json).map_err(QueryError::decode)? {
            Form::Updated(form) => {
                let carried = form.carried(clock);
                News::Updated(carried.map_err(|left_out| QueryError::message(left_out.to_string()))?)
            }
            Form::Invalidated(json) => News::Invalidated(key(&json)?),
            Form::Removed(json) => News::Removed(key(&json)?),
        };
        Ok(Self { news, clock })
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
