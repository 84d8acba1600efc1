//! How does a program look at a query and hear when it changes?
//!
//! What an observer shows is computed outside of every lock, from what the cache has published and the observer's own
//! options, and compared with what it showed before: equal results notify nobody.

mod deliver;
mod infinite;
mod lazy;
mod many;
mod result;
mod seen;
mod select;
mod stream;
mod target;
mod view;
mod watch;

use std::{fmt, future::Future, sync::Arc};

pub(crate) use self::watch::Shows;
pub use self::{
    infinite::{InfiniteObserver, InfiniteResult, InfiniteStream},
    lazy::LazyQuery,
    many::{QueriesObserver, QueriesStream},
    result::QueryResult,
    select::Select,
    stream::QueryStream,
    watch::{Watch, WatchStream},
};
use self::{
    target::{Attached, Target},
    view::View,
    watch::Part,
};
use crate::{
    error::QueryError,
    heart::Direction,
    marker::{MaybeSend, MaybeSync},
    options::{QueryData, QueryOptions},
    shell::{Core, Settled},
    signal::Subscription,
};

/// Looks at a query: keeps it in the cache, fetches what is missing or stale, and shows an `R` made of its `T`.
///
/// It begins when it is made. Dropping it ends it: a fetch that nobody else wants is given up then.
pub struct QueryObserver<T: QueryData, R: QueryData = T> {
    view: Arc<View<T, R>>,
    /// Ends the observer when it is dropped.
    attached: Attached<T>,
}

impl<T: QueryData, R: QueryData> fmt::Debug for QueryObserver<T, R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("QueryObserver").field("key", &self.view.target.key()).finish_non_exhaustive()
    }
}

impl<T: QueryData> QueryObserver<T> {
    pub(crate) fn new(core: Arc<Core>, options: QueryOptions<T>) -> Self {
        let target = Arc::new(Target::new(core, options));
        let view = Arc::new(View::new(target.clone(), Select::whole()));
        let attached = Attached::new(target, view.clone());
        Self { view, attached }
    }
}

impl<T: QueryData, R: QueryData> QueryObserver<T, R> {
    /// Shows a projection of the data instead. It is computed anew only when the data has changed, and an equal outcome
    /// notifies nobody.
    #[must_use]
    pub fn select<R2: QueryData>(
        self,
        select: impl Fn(&T) -> R2 + MaybeSend + MaybeSync + 'static,
    ) -> QueryObserver<T, R2> {
        self.select_with(Select::new(select))
    }

    /// Shows a projection that can fail. A failure is this observer's error and nobody else's; what was shown before stays.
    #[must_use]
    pub fn try_select<R2: QueryData>(
        self,
        select: impl Fn(&T) -> Result<R2, QueryError> + MaybeSend + MaybeSync + 'static,
    ) -> QueryObserver<T, R2> {
        self.select_with(Select::fallible(select))
    }

    /// Shows the data through a projection that can be exchanged later.
    #[must_use]
    pub fn select_with<R2: QueryData>(self, select: Select<T, R2>) -> QueryObserver<T, R2> {
        let view = Arc::new(View::new(self.view.target.clone(), select));
        self.attached.show(view.clone());
        view.refresh();
        QueryObserver { view, attached: self.attached }
    }

    /// Returns what it shows now.
    pub fn current(&self) -> QueryResult<R> {
        self.view.current()
    }

    /// Waits until it shows something else than what `current` or this returned last, and returns that.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when the future is dropped: the next one returns the change.
    pub async fn changed(&self) -> QueryResult<R> {
        loop {
            let version = self.view.target.signal.version();
            if let Some(result) = self.view.unseen() {
                return result;
            }
            self.view.target.signal.changed(version).await;
        }
    }

    /// Returns a stream of what it shows: first what it shows now, then each change. It ends with the observer.
    ///
    /// Who is slow misses what was shown in between, never the newest.
    pub fn stream(&self) -> QueryStream<T, R> {
        QueryStream::new(self.view.clone())
    }

    /// Calls a function with what it shows after each change, until the subscription is dropped.
    ///
    /// It is called outside of every lock, never twice at once, and may do anything, also drop this observer.
    pub fn subscribe(&self, callback: impl Fn(&QueryResult<R>) + MaybeSend + MaybeSync + 'static) -> Subscription {
        deliver::subscribe(&self.view, callback)
    }

    /// Returns one value that is made of what it shows: whoever looks at that hears only of changes of the value.
    ///
    /// Unlike [`changed`](Self::changed), [`stream`](Self::stream) and [`subscribe`](Self::subscribe), where times and counts
    /// are no change, a value may be made of those too.
    pub fn watch<P: QueryData>(
        &self,
        part: impl Fn(&QueryResult<R>) -> P + MaybeSend + MaybeSync + 'static,
    ) -> Watch<P> {
        Watch::new(Part::new(self.view.clone(), part))
    }

    /// Waits until there is data or an error, or no fetch is under way that could bring any, and returns what is shown then.
    ///
    /// It is a future of its own, as suspense needs one: it may outlive the observer.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives up waiting.
    pub fn settled(&self) -> impl Future<Output = QueryResult<R>> + MaybeSend + 'static + use<T, R> {
        let view = self.view.clone();
        async move {
            loop {
                let version = view.target.signal.version();
                let result = view.refresh();
                if result.is_settled() || view.target.is_closed() {
                    return result;
                }
                view.target.signal.changed(version).await;
            }
        }
    }

    /// Fetches the query now, stale or not, also if the observer is disabled. A fetch that runs is begun anew if there is
    /// data.
    pub fn refetch(&self) -> Settled {
        self.view.target.fetch(Direction::Whole, true)
    }

    /// As [`refetch`](Self::refetch), but joins a fetch that runs.
    pub fn join_refetch(&self) -> Settled {
        self.view.target.fetch(Direction::Whole, false)
    }

    /// Returns what it shows now, without noting that it was seen.
    pub(crate) fn peek(&self) -> QueryResult<R> {
        self.view.refresh()
    }

    pub(crate) fn target(&self) -> &Arc<Target<T>> {
        &self.view.target
    }

    /// Changes the options, and with them perhaps the query that it looks at.
    pub fn set_options(&self, options: QueryOptions<T>) {
        self.view.set(Some(options), None);
    }

    /// Exchanges the projection of the data.
    pub fn set_select(&self, select: Select<T, R>) {
        self.view.set(None, Some(select));
    }

    /// Changes the options and the projection in one step: nobody sees the one without the other.
    pub fn set_options_and_select(&self, options: QueryOptions<T>, select: Select<T, R>) {
        self.view.set(Some(options), Some(select));
    }
}
