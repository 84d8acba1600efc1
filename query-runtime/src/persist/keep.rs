//! When is a cache read back, and when is it stored?
//!
//! 1. Reading back begins at once; until it is over, observers do not fetch of themselves.
//! 2. From then on each change is stored, `throttle` after the first that was not; what is stored is the newest.
//! 3. Dropping the [`Persistence`] ends both, whichever goes on.

use std::{
    fmt,
    future::Future,
    sync::{Arc, Weak},
};

use crate::{
    event::{CacheAction, CacheEvent},
    heart::Heart,
    marker::MaybeSend,
    persist::persister::{Persister, Restored},
    shell::{Core, QueryClient},
    signal::{Signal, Subscription, lock},
    spawn::TaskHandle,
    storage::StorageError,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

/// Keeps the cache of a client in storage; see [`QueryClient::persist`]. Dropping it ends that: changes of the last moments
/// are then not stored, unless [`save`](Self::save) was called.
#[must_use = "dropping it ends the persistence"]
pub struct Persistence {
    shared: Arc<Shared>,
    _changes: Subscription,
    _task: TaskHandle,
}

struct Shared {
    core: Weak<Core>,
    persister: Persister,
    /// Whether stored data is being read back.
    is_restoring: AtomicBool,
    /// Raised by changes that are worth storing.
    changed: Arc<Signal>,
    /// Raised when reading back, or storing, is over.
    done: Arc<Signal>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    restored: Option<Result<Restored, StorageError>>,
    failure: Option<StorageError>,
}

impl fmt::Debug for Persistence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Persistence").field("persister", &self.shared.persister).finish_non_exhaustive()
    }
}

impl QueryClient {
    /// Reads back what is stored, and stores what changes from then on.
    ///
    /// While it is read back, observers do not fetch of themselves ([`is_restoring`](crate::QueryResult::is_restoring));
    /// then those fetch that lack data, or whose data is stale. A fetch that is awaited does not wait for it: await
    /// [`Persistence::restored`] before.
    pub fn persist(&self, persister: Persister) -> Persistence {
        let shared = Arc::new(Shared {
            core: Arc::downgrade(self.core()),
            persister,
            is_restoring: AtomicBool::new(true),
            changed: Arc::default(),
            done: Arc::default(),
            state: Mutex::default(),
        });
        let listener = shared.clone();
        let changes = self.subscribe(move |event| listener.note(event));
        let restoring = Restoring::begin(self.core());
        let task = self.core().env.spawn(Box::pin(shared.clone().keep(restoring)));
        Persistence { shared, _changes: changes, _task: task }
    }

    /// Returns whether stored data is being read back.
    pub fn is_restoring(&self) -> bool {
        self.core().run(|heart, _| heart.is_restoring()).unwrap_or_default()
    }
}

impl Persistence {
    /// Waits until what was stored is read back, and returns what that has brought. The place to resume mutations.
    ///
    /// # Errors
    ///
    /// The storage failed.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives up waiting.
    pub fn restored(&self) -> impl Future<Output = Result<Restored, StorageError>> + MaybeSend + 'static + use<> {
        let shared = self.shared.clone();
        async move {
            loop {
                let seen = shared.done.version();
                let restored = lock(&shared.state).restored.clone();
                if let Some(restored) = restored {
                    return restored;
                }
                shared.done.changed(seen).await;
            }
        }
    }

    /// Stores what is in the cache now, without waiting for the throttle.
    ///
    /// # Errors
    ///
    /// The storage refuses it, however small it gets.
    ///
    /// # Cancel safety
    ///
    /// Whether it is stored when the future is dropped is up to the storage.
    pub async fn save(&self) -> Result<(), StorageError> {
        let Some(core) = self.shared.core.upgrade() else { return Ok(()) };
        self.shared.persister.save(&QueryClient::from_core(core)).await
    }

    /// Returns why the last change could not be stored, if it could not.
    pub fn failure(&self) -> Option<StorageError> {
        lock(&self.shared.state).failure.clone()
    }
}

impl Shared {
    /// Something happened in the cache.
    fn note(&self, event: &CacheEvent) {
        let is_worth_it = match event {
            CacheEvent::Updated(_, action) => match action {
                CacheAction::Hydrate => !self.is_restoring.load(Ordering::Acquire),
                CacheAction::Fetch
                | CacheAction::Slow
                | CacheAction::Pause
                | CacheAction::Continue
                | CacheAction::Refuse
                | CacheAction::Park
                | CacheAction::Layers => false,
                _ => true,
            },
            CacheEvent::Mutation(..) => !self.is_restoring.load(Ordering::Acquire),
            CacheEvent::Removed(_) => true,
            _ => false,
        };
        if is_worth_it {
            self.changed.raise();
        }
    }

    async fn keep(self: Arc<Self>, restoring: Restoring) {
        let Some((client, env)) = self.client() else { return };
        let restored = self.persister.restore(&client).await;
        drop(client);
        lock(&self.state).restored = Some(restored);
        self.is_restoring.store(false, Ordering::Release);
        drop(restoring);
        self.done.raise();
        let mut stored = 0;
        loop {
            self.changed.changed(stored).await;
            env.sleep(self.persister.throttle).await;
            stored = self.changed.version();
            let Some((client, _)) = self.client() else { return };
            let failure = self.persister.save(&client).await.err();
            lock(&self.state).failure = failure;
            self.done.raise();
        }
    }

    fn client(&self) -> Option<(QueryClient, crate::env::Env)> {
        let core = self.core.upgrade()?;
        let env = core.env.clone();
        Some((QueryClient::from_core(core), env))
    }
}

/// Keeps observers from fetching until it is dropped.
struct Restoring {
    core: Weak<Core>,
}

impl Restoring {
    fn begin(core: &Arc<Core>) -> Self {
        core.run(Heart::restore_begins);
        Self { core: Arc::downgrade(core) }
    }
}

impl Drop for Restoring {
    fn drop(&mut self) {
        if let Some(core) = self.core.upgrade() {
            core.run(Heart::restore_ends);
        }
    }
}
