//! How does a fetch look into storage before it asks the server?

use std::sync::Arc;

use crate::{
    error::QueryError,
    heart::{Carried, CarriedData, Kind, Stored},
    hydration::WallClock,
    key::QueryKey,
    marker::BoxFuture,
    persist::queries::QueryPersister,
    projection::Value,
    shell::{Core, ErasedFetch, FetchContext, FetchFn},
    signal::lock,
};

/// A fetch function that looks into storage where the cache has no data, and stores what the server sends.
pub(super) struct PersistedFetch {
    pub(super) fetch: FetchFn,
    pub(super) kind: Arc<Kind>,
    pub(super) persister: QueryPersister,
}

impl ErasedFetch for PersistedFetch {
    fn call(&self, context: FetchContext) -> BoxFuture<'static, Result<Value, QueryError>> {
        let (fetch, kind, persister) = (self.fetch.clone(), self.kind.clone(), self.persister.clone());
        Box::pin(async move {
            if !persister.means(&context.key) {
                return fetch.call(context).await;
            }
            if context.of.number == 0
                && let Some((value, stored)) = stored(&context, &kind, &persister).await?
            {
                *lock(&context.stored()) = Some(stored);
                return Ok(value);
            }
            fetch.call(context).await
        })
    }

    fn stays(&self) -> bool {
        self.fetch.stays()
    }

    /// Stores the data as the cache has it now, in the background.
    fn landed(&self, core: &Arc<Core>, key: &QueryKey) {
        self.fetch.landed(core, key);
        if !self.persister.means(key) {
            return;
        }
        // The call decides the order of what is stored, not the task.
        let Some(stored) = self.persister.store_cached(core, key) else { return };
        core.env
            .spawn(Box::pin(async move {
                // A query that could not be stored is fetched the next time.
                let _ = stored.await;
            }))
            .detach();
    }
}

/// Returns the data that is stored, where the cache has none. What is of no use is removed.
async fn stored(
    context: &FetchContext,
    kind: &Arc<Kind>,
    persister: &QueryPersister,
) -> Result<Option<(Value, Stored)>, QueryError> {
    let key = context.key.clone();
    let (env, has_data) = {
        let core = context.core.upgrade().ok_or_else(QueryError::cancelled)?;
        let own = key.clone();
        let has_data = core.run(move |heart, _| heart.find(&own).and_then(|entry| heart.base(entry)).is_some());
        (core.env.clone(), has_data.unwrap_or_default())
    };
    if has_data {
        return Ok(None);
    }
    let clock = WallClock::of(&env);
    // Storage that fails is as good as none: the server is asked.
    let Ok(Some(Carried { data: CarriedData::Json(json, is_infinite), record, .. })) =
        persister.load(&key, &context.of.principal, clock).await
    else {
        return Ok(None);
    };
    let value = kind.codec.filter(|_| is_infinite == kind.is_infinite).and_then(|codec| codec.read(&json).ok());
    let Some(value) = value else {
        let _ = persister.forget(&key).await;
        if let Some(core) = context.core.upgrade() {
            core.run(move |heart, _| heart.unreadable(key));
        }
        return Ok(None);
    };
    let stored =
        Stored { at: record.data_updated_at, is_invalidated: record.is_invalidated, refetch: persister.refetch() };
    Ok(Some((value, stored)))
}
