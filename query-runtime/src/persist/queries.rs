//! How is each query kept under its own name?

use std::{fmt, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    heart::{Carried, CarriedData, Principal},
    hydration::{DehydratedState, Hydrated, LeftOut, LeftOutReason, QueryForm, WallClock},
    key::{KeyPrefix, QueryKey},
    options::{InfiniteOptions, QueryData, QueryOptions},
    persist::fetch::PersistedFetch,
    shell::{Core, QueryClient},
    status::{QueryStatus, RefetchWhen},
    storage::{Storage, StorageError, StorageFuture},
};

/// Keeps each query that is [`persisted`](QueryOptions::persisted) under its own name in a [`Storage`]. Cloning shares it.
///
/// A query is read back when it is first fetched and the cache has no data for it; what the server sends is stored. Data that
/// the program [`set`](QueryClient::set)s itself is not stored: [`save`](Self::save) does that. What is another
/// [principal](QueryClient::set_principal)'s is not read back.
#[derive(Clone)]
pub struct QueryPersister {
    storage: Arc<dyn Storage>,
    name: String,
    buster: String,
    max_age: Duration,
    refetch: RefetchWhen,
    under: Option<KeyPrefix>,
}

impl fmt::Debug for QueryPersister {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("QueryPersister")
            .field("name", &self.name)
            .field("buster", &self.buster)
            .field("max_age", &self.max_age)
            .field("refetch", &self.refetch)
            .field("under", &self.under)
            .finish_non_exhaustive()
    }
}

/// A query as it is stored.
#[derive(Serialize, Deserialize)]
struct StoredQuery {
    buster: String,
    /// Whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    principal: Option<String>,
    query: QueryForm,
}

impl QueryPersister {
    /// Keeps queries under names that begin with `query-`.
    pub fn new(storage: impl Storage) -> Self {
        Self {
            storage: Arc::new(storage),
            name: "query".to_owned(),
            buster: String::new(),
            max_age: Duration::from_hours(24),
            refetch: RefetchWhen::Stale,
            under: None,
        }
    }

    /// Sets what names in the storage begin with, before a dash and the key.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets a text that changes when what was stored before is of no use any more, such as the program's version.
    #[must_use]
    pub fn buster(mut self, buster: impl Into<String>) -> Self {
        self.buster = buster.into();
        self
    }

    /// Sets how old data that is read back may be. *Default*: a day.
    #[must_use]
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = max_age;
        self
    }

    /// Sets whether the server is asked right after data was read back. *Default*: when it is stale.
    #[must_use]
    pub fn refetch_on_restore(mut self, refetch: RefetchWhen) -> Self {
        self.refetch = refetch;
        self
    }

    /// Only queries whose key lies under this prefix, too.
    #[must_use]
    pub fn under(mut self, prefix: impl Into<KeyPrefix>) -> Self {
        self.under = Some(prefix.into());
        self
    }

    /// Stores the data of a query as it is in the cache, and returns whether there was any to be stored.
    ///
    /// # Errors
    ///
    /// The storage failed, or the data is not [`serializable`](QueryOptions::serializable).
    ///
    /// # Cancel safety
    ///
    /// Whether it is stored when the future is dropped is up to the storage.
    pub async fn save(&self, client: &QueryClient, key: &QueryKey) -> Result<bool, StorageError> {
        let Some(stored) = self.store_cached(client.core(), key) else { return Ok(false) };
        stored.await.map(|()| true)
    }

    /// Reads a query back and takes it in; returns whether it was stored and of use.
    ///
    /// # Errors
    ///
    /// The storage failed.
    ///
    /// # Cancel safety
    ///
    /// What was read when the future is dropped is not taken in.
    pub async fn restore(&self, client: &QueryClient, key: &QueryKey) -> Result<bool, StorageError> {
        let report = self.hydrate(client, vec![self.stored_as(key)]).await?;
        Ok(report.queries + report.kept > 0)
    }

    /// Reads back and takes in all queries that are stored and lie under a prefix.
    ///
    /// # Errors
    ///
    /// The storage failed.
    ///
    /// # Cancel safety
    ///
    /// What was read when the future is dropped is not taken in.
    pub async fn restore_all(
        &self,
        client: &QueryClient,
        prefix: impl Into<KeyPrefix>,
    ) -> Result<Hydrated, StorageError> {
        let names = self.names_under(&prefix.into()).await?;
        self.hydrate(client, names).await
    }

    /// Removes all queries that are stored and lie under a prefix.
    ///
    /// # Errors
    ///
    /// The storage failed.
    ///
    /// # Cancel safety
    ///
    /// Those that were removed when the future is dropped stay so.
    pub async fn remove(&self, prefix: impl Into<KeyPrefix>) -> Result<(), StorageError> {
        for name in self.names_under(&prefix.into()).await? {
            self.storage.remove(&name).await?;
        }
        Ok(())
    }

    /// Removes what is of no use any more: too old, of another `buster` or principal, or not readable. Returns how much that was.
    ///
    /// # Errors
    ///
    /// The storage failed.
    ///
    /// # Cancel safety
    ///
    /// What was removed when the future is dropped stays so.
    pub async fn collect(&self, client: &QueryClient) -> Result<usize, StorageError> {
        let (clock, principal) = (WallClock::of(&client.core().env), client.principal());
        let mut collected = 0;
        for name in self.names().await? {
            if self.storage.get(&name).await?.is_some_and(|text| self.sound(&text, &principal, clock).is_none()) {
                self.storage.remove(&name).await?;
                collected += 1;
            }
        }
        Ok(collected)
    }

    pub(super) fn refetch(&self) -> RefetchWhen {
        self.refetch
    }

    /// Returns whether queries with this key are kept.
    pub(super) fn means(&self, key: &QueryKey) -> bool {
        self.under.as_ref().is_none_or(|prefix| prefix.matches(key))
    }

    /// Stores the data of a query as it is in the cache, if there is any; what cannot be written is an error.
    pub(super) fn store_cached(&self, core: &Arc<Core>, key: &QueryKey) -> Option<StorageFuture<()>> {
        let own = key.clone();
        let carried = core.run(move |heart, _| Some((heart.carried(heart.find(&own)?)?, heart.principal())));
        let (carried, principal) = carried.flatten()?;
        (carried.record.status == QueryStatus::Success)
            .then(|| self.store(carried, principal, WallClock::of(&core.env)))
    }

    fn store(&self, carried: Carried, principal: Principal, clock: WallClock) -> StorageFuture<()> {
        let name = self.stored_as(&carried.key);
        let text = QueryForm::of(carried, false, clock).map_err(|left_out| left_out.to_string()).and_then(|query| {
            let stored =
                StoredQuery { buster: self.buster.clone(), principal: principal.map(|one| one.to_string()), query };
            serde_json::to_string(&stored).map_err(|error| error.to_string())
        });
        match text {
            Ok(text) => self.storage.set(&name, text),
            Err(text) => Box::pin(std::future::ready(Err(StorageError::new(text)))),
        }
    }

    /// Returns a query that is stored and of use to this principal; what is of no use is removed.
    pub(super) async fn load(
        &self,
        key: &QueryKey,
        principal: &Principal,
        clock: WallClock,
    ) -> Result<Option<Carried>, StorageError> {
        let name = self.stored_as(key);
        let Some(text) = self.storage.get(&name).await? else { return Ok(None) };
        let form = self.sound(&text, principal, clock).and_then(|form| form.carried(clock).ok());
        let carried = form.filter(|one| one.key == *key && !matches!(one.data, CarriedData::None));
        if carried.is_none() {
            self.storage.remove(&name).await?;
        }
        Ok(carried)
    }

    /// Removes a query.
    pub(super) fn forget(&self, key: &QueryKey) -> StorageFuture<()> {
        self.storage.remove(&self.stored_as(key))
    }

    fn stored_as(&self, key: &QueryKey) -> String {
        format!("{}-{key}", self.name)
    }

    /// Returns the query in a text, if it is of use to this principal.
    fn sound(&self, text: &str, principal: &Principal, clock: WallClock) -> Option<QueryForm> {
        let stored: StoredQuery = serde_json::from_str(text).ok()?;
        let at = stored.query.data_updated_at?;
        let is_theirs = stored.principal.as_deref() == principal.as_deref();
        (is_theirs && stored.buster == self.buster && !clock.is_older(at, self.max_age)).then_some(stored.query)
    }

    async fn names(&self) -> Result<Vec<String>, StorageError> {
        let mut names = self.storage.names().await?;
        names.retain(|name| self.key_of(name).is_some());
        names.sort_unstable();
        Ok(names)
    }

    async fn names_under(&self, prefix: &KeyPrefix) -> Result<Vec<String>, StorageError> {
        let mut names = self.names().await?;
        names.retain(|name| self.key_of(name).is_some_and(|key| prefix.matches(&key)));
        Ok(names)
    }

    fn key_of(&self, name: &str) -> Option<QueryKey> {
        let json = name.strip_prefix(&self.name)?.strip_prefix('-')?;
        QueryKey::from_json(&serde_json::from_str(json).ok()?)
    }

    async fn hydrate(&self, client: &QueryClient, names: Vec<String>) -> Result<Hydrated, StorageError> {
        let (clock, principal) = (WallClock::of(&client.core().env), client.principal());
        let mut state = DehydratedState::empty(clock.now()).of(principal);
        for name in names {
            let Some(text) = self.storage.get(&name).await? else { continue };
            if let Some(form) = self.sound(&text, &state.principal, clock) {
                state.queries.push(form);
            } else {
                self.storage.remove(&name).await?;
                let reason = LeftOutReason::Malformed;
                state.left_out.push(LeftOut::new(self.key_of(&name), reason, "what was stored is of no use any more"));
            }
        }
        Ok(client.hydrate(state))
    }
}

impl<T: QueryData + Serialize + DeserializeOwned> QueryOptions<T> {
    /// Looks into storage before the server is asked, where the cache has no data, and stores what the server sends.
    ///
    /// The data is [`serializable`](Self::serializable) then, and as old as it was when it was stored. Unless the options or
    /// defaults say otherwise, it works without a connection ([`OfflineFirst`](crate::NetworkMode::OfflineFirst)).
    ///
    /// # Examples
    ///
    /// ```
    /// use query_runtime::{FetchContext, FileStorage, Key, QueryError, QueryKey, QueryOptions, QueryPersister, Request};
    ///
    /// async fn fetch_time(context: FetchContext) -> Result<String, QueryError> {
    ///     context.send(Request::get("/time")).await?.json()
    /// }
    ///
    /// let disk = QueryPersister::new(FileStorage::new("cache"));
    /// let time = QueryOptions::new(Key::typed(QueryKey::new(["time"])), fetch_time).persisted(&disk);
    /// # let _ = time;
    /// ```
    #[must_use]
    pub fn persisted(self, persister: &QueryPersister) -> Self {
        let mut options = self.serializable();
        let (kind, persister) = (options.kind.clone(), persister.clone());
        options.settings.is_persisted = true;
        options.around = Some(Arc::new(move |fetch| {
            Arc::new(PersistedFetch { fetch, kind: kind.clone(), persister: persister.clone() })
        }));
        options
    }
}

impl<T, P> InfiniteOptions<T, P>
where
    T: QueryData + Serialize + DeserializeOwned,
    P: QueryData + Clone + Serialize + DeserializeOwned,
{
    /// Looks into storage before the server is asked, where the cache has no data, and stores all pages together; see
    /// [`QueryOptions::persisted`].
    #[must_use]
    pub fn persisted(mut self, persister: &QueryPersister) -> Self {
        self.query = self.query.persisted(persister);
        self
    }
}
