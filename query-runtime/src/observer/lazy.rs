//! How does a program fetch a query only when it says so, and with what it says then?

use std::{fmt, future::Future, sync::Arc};

use crate::{
    error::QueryError,
    marker::{MaybeSend, MaybeSync},
    observer::{QueryObserver, deliver, result::QueryResult, watch::Shows},
    options::{QueryData, QueryOptions},
    shell::Core,
    signal::{Signal, Subscription, lock},
    status::{FetchStatus, RefetchWhen},
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

/// Makes the options of a query out of arguments.
trait Make<A, T>: MaybeSend + MaybeSync {
    fn options(&self, arguments: A) -> QueryOptions<T>;
}

impl<A, T, F: Fn(A) -> QueryOptions<T> + MaybeSend + MaybeSync> Make<A, T> for F {
    fn options(&self, arguments: A) -> QueryOptions<T> {
        self(arguments)
    }
}

/// What is looked at since the last call.
struct Active<A, T: QueryData> {
    /// The last call: its number, its arguments and what they name.
    call: (u64, A, QueryOptions<T>),
    observer: Arc<QueryObserver<T>>,
    /// Lets the query hear of what the observer shows; dropping it ends that.
    subscription: Arc<Subscription>,
}

impl<A: Clone, T: QueryData> Clone for Active<A, T> {
    fn clone(&self) -> Self {
        Self { call: self.call.clone(), observer: self.observer.clone(), subscription: self.subscription.clone() }
    }
}

impl<A, T: QueryData> Active<A, T> {
    /// Returns whether nobody has called since.
    fn is_at(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.observer, &other.observer) && self.call.0 == other.call.0
    }
}

/// What is shown: what the last call looks at.
struct Source<A, T: QueryData> {
    active: Mutex<Option<Active<A, T>>>,
    signal: Arc<Signal>,
    is_over: AtomicBool,
}

impl<A: Clone + Send + 'static, T: QueryData> Shows for Source<A, T> {
    type Shown = QueryResult<T>;

    fn signal(&self) -> &Arc<Signal> {
        &self.signal
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
    }

    fn shown(&self) -> QueryResult<T> {
        let active = lock(&self.active).clone();
        active.map_or_else(QueryResult::default, |active| active.observer.peek())
    }

    fn is_same(&self, one: &QueryResult<T>, two: &QueryResult<T>) -> bool {
        one.shows_same(two)
    }
}

/// A query that waits until it is called, and then looks at what the last arguments name: a search, a check of a form.
///
/// Before the first call it shows a pending result and keeps nothing in the cache. From then on it is as any observer:
/// invalidations, focus and intervals fetch again. Dropping it ends it.
///
/// # Examples
///
/// ```
/// use query_runtime::{FetchContext, Key, QueryClient, QueryError, QueryKey, QueryOptions};
///
/// fn square(number: u64) -> QueryOptions<u64> {
///     let fetch = move |_: FetchContext| async move { Ok::<_, QueryError>(number * number) };
///     QueryOptions::new(Key::typed(QueryKey::under(&["square"]).value(&number).build()), fetch)
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let client = QueryClient::builder().build();
/// let squares = client.lazy(square);
/// assert!(squares.current().data.is_none());
/// assert_eq!(*squares.trigger(4).await?, 16);
/// assert_eq!(squares.current().data.as_deref(), Some(&16));
/// # Ok::<(), QueryError>(())
/// # });
/// ```
pub struct LazyQuery<A, T: QueryData> {
    core: Arc<Core>,
    make: Box<dyn Make<A, T>>,
    source: Arc<Source<A, T>>,
    /// What was shown when `current` or `changed` was called last.
    seen: Mutex<Option<QueryResult<T>>>,
}

impl<A, T: QueryData> fmt::Debug for LazyQuery<A, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("LazyQuery").finish_non_exhaustive()
    }
}

impl<A, T> LazyQuery<A, T>
where
    A: Clone + Send + 'static,
    T: QueryData,
{
    pub(crate) fn new(core: Arc<Core>, make: impl Fn(A) -> QueryOptions<T> + MaybeSend + MaybeSync + 'static) -> Self {
        let source = Source { active: Mutex::default(), signal: Arc::default(), is_over: AtomicBool::new(false) };
        Self { core, make: Box::new(make), source: Arc::new(source), seen: Mutex::default() }
    }

    /// Looks at what the arguments name and fetches it, fresh or not; a fetch of it that runs is joined.
    ///
    /// # Errors
    ///
    /// The future ends with the error of the fetch.
    ///
    /// # Cancel safety
    ///
    /// It has acted already: dropping the future gives up waiting. A future that is kept outlives this and later calls.
    pub fn trigger(
        &self,
        arguments: A,
    ) -> impl Future<Output = Result<Arc<T>, QueryError>> + MaybeSend + 'static + use<A, T> {
        self.look(arguments, true)
    }

    /// Looks at what the arguments name and fetches it only where nothing is cached.
    ///
    /// # Errors
    ///
    /// The future ends with the error of the fetch.
    ///
    /// # Cancel safety
    ///
    /// It has acted already: dropping the future gives up waiting. A future that is kept outlives this and later calls.
    pub fn ensure(
        &self,
        arguments: A,
    ) -> impl Future<Output = Result<Arc<T>, QueryError>> + MaybeSend + 'static + use<A, T> {
        self.look(arguments, false)
    }

    fn look(
        &self,
        arguments: A,
        fetches: bool,
    ) -> impl Future<Output = Result<Arc<T>, QueryError>> + MaybeSend + 'static + use<A, T> {
        let last = arguments.clone();
        let options = self.make.options(arguments);
        let options = if fetches { options } else { options.refetch_on_mount(RefetchWhen::Never) };
        // Who awaits the call keeps what it asked for, whatever is asked for later.
        let own = QueryObserver::new(self.core.clone(), options.clone().refetch_on_mount(RefetchWhen::Never));
        let started = fetches.then(|| own.join_refetch());
        self.show(&last, &options);
        self.source.signal.raise();
        async move {
            if let Some(started) = started {
                started.outcome().await?;
            }
            let mut shown = own.current();
            // A fetch that is paused, or that something else has begun meanwhile, may still bring what was asked for.
            while shown.fetch_status != FetchStatus::Idle && (fetches || shown.data.is_none() || shown.is_placeholder) {
                shown = own.changed().await;
            }
            let data = shown.data.filter(|_| !shown.is_placeholder);
            match shown.error {
                // Data of before an error is what `ensure` asks for.
                Some(error) if fetches || data.is_none() => Err(error),
                _ => data.ok_or_else(QueryError::cancelled),
            }
        }
    }

    /// Lets what is shown be what these options name, unless a later call is faster.
    fn show(&self, arguments: &A, options: &QueryOptions<T>) {
        loop {
            let known = lock(&self.source.active).clone();
            let Some(known) = known else {
                let observer = Arc::new(QueryObserver::new(self.core.clone(), options.clone()));
                let signal = self.source.signal.clone();
                let subscription = Arc::new(observer.subscribe(move |_| signal.raise()));
                let new = Active { call: (0, arguments.clone(), options.clone()), observer, subscription };
                let mut active = lock(&self.source.active);
                if active.is_none() {
                    *active = Some(new);
                    return;
                }
                drop(active);
                continue;
            };
            let call = (known.call.0 + 1, arguments.clone(), options.clone());
            let old = {
                let mut active = lock(&self.source.active);
                active.as_mut().filter(|now| now.is_at(&known)).map(|now| std::mem::replace(&mut now.call, call))
            };
            if old.is_some() {
                return self.catch_up(&known.observer);
            }
        }
    }

    /// Lets an observer look at what the last call named, whoever called.
    fn catch_up(&self, observer: &Arc<QueryObserver<T>>) {
        let last = || lock(&self.source.active).clone().filter(|active| Arc::ptr_eq(&active.observer, observer));
        while let Some(Active { call: (number, _, options), .. }) = last() {
            observer.set_options(options);
            if last().is_none_or(|active| active.call.0 == number) {
                return;
            }
        }
    }

    /// Returns what the last arguments show now; a pending result where there were none.
    pub fn current(&self) -> QueryResult<T> {
        let result = self.source.shown();
        let old = lock(&self.seen).replace(result.clone());
        drop(old);
        result
    }

    /// Waits until it shows something else than what `current` or this returned last, and returns that.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when the future is dropped: the next one returns the change.
    pub async fn changed(&self) -> QueryResult<T> {
        loop {
            let version = self.source.signal.version();
            let result = self.source.shown();
            let seen = lock(&self.seen).clone();
            if seen.is_none_or(|seen| !seen.shows_same(&result)) {
                let old = lock(&self.seen).replace(result.clone());
                drop(old);
                return result;
            }
            self.source.signal.changed(version).await;
        }
    }

    /// Calls a function with what is shown after each change, until the subscription is dropped.
    ///
    /// It is called outside of every lock, never twice at once, and may do anything.
    pub fn subscribe(&self, callback: impl Fn(&QueryResult<T>) + MaybeSend + MaybeSync + 'static) -> Subscription {
        deliver::subscribe(&self.source, callback)
    }

    /// Returns the arguments of the last call.
    pub fn arguments(&self) -> Option<A> {
        lock(&self.source.active).as_ref().map(|active| active.call.1.clone())
    }

    /// Goes back to before the first call. What was fetched stays in the cache for its time.
    pub fn reset(&self) {
        let old = lock(&self.source.active).take();
        drop(old);
        self.source.signal.raise();
    }
}

impl<A, T: QueryData> Drop for LazyQuery<A, T> {
    fn drop(&mut self) {
        self.source.is_over.store(true, Ordering::Release);
        let old = lock(&self.source.active).take();
        drop(old);
        self.source.signal.close();
    }
}
