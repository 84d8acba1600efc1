//! How is one query described?

use std::{any::TypeId, fmt, future::Future, sync::Arc};

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    clock::Moment,
    error::QueryError,
    heart::{Adapting, EntrySpec, Fetched, Kind, Merges, Provides, Source},
    key::{Key, QueryKey},
    marker::{BoxFuture, MaybeSend, MaybeSync},
    options::{
        FindEnds, QueryData, QueryNow,
        depending::{MakeSettings, depending},
        sharing::{codec, list_kind, plain_kind, row_kind},
    },
    page::Page,
    projection::{DetailProjector, ListProjector, RowId, RowProjector, Value},
    resource::{Entity, ListFilter, ListWindow},
    shell::{Core, ErasedFetch, FetchContext, FetchFn, QueryDefaults, Settings, erase, setters},
};

/// What an observer shows while there is no data.
pub(crate) enum Placeholder<T> {
    /// Nothing.
    None,
    /// The data that the observer has shown before, under whichever key.
    Previous,
    /// This.
    Value(Arc<T>),
    /// What a function makes of the data that was shown before, if any.
    By(Arc<dyn MakePlaceholder<T>>),
}

/// A function that makes a placeholder of the key and the data that an observer has looked at before.
pub(crate) trait MakePlaceholder<T>: MaybeSend + MaybeSync {
    /// Returns what is shown, if anything.
    fn make(&self, previous: Option<(&QueryKey, &Arc<T>)>) -> Option<Arc<T>>;
}

impl<T, F> MakePlaceholder<T> for F
where
    F: Fn(Option<(&QueryKey, &Arc<T>)>) -> Option<Arc<T>> + MaybeSend + MaybeSync,
{
    fn make(&self, previous: Option<(&QueryKey, &Arc<T>)>) -> Option<Arc<T>> {
        self(previous)
    }
}

impl<T> Placeholder<T> {
    /// Returns whether both are the same placeholder; equal values are not.
    pub(crate) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None, Self::None) | (Self::Previous, Self::Previous) => true,
            (Self::Value(one), Self::Value(two)) => Arc::ptr_eq(one, two),
            (Self::By(one), Self::By(two)) => std::ptr::addr_eq(Arc::as_ptr(one), Arc::as_ptr(two)),
            _ => false,
        }
    }
}

impl<T> Clone for Placeholder<T> {
    fn clone(&self) -> Self {
        match self {
            Self::None => Self::None,
            Self::Previous => Self::Previous,
            Self::Value(value) => Self::Value(value.clone()),
            Self::By(make) => Self::By(make.clone()),
        }
    }
}

/// What fetches a query.
#[derive(Clone)]
pub(crate) enum Fetch {
    /// This function.
    By(FetchFn),
    /// What defaults say.
    ByDefault,
    /// Nothing.
    Never,
}

/// Describes a query whose data is a `T`: its key, its function and its settings; the unit of reuse.
///
/// Generated code makes one for each query of the schema. The same options serve
/// [`observe`](crate::QueryClient::observe), [`fetch`](crate::QueryClient::fetch) and their relatives.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use query_runtime::{FetchContext, Key, QueryError, QueryKey, QueryOptions, Request};
///
/// async fn fetch_time(context: FetchContext) -> Result<String, QueryError> {
///     context.send(Request::get("/time")).await?.json()
/// }
///
/// let time = QueryOptions::new(Key::typed(QueryKey::new(["time"])), fetch_time).stale_time(Duration::from_secs(1));
/// # let _ = time;
/// ```
pub struct QueryOptions<T> {
    pub(crate) key: Key<T>,
    pub(crate) fetch: Fetch,
    pub(crate) kind: Arc<Kind>,
    pub(crate) settings: Settings,
    pub(crate) placeholder: Placeholder<T>,
    pub(crate) initial: Option<Arc<T>>,
    /// When the initial data was fetched.
    pub(crate) initial_fetched: Fetched,
    /// The row that a detail shows: its entity and its id.
    pub(crate) row: Option<(TypeId, RowId)>,
    pub(crate) from_list: bool,
    pub(crate) merges: Merges,
    /// What is beyond its pages, where it has any.
    pub(crate) ends: Option<Arc<dyn FindEnds<T>>>,
    pub(crate) provides: Option<Arc<dyn Provides>>,
    pub(crate) revalidate_if_stale: bool,
    /// What is put around the function, whichever it is.
    pub(crate) around: Option<Around>,
    /// How settings depend on the state of the query.
    pub(crate) depending: Option<Arc<dyn MakeSettings<T>>>,
}

/// Puts something around a fetch function.
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub(crate) type Around = Arc<dyn Fn(FetchFn) -> FetchFn + Send + Sync>;
/// Puts something around a fetch function.
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
pub(crate) type Around = Arc<dyn Fn(FetchFn) -> FetchFn>;

impl<T> Clone for QueryOptions<T> {
    fn clone(&self) -> Self {
        Self {
            key: self.key.clone(),
            fetch: self.fetch.clone(),
            kind: self.kind.clone(),
            settings: self.settings.clone(),
            placeholder: self.placeholder.clone(),
            initial: self.initial.clone(),
            initial_fetched: self.initial_fetched,
            row: self.row.clone(),
            from_list: self.from_list,
            merges: self.merges.clone(),
            ends: self.ends.clone(),
            provides: self.provides.clone(),
            revalidate_if_stale: self.revalidate_if_stale,
            around: self.around.clone(),
            depending: self.depending.clone(),
        }
    }
}

impl<T> fmt::Debug for QueryOptions<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("QueryOptions")
            .field("key", &self.key)
            .field("has_function", &matches!(self.fetch, Fetch::By(_)))
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl<T: QueryData> QueryOptions<T> {
    /// Describes a query by its key and the function that fetches it.
    pub fn new<F, Fut>(key: Key<T>, fetch: F) -> Self
    where
        F: Fn(FetchContext) -> Fut + MaybeSend + MaybeSync + 'static,
        Fut: Future<Output = Result<T, QueryError>> + MaybeSend + 'static,
    {
        Self::of(key, Fetch::By(erase(fetch)), plain_kind::<T>())
    }

    /// Describes a query by its key alone: the function that fetches it is the one of the
    /// [`QueryDefaults`](crate::QueryDefaults::fetch) for its type, or of whoever has observed or fetched it before.
    pub fn by_default(key: Key<T>) -> Self {
        Self::of(key, Fetch::ByDefault, plain_kind::<T>())
    }

    /// Describes a query that cannot be fetched, at least not yet: it shows what the cache holds, as if it was not
    /// [`enabled`](Self::enabled) (what `skipToken` does elsewhere). With options that have a function, its observer fetches.
    pub fn cached(key: Key<T>) -> Self {
        Self::of(key, Fetch::Never, plain_kind::<T>())
    }

    pub(crate) fn of(key: Key<T>, fetch: Fetch, kind: Arc<Kind>) -> Self {
        Self {
            key,
            fetch,
            kind,
            settings: Settings::default(),
            placeholder: Placeholder::None,
            initial: None,
            initial_fetched: Fetched::Now,
            row: None,
            from_list: false,
            merges: Merges::default(),
            ends: None,
            provides: None,
            revalidate_if_stale: false,
            around: None,
            depending: None,
        }
    }

    setters!(settings);

    /// Lets settings depend on the state of the query: what the function says wins over what the options say.
    ///
    /// It counts for what an observer does: `enabled`, `stale_time`, `refetch_on_…`, `retry_on_mount`, `refetch_interval`. The
    /// function is called after each change of the query and must depend on nothing else; should it panic, what it said
    /// before holds on.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use query_runtime::{QueryDefaults, QueryOptions};
    ///
    /// /// Asks every second until the job is done.
    /// fn polled(job: QueryOptions<bool>) -> QueryOptions<bool> {
    ///     job.settings_by(|job| match job.data {
    ///         Some(true) => QueryDefaults::new(),
    ///         _ => QueryDefaults::new().refetch_interval(Duration::from_secs(1)),
    ///     })
    /// }
    /// # let _ = polled;
    /// ```
    #[must_use]
    pub fn settings_by(
        mut self,
        make: impl Fn(&QueryNow<'_, T>) -> QueryDefaults + MaybeSend + MaybeSync + 'static,
    ) -> Self {
        self.depending = Some(Arc::new(make));
        self
    }

    /// Shows the data of the key that the observer looked at before, until there is some for the new one.
    #[must_use]
    pub fn keep_previous(mut self) -> Self {
        self.placeholder = Placeholder::Previous;
        self
    }

    /// Shows this until there is data. It is never put into the cache.
    #[must_use]
    pub fn placeholder(mut self, placeholder: T) -> Self {
        self.placeholder = Placeholder::Value(Arc::new(placeholder));
        self
    }

    /// Shows what a function makes until there is data, if it makes anything. It is given the key and the data that the
    /// observer has looked at before.
    #[must_use]
    pub fn placeholder_by(
        mut self,
        make: impl Fn(Option<(&QueryKey, &Arc<T>)>) -> Option<Arc<T>> + MaybeSend + MaybeSync + 'static,
    ) -> Self {
        self.placeholder = Placeholder::By(Arc::new(make));
        self
    }

    /// Puts this into the cache where there is no data; it counts as fetched just now.
    #[must_use]
    pub fn initial_data(mut self, initial: T) -> Self {
        self.initial = Some(Arc::new(initial));
        self
    }

    /// Says when the initial data was fetched: at a moment of the client's clock, or never (`None`), so that it is stale at
    /// once. *Default*: when it comes into the cache.
    #[must_use]
    pub fn initial_data_updated_at(mut self, at: impl Into<Option<Moment>>) -> Self {
        self.initial_fetched = at.into().into();
        self
    }

    /// Sets whether [`ensure`](crate::QueryClient::ensure) also fetches data that it returns although it is stale, in the
    /// background. *Default*: no.
    #[must_use]
    pub fn revalidate_if_stale(mut self, revalidate: bool) -> Self {
        self.revalidate_if_stale = revalidate;
        self
    }

    /// Lets a detail without data begin with the row that a cached list has, as old as that list.
    #[must_use]
    pub fn from_list(mut self) -> Self {
        self.from_list = true;
        self
    }

    /// Says that the data can be written as JSON and read again: only such data is dehydrated, persisted and broadcast
    /// (as JSON), and data that came from elsewhere becomes a `T` when options that say this come.
    #[must_use]
    pub fn serializable(mut self) -> Self
    where
        T: Serialize + DeserializeOwned,
    {
        self.kind = Arc::new(self.kind.with_codec(codec::<T>()));
        self
    }

    /// Returns the key.
    pub fn key(&self) -> &Key<T> {
        &self.key
    }

    /// Returns what the entry is told, and the function that fetches it, given the settings that defaults have completed.
    pub(crate) fn entry_spec(&self, settings: &Settings) -> (EntrySpec, Option<FetchFn>) {
        let (source, function) = match &self.fetch {
            Fetch::By(function) => (Source::Given, Some(function.clone())),
            Fetch::Never => (Source::Skipped, None),
            Fetch::ByDefault => settings.function(TypeId::of::<T>()),
        };
        let function = function.map(|function| match &self.around {
            Some(around) => around(function),
            None => function,
        });
        let initial = self.initial.as_ref().map(|value| (value.clone() as Value, self.initial_fetched));
        let (merges, provides) = (self.merges.clone(), self.provides.clone());
        (EntrySpec { initial, merges, provides, ..settings.entry_spec(source) }, function)
    }

    /// Returns how the settings depend on the state of the query.
    pub(crate) fn adapting(&self, settings: &Settings, entry: &EntrySpec) -> Option<Adapting> {
        let make = self.depending.clone()?;
        Some(depending(self.key.untyped().clone(), make, settings.clone(), entry.clone()))
    }

    /// Returns whether an observer fetches of itself, given the settings that defaults have completed.
    pub(crate) fn is_enabled(&self, settings: &Settings) -> bool {
        settings.is_enabled() && !matches!(self.fetch, Fetch::Never)
    }
}

impl<E: Entity> QueryOptions<E> {
    /// Describes a query of its own kind whose result is a row: changes of that row show in it.
    pub fn row<F, Fut>(key: Key<E>, fetch: F) -> Self
    where
        F: Fn(FetchContext) -> Fut + MaybeSend + MaybeSync + 'static,
        Fut: Future<Output = Result<E, QueryError>> + MaybeSend + 'static,
    {
        Self::of(key, Fetch::By(erase(fetch)), row_kind::<E>(RowProjector::<E>::new()))
    }

    /// Describes the detail of the row with this id.
    #[expect(clippy::needless_pass_by_value, reason = "generated code hands over what it owns; ids are small")]
    pub fn detail<F, Fut>(key: Key<E>, id: E::Id, fetch: F) -> Self
    where
        F: Fn(FetchContext) -> Fut + MaybeSend + MaybeSync + 'static,
        Fut: Future<Output = Result<E, QueryError>> + MaybeSend + 'static,
    {
        let row = Some((TypeId::of::<E>(), RowId::new::<E>(&id)));
        let kind = row_kind::<E>(DetailProjector::<E>::new(&id));
        Self { row, ..Self::of(key, Fetch::By(erase(fetch)), kind) }
    }

    /// Also writes each fetched row to its detail.
    #[must_use]
    pub fn writes(mut self, detail: fn(&E) -> Key<E>) -> Self {
        if let Fetch::By(fetch) = self.fetch {
            self.fetch = Fetch::By(Arc::new(Writes { fetch, detail }));
        }
        self
    }
}

impl<E: Entity> QueryOptions<Page<E>> {
    /// Describes a window of the list with this filter.
    pub fn list<F, Fut>(key: Key<Page<E>>, filter: impl ListFilter<E>, window: ListWindow, fetch: F) -> Self
    where
        F: Fn(FetchContext) -> Fut + MaybeSend + MaybeSync + 'static,
        Fut: Future<Output = Result<Page<E>, QueryError>> + MaybeSend + 'static,
    {
        Self::of(key, Fetch::By(erase(fetch)), list_kind::<E>(ListProjector::new(filter, window)))
    }
}

/// A fetch function whose results are also written to their details.
struct Writes<E> {
    fetch: FetchFn,
    detail: fn(&E) -> Key<E>,
}

impl<E: Entity> ErasedFetch for Writes<E> {
    fn call(&self, context: FetchContext) -> BoxFuture<'static, Result<Value, QueryError>> {
        let detail = self.detail;
        let future = self.fetch.call(context.clone());
        Box::pin(async move {
            let value = future.await?;
            if let (Some(row), Some(core)) = (value.downcast_ref::<E>(), context.core.upgrade()) {
                let key = detail(row).into_untyped();
                let kind = row_kind::<E>(DetailProjector::<E>::new(row.id()));
                let settings = core.shared.settings(&key, Settings::default());
                let (source, function) = settings.function(TypeId::of::<E>());
                let (spec, owner) = (settings.entry_spec(source), core.clone());
                let (fetch, value) = (context.of.fetch, value.clone());
                core.run(move |heart, now| {
                    if let Ok(entry) = owner.known_or_new(heart, &key, &kind, &spec, function, now) {
                        heart.write_through(fetch, entry, value, now);
                    }
                });
            }
            Ok(value)
        })
    }

    fn landed(&self, core: &Arc<Core>, key: &QueryKey) {
        self.fetch.landed(core, key);
    }
}
