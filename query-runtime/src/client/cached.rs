//! What runs for as long as an entry is cached, such as a socket that keeps it up to date?
//!
//! Events tell that something about a key has changed; what is published tells what. So it does not matter in which order
//! threads hear of an entry that left and of the one that came in its place.

use std::{
    collections::HashMap,
    fmt,
    future::Future,
    sync::{Arc, Weak},
};

use crate::{
    error::QueryError,
    event::CacheEvent,
    heart::EntryId,
    key::{Key, KeyPrefix, QueryKey},
    marker::{MaybeSend, MaybeSync},
    options::QueryData,
    projection::Value,
    shell::{Core, QueryClient, caught, typed},
    signal::{Signal, Subscription, lock},
    spawn::TaskHandle,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

/// What the task of an entry and those who end it have in common.
#[derive(Debug, Default)]
struct Shared {
    /// Raised when the entry has changed or left.
    changed: Arc<Signal>,
    /// Whether the task wants to see the end.
    sees_the_end: AtomicBool,
}

/// An entry of the cache, for what runs as long as it is cached; see [`QueryClient::while_cached`].
#[derive(Clone)]
pub struct CachedEntry {
    key: QueryKey,
    entry: EntryId,
    core: Weak<Core>,
    shared: Arc<Shared>,
}

impl fmt::Debug for CachedEntry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("CachedEntry").field("key", &self.key).finish_non_exhaustive()
    }
}

impl CachedEntry {
    /// Returns the key of the entry.
    pub fn key(&self) -> &QueryKey {
        &self.key
    }

    /// Returns the client, to write what was pushed: [`QueryClient::set`], [`QueryClient::update`].
    ///
    /// # Errors
    ///
    /// Fails when the client is gone.
    pub fn client(&self) -> Result<QueryClient, QueryError> {
        self.core.upgrade().map(QueryClient::from_core).ok_or_else(QueryError::cancelled)
    }

    /// Returns the key with the type of the data that the caller knows it to name.
    pub fn typed_key<T: QueryData>(&self) -> Key<T> {
        Key::typed(self.key.clone())
    }

    /// Waits until there is data, fetched or set, and returns it.
    ///
    /// # Errors
    ///
    /// The entry left before there was any (`is_cancelled`), or it holds data of another type (`is_wrong_type`).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future forgets the wait.
    pub async fn data_loaded<T: QueryData>(&self) -> Result<Arc<T>, QueryError> {
        loop {
            let version = self.shared.changed.version();
            if let Some(data) = self.shown()? {
                return typed(data);
            }
            self.shared.changed.changed(version).await;
        }
    }

    /// Waits until the entry has left.
    ///
    /// Who calls this takes care of the end: its task is then not dropped when the entry leaves, but runs on until it is
    /// done, to say good-bye to a server for example.
    pub fn removed(&self) -> impl Future<Output = ()> + MaybeSend + 'static + use<> {
        self.shared.sees_the_end.store(true, Ordering::Release);
        let entry = self.clone();
        async move {
            loop {
                let version = entry.shared.changed.version();
                if entry.shown().is_err() {
                    return;
                }
                entry.shared.changed.changed(version).await;
            }
        }
    }

    /// Returns the data that the entry shows, unless it has left.
    fn shown(&self) -> Result<Option<Value>, QueryError> {
        let published = self.core.upgrade().and_then(|core| core.published(&self.key));
        let own = published.filter(|published| published.entry == self.entry);
        own.map(|published| published.snapshot.data.clone()).ok_or_else(QueryError::cancelled)
    }
}

/// What runs for an entry.
struct Running {
    entry: EntryId,
    shared: Arc<Shared>,
    /// `None` until it is spawned.
    task: Option<TaskHandle>,
}

#[derive(Default)]
struct State {
    running: HashMap<QueryKey, Running>,
    /// Tasks that see the end of their entries, which have left.
    ending: Vec<TaskHandle>,
}

/// Keeps a task running for each entry under a prefix. Dropping it ends them.
struct Keeper<F> {
    core: Weak<Core>,
    prefix: KeyPrefix,
    task: Arc<F>,
    state: Mutex<State>,
}

impl<F, Fut> Keeper<F>
where
    F: Fn(CachedEntry) -> Fut + MaybeSend + MaybeSync + 'static,
    Fut: Future<Output = ()> + MaybeSend + 'static,
{
    /// Something has happened to an entry.
    fn hear(&self, event: &CacheEvent) {
        if matches!(event, CacheEvent::PrincipalChanged(_)) {
            self.begin_anew();
        }
        if matches!(event, CacheEvent::Added(_) | CacheEvent::Removed(_) | CacheEvent::Updated(..))
            && self.prefix.matches(event.key())
        {
            self.follow(event.key());
        }
    }

    /// Somebody else uses the cache: what ran for the entries until now ends, and begins anew for those that are left.
    fn begin_anew(&self) {
        let old = std::mem::take(&mut *lock(&self.state));
        let Some(core) = self.core.upgrade() else { return };
        for one in old.running.values() {
            one.shared.changed.raise();
        }
        drop(old);
        for published in core.published_under(self.prefix.as_key()) {
            self.follow(&published.snapshot.key);
        }
    }

    /// Lets run what should, now that something about a key has changed.
    fn follow(&self, key: &QueryKey) {
        let Some(core) = self.core.upgrade() else { return };
        let now = core.published(key).map(|published| published.entry);
        let mut state = lock(&self.state);
        if let Some(running) = state.running.get(key)
            && now == Some(running.entry)
        {
            let changed = running.shared.changed.clone();
            drop(state);
            return changed.raise();
        }
        let old = state.running.remove(key);
        let new = now.map(|entry| {
            let shared = Arc::<Shared>::default();
            state.running.insert(key.clone(), Running { entry, shared: shared.clone(), task: None });
            CachedEntry { key: key.clone(), entry, core: self.core.clone(), shared }
        });
        drop(state);
        if let Some(old) = old {
            self.end(old);
        }
        if let Some(new) = new {
            self.start(&core, new);
        }
    }

    fn start(&self, core: &Core, entry: CachedEntry) {
        let (key, shared, task) = (entry.key.clone(), entry.shared.clone(), self.task.clone());
        let handle = core.env.spawn(Box::pin(async move {
            let run = async move {
                task(entry).await;
                Ok(())
            };
            // Nobody awaits it: a panic of the program's code ends this task and nothing else.
            let _ = caught(run).await;
        }));
        let mut state = lock(&self.state);
        let same = state.running.get_mut(&key).filter(|running| Arc::ptr_eq(&running.shared, &shared));
        let unwanted = match same {
            Some(running) => running.task.replace(handle),
            None => Some(handle),
        };
        drop(state);
        drop(unwanted);
    }

    fn end(&self, old: Running) {
        if old.shared.sees_the_end.load(Ordering::Acquire)
            && let Some(task) = old.task
        {
            let mut state = lock(&self.state);
            state.ending.retain(|task| !task.is_over());
            state.ending.push(task);
        }
        old.shared.changed.raise();
    }
}

impl QueryClient {
    /// Runs a task for each entry under a prefix, those that are there and those that come, for as long as it is cached:
    /// the place for a socket that pushes what the entry shows.
    ///
    /// An entry has one task, however many observers it has; it leaves its [`gc_time`](crate::QueryOptions::gc_time) after
    /// the last of them. The future of the task is dropped then, and with it what it holds, unless it has called
    /// [`CachedEntry::removed`]. The client owns the tasks: they end with the subscription and with the client.
    ///
    /// # Examples
    ///
    /// ```
    /// use query_runtime::{CachedEntry, QueryClient, QueryKey};
    ///
    /// # struct Socket;
    /// # impl Socket { async fn open(_: &QueryKey) -> Self { Socket } async fn next(&mut self) -> Option<u64> { None } }
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// let client = QueryClient::builder().build();
    /// let prices = client.while_cached(QueryKey::new(["price"]), |entry: CachedEntry| async move {
    ///     let mut socket = Socket::open(entry.key()).await;
    ///     while let (Some(price), Ok(client)) = (socket.next().await, entry.client()) {
    ///         client.set(&entry.typed_key::<u64>(), price);
    ///     }
    /// });
    /// # drop(prices);
    /// # });
    /// ```
    pub fn while_cached<F, Fut>(&self, prefix: impl Into<KeyPrefix>, task: F) -> Subscription
    where
        F: Fn(CachedEntry) -> Fut + MaybeSend + MaybeSync + 'static,
        Fut: Future<Output = ()> + MaybeSend + 'static,
    {
        let core = self.core();
        let keeper = Arc::new(Keeper {
            core: Arc::downgrade(core),
            prefix: prefix.into(),
            task: Arc::new(task),
            state: Mutex::default(),
        });
        let hears = keeper.clone();
        let slot = core.listen(Arc::new(move |event| hears.hear(event)));
        for published in core.published_under(keeper.prefix.as_key()) {
            keeper.follow(&published.snapshot.key);
        }
        let from: Weak<Core> = Arc::downgrade(core);
        Subscription::new(from, slot)
    }
}
