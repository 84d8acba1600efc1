//! How is a whole cache kept: under which name, for how long, and what if there is no room?

use std::{fmt, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    hydration::{Dehydrate, DehydratedState, Hydrated, WallClock},
    marker::{MaybeSend, MaybeSync},
    shell::{QueryClient, QueryDefaults},
    storage::{Storage, StorageError},
    value::Json,
};

/// What a program does when the storage refuses a state: it makes the state smaller and says whether to try again.
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
type Shrink = Arc<dyn Fn(&mut DehydratedState, &StorageError) -> bool + Send + Sync>;
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
type Shrink = Arc<dyn Fn(&mut DehydratedState, &StorageError) -> bool>;

/// Keeps the server data of a client as one text in a [`Storage`]; see [`QueryClient::persist`].
///
/// Each [principal](QueryClient::set_principal) has a text of its own, with `@` and its name behind the persister's.
///
/// What is kept can only be shown if it is still in the cache when the next program looks: give queries a `gc_time` that is
/// no shorter than `max_age`, or hydrated data leaves the cache before anybody asks for it.
#[derive(Clone)]
pub struct Persister {
    pub(super) storage: Arc<dyn Storage>,
    name: String,
    buster: String,
    max_age: Duration,
    pub(super) throttle: Duration,
    what: Dehydrate,
    settings: QueryDefaults,
    shrink: Shrink,
}

impl fmt::Debug for Persister {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Persister")
            .field("name", &self.name)
            .field("buster", &self.buster)
            .field("max_age", &self.max_age)
            .field("throttle", &self.throttle)
            .finish_non_exhaustive()
    }
}

/// What reading back has brought.
#[derive(Clone, Debug)]
pub enum Restored {
    /// Nothing was stored.
    Nothing,
    /// This.
    Hydrated(Hydrated),
    /// Something that was of no use; it was removed.
    Discarded(DiscardReason),
}

/// Why what was stored is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DiscardReason {
    /// It is older than `max_age`.
    Expired,
    /// It was written with another `buster`.
    Buster,
    /// It could not be read.
    Malformed,
}

/// What is stored. `state` is borrowed when it is written.
#[derive(Serialize, Deserialize)]
struct Stored<S> {
    /// Milliseconds since 1970.
    timestamp: i64,
    buster: String,
    state: S,
}

impl Persister {
    /// Keeps everything that [`dehydrate`](QueryClient::dehydrate) returns under the name `query-cache`.
    pub fn new(storage: impl Storage) -> Self {
        Self {
            storage: Arc::new(storage),
            name: "query-cache".to_owned(),
            buster: String::new(),
            max_age: Duration::from_hours(24),
            throttle: Duration::from_secs(1),
            what: Dehydrate::new(),
            settings: QueryDefaults::new(),
            shrink: Arc::new(|state, error| error.is_full() && state.remove_oldest_query().is_some()),
        }
    }

    /// Sets the name in the storage.
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

    /// Sets how old what is stored may be. *Default*: a day.
    #[must_use]
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = max_age;
        self
    }

    /// Sets how long changes are gathered before they are stored. *Default*: a second.
    #[must_use]
    pub fn throttle(mut self, throttle: Duration) -> Self {
        self.throttle = throttle;
        self
    }

    /// Sets what is stored. *Default*: [`Dehydrate::new`].
    #[must_use]
    pub fn dehydrate(mut self, what: Dehydrate) -> Self {
        self.what = what;
        self
    }

    /// Sets the settings of the queries that are read back; they win over the client's defaults.
    #[must_use]
    pub fn settings(mut self, settings: QueryDefaults) -> Self {
        self.settings = settings;
        self
    }

    /// Sets what happens when the storage refuses a state: the function makes it smaller and returns whether to try again.
    /// *Default*: while the storage is full, the query with the oldest data goes; mutations never do.
    #[must_use]
    pub fn on_refusal(
        mut self,
        shrink: impl Fn(&mut DehydratedState, &StorageError) -> bool + MaybeSend + MaybeSync + 'static,
    ) -> Self {
        self.shrink = Arc::new(shrink);
        self
    }

    /// Reads back what is stored and takes it in.
    ///
    /// # Errors
    ///
    /// The storage failed; what is stored is removed, as far as that is possible.
    ///
    /// # Cancel safety
    ///
    /// What was read when the future is dropped is not taken in.
    pub async fn restore(&self, client: &QueryClient) -> Result<Restored, StorageError> {
        let name = self.stored_as(client);
        let stored = match self.storage.get(&name).await {
            Ok(Some(text)) => text,
            Ok(None) => return Ok(Restored::Nothing),
            Err(error) => {
                // What cannot be read now would not be read the next time either.
                let _ = self.storage.remove(&name).await;
                return Err(error);
            }
        };
        match self.sound(&stored, WallClock::of(&client.core().env)) {
            Ok(state) => Ok(Restored::Hydrated(client.hydrate_with(state, &self.settings))),
            Err(reason) => {
                self.storage.remove(&name).await?;
                Ok(Restored::Discarded(reason))
            }
        }
    }

    fn sound(&self, text: &str, clock: WallClock) -> Result<DehydratedState, DiscardReason> {
        let stored: Stored<Json> = serde_json::from_str(text).map_err(|_| DiscardReason::Malformed)?;
        if clock.is_older(stored.timestamp, self.max_age) {
            return Err(DiscardReason::Expired);
        }
        if stored.buster != self.buster {
            return Err(DiscardReason::Buster);
        }
        Ok(DehydratedState::from_json(stored.state))
    }

    /// Stores what is in the cache now.
    ///
    /// # Errors
    ///
    /// The storage refuses it, however small it gets.
    ///
    /// # Cancel safety
    ///
    /// Whether it is stored when the future is dropped is up to the storage.
    pub async fn save(&self, client: &QueryClient) -> Result<(), StorageError> {
        let mut state = client.dehydrate_with(&self.what);
        let name = self.name_for(state.principal.as_deref());
        loop {
            let stored = Stored { timestamp: state.dehydrated_at, buster: self.buster.clone(), state: &state };
            let text = serde_json::to_string(&stored).map_err(StorageError::new)?;
            let Err(error) = self.storage.set(&name, text).await else { return Ok(()) };
            if !(self.shrink)(&mut state, &error) {
                return Err(error);
            }
        }
    }

    fn stored_as(&self, client: &QueryClient) -> String {
        self.name_for(client.principal().as_deref())
    }

    /// Returns the name in the storage of what is one principal's.
    fn name_for(&self, principal: Option<&str>) -> String {
        principal.map_or_else(|| self.name.clone(), |principal| format!("{}@{principal}", self.name))
    }

    /// Removes what is stored, whichever principal it belongs to.
    ///
    /// # Errors
    ///
    /// The storage failed.
    ///
    /// # Cancel safety
    ///
    /// What was removed when the future is dropped stays so.
    pub async fn remove(&self) -> Result<(), StorageError> {
        let of_principals = self.name_for(Some(""));
        for name in self.storage.names().await? {
            if name == self.name || name.starts_with(&of_principals) {
                self.storage.remove(&name).await?;
            }
        }
        Ok(())
    }
}
