//! How does a program look at a list that grows page by page?

use std::{
    fmt,
    future::Future,
    ops::Deref,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use futures_core::Stream;

use crate::{
    heart::Direction,
    marker::{MaybeSend, MaybeSync},
    observer::{QueryObserver, result::QueryResult, stream::QueryStream},
    options::{InfiniteOptions, PageSource, QueryData},
    page::InfiniteData,
    shell::{Core, Settled},
    signal::{Subscription, lock},
};

/// What an observer of an infinite query shows.
///
/// It derefs to the [`QueryResult`] of the pages.
pub struct InfiniteResult<T, P> {
    /// What is shown of the pages.
    pub query: QueryResult<InfiniteData<T, P>>,
    /// Whether there is a page after the last one.
    pub has_next_page: bool,
    /// Whether there is a page before the first one.
    pub has_previous_page: bool,
}

impl<T, P> Clone for InfiniteResult<T, P> {
    fn clone(&self) -> Self {
        Self { query: self.query.clone(), has_next_page: self.has_next_page, has_previous_page: self.has_previous_page }
    }
}

impl<T, P> fmt::Debug for InfiniteResult<T, P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("InfiniteResult")
            .field("query", &self.query)
            .field("has_next_page", &self.has_next_page)
            .field("has_previous_page", &self.has_previous_page)
            .finish()
    }
}

impl<T, P> Deref for InfiniteResult<T, P> {
    type Target = QueryResult<InfiniteData<T, P>>;

    fn deref(&self) -> &Self::Target {
        &self.query
    }
}

impl<T, P> InfiniteResult<T, P> {
    fn of(query: QueryResult<InfiniteData<T, P>>, source: &PageSource<T, P>) -> Self {
        let data = query.data.as_deref();
        let has_next_page = data.is_some_and(|data| source.next(data).is_some());
        let has_previous_page = data.is_some_and(|data| source.previous(data).is_some());
        Self { query, has_next_page, has_previous_page }
    }

    /// Returns whether the next page is being fetched.
    pub fn is_fetching_next_page(&self) -> bool {
        self.query.is_fetching() && self.query.direction == Direction::Next
    }

    /// Returns whether the previous page is being fetched.
    pub fn is_fetching_previous_page(&self) -> bool {
        self.query.is_fetching() && self.query.direction == Direction::Previous
    }

    /// Returns whether the next page could not be fetched.
    pub fn is_fetch_next_page_error(&self) -> bool {
        self.query.is_error() && self.query.direction == Direction::Next
    }

    /// Returns whether the previous page could not be fetched.
    pub fn is_fetch_previous_page_error(&self) -> bool {
        self.query.is_error() && self.query.direction == Direction::Previous
    }

    /// Returns whether all pages are fetched again.
    pub fn is_refetching(&self) -> bool {
        self.query.is_refetching() && self.query.direction == Direction::Whole
    }

    /// Returns whether the pages could not be fetched again.
    pub fn is_refetch_error(&self) -> bool {
        self.query.is_refetch_error() && self.query.direction == Direction::Whole
    }
}

/// Looks at an infinite query. Dropping it ends it.
pub struct InfiniteObserver<T: QueryData, P: QueryData + Clone> {
    observer: QueryObserver<InfiniteData<T, P>>,
    source: Arc<Mutex<Arc<PageSource<T, P>>>>,
}

impl<T: QueryData, P: QueryData + Clone> fmt::Debug for InfiniteObserver<T, P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("InfiniteObserver").field("observer", &self.observer).finish_non_exhaustive()
    }
}

impl<T: QueryData, P: QueryData + Clone> InfiniteObserver<T, P> {
    pub(crate) fn new(core: Arc<Core>, options: InfiniteOptions<T, P>) -> Self {
        let (query, source) = options.into_query();
        Self { observer: QueryObserver::new(core, query), source: Arc::new(Mutex::new(source)) }
    }

    fn result(&self, query: QueryResult<InfiniteData<T, P>>) -> InfiniteResult<T, P> {
        let source = lock(&self.source).clone();
        InfiniteResult::of(query, &source)
    }

    /// Returns what it shows now.
    pub fn current(&self) -> InfiniteResult<T, P> {
        self.result(self.observer.current())
    }

    /// Waits until it shows something else than what `current` or this returned last, and returns that.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when the future is dropped: the next one returns the change.
    pub async fn changed(&self) -> InfiniteResult<T, P> {
        let query = self.observer.changed().await;
        self.result(query)
    }

    /// Returns a stream of what it shows: first what it shows now, then each change. It ends with the observer.
    pub fn stream(&self) -> InfiniteStream<T, P> {
        InfiniteStream { stream: self.observer.stream(), source: self.source.clone() }
    }

    /// Calls a function with what it shows after each change, until the subscription is dropped.
    ///
    /// It is called outside of every lock, never twice at once, and may do anything, also drop this observer.
    pub fn subscribe(
        &self,
        callback: impl Fn(&InfiniteResult<T, P>) + MaybeSend + MaybeSync + 'static,
    ) -> Subscription {
        let source = self.source.clone();
        self.observer.subscribe(move |query| {
            let source = lock(&source).clone();
            callback(&InfiniteResult::of(query.clone(), &source));
        })
    }

    /// Waits until there is data or an error, or no fetch is under way that could bring any, and returns what is shown then.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives up waiting.
    pub fn settled(&self) -> impl Future<Output = InfiniteResult<T, P>> + MaybeSend + 'static + use<T, P> {
        let (settled, source) = (self.observer.settled(), self.source.clone());
        async move {
            let query = settled.await;
            let source = lock(&source).clone();
            InfiniteResult::of(query, &source)
        }
    }

    /// Fetches all pages again, one after the other.
    pub fn refetch(&self) -> Settled {
        self.observer.refetch()
    }

    /// Fetches the page after the last one; nothing if there is none. A refetch that runs is given up for it.
    pub fn fetch_next_page(&self) -> Settled {
        self.fetch_beside(Direction::Next)
    }

    /// Fetches the page before the first one; nothing if there is none. A refetch that runs is given up for it.
    pub fn fetch_previous_page(&self) -> Settled {
        self.fetch_beside(Direction::Previous)
    }

    fn fetch_beside(&self, direction: Direction) -> Settled {
        let target = self.observer.target();
        let shown = self.result(self.observer.peek());
        let has_data = shown.query.data.as_ref().is_some_and(|data| !data.pages.is_empty());
        if !has_data || shown.query.is_placeholder {
            return target.fetch(Direction::Whole, false);
        }
        let there_is = if direction == Direction::Next { shown.has_next_page } else { shown.has_previous_page };
        if !there_is {
            return Settled::default();
        }
        // Scrolling asks again and again: a page that is under way is not begun anew.
        let replace = target.fetching() != Some(direction);
        target.fetch(direction, replace)
    }

    /// Changes the options, and with them perhaps the query that it looks at.
    pub fn set_options(&self, options: InfiniteOptions<T, P>) {
        let (query, source) = options.into_query();
        let old = std::mem::replace(&mut *lock(&self.source), source);
        drop(old);
        self.observer.set_options(query);
    }
}

/// What an observer of an infinite query shows: first what it shows now, then each change.
pub struct InfiniteStream<T: QueryData, P: QueryData + Clone> {
    stream: QueryStream<InfiniteData<T, P>>,
    source: Arc<Mutex<Arc<PageSource<T, P>>>>,
}

impl<T: QueryData, P: QueryData + Clone> fmt::Debug for InfiniteStream<T, P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("InfiniteStream").finish_non_exhaustive()
    }
}

impl<T: QueryData, P: QueryData + Clone> Stream for InfiniteStream<T, P> {
    type Item = InfiniteResult<T, P>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<InfiniteResult<T, P>>> {
        let this = self.get_mut();
        Pin::new(&mut this.stream).poll_next(context).map(|next| {
            let source = lock(&this.source).clone();
            next.map(|query| InfiniteResult::of(query, &source))
        })
    }
}
