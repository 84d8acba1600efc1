//! Who owns the heart and carries out what it decides, and what does everything typed stand on?
//!
//! Below this, everything is data; above, everything has the types of the program. The client's own methods are in `client`.

mod alarm;
mod context;
pub(crate) mod core;
mod counters;
mod defaults;
mod fence;
mod functions;
mod lanes;
mod naming;
mod published;
mod reading;
mod rules;
mod sending;
mod settings;
mod settled;
mod tasks;
mod watermark;

use std::{
    fmt,
    sync::{Arc, OnceLock, PoisonError},
};

pub(crate) use self::{
    context::{AbortGuard, ErasedFetch, FetchFn, erase},
    core::Core,
    counters::{Count, Counters},
    defaults::DefaultsByPrefix,
    lanes::{Lanes, Rank},
    published::Published,
    reading::{is_stale, served, typed},
    rules::{Rule, Rules},
    sending::{ErasedRun, PortableRun, ShownRun},
    settings::{Settings, setters},
    tasks::{Waiter, WaiterSlot, caught},
    watermark::Watermarks,
};
pub use self::{
    context::{AbortSignal, FetchContext},
    defaults::QueryDefaults,
    settled::Settled,
};
use crate::{key::QueryKey, sync::RwLock};

/// A cache of server data, and what fetches and changes it. Cloning shares it.
///
/// Make one for each application, or on a server for each request, and hand it to whoever needs it. It ends with its last
/// clone and observer: what still runs then is given up.
///
/// # Examples
///
/// ```
/// use query_runtime::{FetchContext, Key, QueryClient, QueryError, QueryKey, QueryOptions};
///
/// async fn answer(_: FetchContext) -> Result<u32, QueryError> {
///     Ok(42)
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let client = QueryClient::builder().build();
/// let key: Key<u32> = Key::typed(QueryKey::new(["answer"]));
///
/// let observer = client.observe(QueryOptions::new(key.clone(), answer));
/// assert!(observer.current().is_loading());
/// assert_eq!(observer.settled().await.data.as_deref(), Some(&42));
/// assert_eq!(client.get(&key).as_deref(), Some(&42));
/// # });
/// ```
#[derive(Clone)]
pub struct QueryClient {
    core: Arc<Core>,
}

/// What all clones of a client share beside the cache.
#[derive(Default)]
pub(crate) struct Shared {
    pub(crate) defaults: RwLock<DefaultsByPrefix>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) lanes: Arc<Lanes>,
    /// The defaults of mutations: those of the client first.
    pub(crate) mutation_defaults: Rules,
    /// What hears of all mutations.
    pub(crate) mutation_callbacks: OnceLock<Arc<dyn Rule>>,
}

impl Shared {
    /// Completes the settings of a key by the defaults.
    pub(crate) fn settings(&self, key: &QueryKey, own: Settings) -> Settings {
        self.defaults.read().unwrap_or_else(PoisonError::into_inner).complete(key, own)
    }
}

impl Shared {
    /// Sets what hears of all mutations, once.
    #[cfg_attr(
        all(target_family = "wasm", target_os = "unknown"),
        expect(clippy::arc_with_non_send_sync, reason = "in the browser, futures and callbacks stay on one thread")
    )]
    pub(crate) fn set_mutation_callbacks(&self, callbacks: impl Rule + 'static) {
        self.mutation_callbacks.get_or_init(|| Arc::new(callbacks));
    }
}

impl fmt::Debug for QueryClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("QueryClient").finish_non_exhaustive()
    }
}

impl QueryClient {
    pub(crate) fn from_core(core: Arc<Core>) -> Self {
        Self { core }
    }

    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.core
    }
}
