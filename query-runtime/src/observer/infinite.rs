//! How does a program look at a list that grows page by page?

use std::{
    fmt,
    future::Future,
    ops::Deref,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures_core::Stream;

use crate::{
    error::QueryError,
    heart::Direction,
    marker::{MaybeSend, MaybeSync},
    observer::{QueryObserver, result::QueryResult, select::Select, stream::QueryStream, watch::Watch},
    options::{InfiniteOptions, QueryData, QueryOptions, Size},
    page::{InfiniteData, Page},
    shell::{Core, Settled},
    signal::{Subscription, lock},
    sync::{Mutex, atomic::Ordering},
};

/// What an observer of an infinite query shows; `R` is what it makes of the pages.
///
/// It derefs to the [`QueryResult`].
pub struct InfiniteResult<R> {
    /// What is shown of the pages.
    pub query: QueryResult<R>,
    /// Whether there is a page after the last one.
    pub has_next_page: bool,
    /// Whether there is a page before the first one.
    pub has_previous_page: bool,
}

impl<R> Clone for InfiniteResult<R> {
    fn clone(&self) -> Self {
        Self { query: self.query.clone(), has_next_page: self.has_next_page, has_previous_page: self.has_previous_page }
    }
}

impl<R> fmt::Debug for InfiniteResult<R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("InfiniteResult")
            .field("query", &self.query)
            .field("size", &self.size())
            .field("has_next_page", &self.has_next_page)
            .field("has_previous_page", &self.has_previous_page)
            .finish()
    }
}

impl<R> Deref for InfiniteResult<R> {
    type Target = QueryResult<R>;

    fn deref(&self) -> &Self::Target {
        &self.query
    }
}

impl<R> From<QueryResult<R>> for InfiniteResult<R> {
    fn from(query: QueryResult<R>) -> Self {
        Self { has_next_page: query.ends.has_next, has_previous_page: query.ends.has_previous, query }
    }
}

impl<R> InfiniteResult<R> {
    /// Returns how many pages are loaded.
    pub fn size(&self) -> usize {
        self.query.ends.pages
    }

    /// Returns whether the next page is being fetched.
    pub fn is_fetching_next_page(&self) -> bool {
        self.query.is_fetching() && self.is_about_next()
    }

    /// Returns whether the previous page is being fetched.
    pub fn is_fetching_previous_page(&self) -> bool {
        self.query.is_fetching() && self.is_about_previous()
    }

    /// Returns whether the next page could not be fetched.
    pub fn is_fetch_next_page_error(&self) -> bool {
        self.query.is_error() && self.is_about_next()
    }

    /// Returns whether the previous page could not be fetched.
    pub fn is_fetch_previous_page_error(&self) -> bool {
        self.query.is_error() && self.is_about_previous()
    }

    /// Returns whether pages are fetched again.
    pub fn is_refetching(&self) -> bool {
        self.query.is_refetching() && !self.is_about_next() && !self.is_about_previous()
    }

    /// Returns whether the pages could not be fetched again.
    pub fn is_refetch_error(&self) -> bool {
        self.query.is_refetch_error() && !self.is_about_next() && !self.is_about_previous()
    }

    /// Returns whether the first pages or the next one are being fetched.
    pub fn is_loading_more(&self) -> bool {
        self.query.is_loading() || self.is_fetching_next_page()
    }

    /// Returns whether there are pages, and none after the last one.
    pub fn is_reaching_end(&self) -> bool {
        self.size() > 0 && !self.has_next_page
    }

    fn is_about_next(&self) -> bool {
        matches!(self.query.direction, Direction::Next(_))
    }

    fn is_about_previous(&self) -> bool {
        self.query.direction == Direction::Previous
    }
}

impl<E, P> InfiniteResult<InfiniteData<Page<E>, P>> {
    /// Returns whether there are pages, but no rows.
    pub fn is_empty(&self) -> bool {
        self.query.data.as_ref().is_some_and(|data| !data.pages.is_empty() && data.rows().next().is_none())
    }
}

/// Looks at an infinite query and shows an `R` made of its pages. Dropping it ends it.
pub struct InfiniteObserver<T: QueryData, P: QueryData + Clone, R: QueryData = InfiniteData<T, P>> {
    observer: QueryObserver<InfiniteData<T, P>, R>,
    size: Mutex<Size>,
}

impl<T: QueryData, P: QueryData + Clone, R: QueryData> fmt::Debug for InfiniteObserver<T, P, R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("InfiniteObserver").field("observer", &self.observer).finish_non_exhaustive()
    }
}

impl<T: QueryData, P: QueryData + Clone> InfiniteObserver<T, P> {
    pub(crate) fn new(core: Arc<Core>, options: InfiniteOptions<T, P>) -> Self {
        let size = options.size();
        let observer = QueryObserver::new(core, options.into_observed(size.clone()));
        Self { observer, size: Mutex::new(size) }
    }
}

impl<T: QueryData, P: QueryData + Clone, R: QueryData> InfiniteObserver<T, P, R> {
    /// Shows a projection of the pages instead. It is computed anew only when the pages have changed, and an equal outcome
    /// notifies nobody.
    ///
    /// What comes next is computed from the pages themselves, whatever is shown.
    #[must_use]
    pub fn select<R2: QueryData>(
        self,
        select: impl Fn(&InfiniteData<T, P>) -> R2 + MaybeSend + MaybeSync + 'static,
    ) -> InfiniteObserver<T, P, R2> {
        self.select_with(Select::new(select))
    }

    /// Shows a projection that can fail. A failure is this observer's error and nobody else's; what was shown before stays.
    #[must_use]
    pub fn try_select<R2: QueryData>(
        self,
        select: impl Fn(&InfiniteData<T, P>) -> Result<R2, QueryError> + MaybeSend + MaybeSync + 'static,
    ) -> InfiniteObserver<T, P, R2> {
        self.select_with(Select::fallible(select))
    }

    /// Shows the pages through a projection that can be exchanged later.
    #[must_use]
    pub fn select_with<R2: QueryData>(self, select: Select<InfiniteData<T, P>, R2>) -> InfiniteObserver<T, P, R2> {
        InfiniteObserver { observer: self.observer.select_with(select), size: self.size }
    }

    /// Returns what it shows now.
    pub fn current(&self) -> InfiniteResult<R> {
        self.observer.current().into()
    }

    /// Waits until it shows something else than what `current` or this returned last, and returns that.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when the future is dropped: the next one returns the change.
    pub async fn changed(&self) -> InfiniteResult<R> {
        self.observer.changed().await.into()
    }

    /// Returns a stream of what it shows: first what it shows now, then each change. It ends with the observer.
    pub fn stream(&self) -> InfiniteStream<T, P, R> {
        InfiniteStream { stream: self.observer.stream() }
    }

    /// Calls a function with what it shows after each change, until the subscription is dropped.
    ///
    /// It is called outside of every lock, never twice at once, and may do anything, also drop this observer.
    pub fn subscribe(&self, callback: impl Fn(&InfiniteResult<R>) + MaybeSend + MaybeSync + 'static) -> Subscription {
        self.observer.subscribe(move |query| callback(&query.clone().into()))
    }

    /// Returns one value that is made of what it shows: whoever looks at that hears only of changes of the value.
    pub fn watch<V: QueryData>(
        &self,
        part: impl Fn(&InfiniteResult<R>) -> V + MaybeSend + MaybeSync + 'static,
    ) -> Watch<V> {
        self.observer.watch(move |query| part(&query.clone().into()))
    }

    /// Waits until there is data or an error, or no fetch is under way that could bring any, and returns what is shown then.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives up waiting.
    pub fn settled(&self) -> impl Future<Output = InfiniteResult<R>> + MaybeSend + 'static + use<T, P, R> {
        let settled = self.observer.settled();
        async move { settled.await.into() }
    }

    /// Fetches all pages again, one after the other. A fetch that runs is begun anew if there is data.
    pub fn refetch(&self) -> Settled {
        self.observer.refetch()
    }

    /// As [`refetch`](Self::refetch), but joins a fetch that runs.
    pub fn join_refetch(&self) -> Settled {
        self.observer.join_refetch()
    }

    /// Fetches the first page again, and drops the others when it is there.
    pub fn restart(&self) -> Settled {
        self.observer.target().fetch(Direction::First, true)
    }

    /// Fetches one of the pages again, and nothing else; nothing if there is none with this parameter.
    ///
    /// It says nothing about the other pages: the list is as old as it was, and what was invalidated stays so. A fetch of all
    /// pages that runs is joined, any other is given up.
    pub fn refetch_page(&self, param: &P) -> Settled {
        self.refetch_where(|one| one == param)
    }

    /// Fetches the first page again, and nothing else; see [`refetch_page`](Self::refetch_page).
    pub fn refetch_first_page(&self) -> Settled {
        self.refetch_where(|_| true)
    }

    fn refetch_where(&self, is_meant: impl Fn(&P) -> bool) -> Settled {
        let target = self.observer.target();
        let place = target.base().and_then(|base| base.page_params.iter().position(is_meant));
        let Some(place) = place else { return Settled::default() };
        let joins = target.fetching().is_some_and(Direction::is_whole);
        target.fetch(Direction::Page(place), !joins)
    }

    /// Fetches the page after the last one, or the first pages where there are none. Any other fetch that runs is given up if
    /// there is data.
    ///
    /// Where there is no next page, nothing is asked of the server, but the list counts as fetched just now.
    pub fn fetch_next_page(&self) -> Settled {
        self.observer.target().fetch(Direction::Next(1), true)
    }

    /// As [`fetch_next_page`](Self::fetch_next_page), but joins a fetch that runs, whatever it fetches.
    pub fn join_next_page(&self) -> Settled {
        self.observer.target().fetch(Direction::Next(1), false)
    }

    /// Fetches the page before the first one, or the first pages where there are none. Any other fetch that runs is given up
    /// if there is data.
    ///
    /// Where there is no previous page, nothing is asked of the server, but the list counts as fetched just now.
    pub fn fetch_previous_page(&self) -> Settled {
        self.observer.target().fetch(Direction::Previous, true)
    }

    /// As [`fetch_previous_page`](Self::fetch_previous_page), but joins a fetch that runs, whatever it fetches.
    pub fn join_previous_page(&self) -> Settled {
        self.observer.target().fetch(Direction::Previous, false)
    }

    /// Fetches the next page, unless it is under way or there is none: for a button that is pressed twice, or a list that is
    /// scrolled to its end.
    pub fn load_more(&self) -> Settled {
        let shown = InfiniteResult::from(self.observer.peek());
        if shown.is_reaching_end() {
            return Settled::default();
        }
        if shown.size() == 0 || shown.is_fetching_next_page() { self.join_next_page() } else { self.fetch_next_page() }
    }

    /// Sets how many pages are wanted, at least one: loads what is missing, one after the other, or drops the last ones.
    ///
    /// The size is kept: refetches load as many pages, where there are so many. Asking twice for the same size loads each
    /// page once.
    pub fn set_size(&self, size: usize) -> Settled {
        let size = size.max(1);
        lock(&self.size).store(size, Ordering::Release);
        let target = self.observer.target();
        let pages = target.base().map_or(0, |base| base.pages.len());
        let running = target.fetching();
        if size > pages {
            // A fetch that goes forwards looks at the size before each page.
            let joins =
                running.is_some_and(|direction| direction.is_whole() || matches!(direction, Direction::Next(_)));
            return target.fetch(Direction::Next(size - pages), !joins);
        }
        if size < pages {
            target.rewrite(|pages| {
                let mut pages = pages.clone();
                pages.pages.truncate(size);
                pages.page_params.truncate(size);
                pages
            });
            // What runs would bring them back.
            if running.is_some() {
                return target.fetch(Direction::Whole, true);
            }
        }
        Settled::default()
    }

    /// Changes the options, and with them perhaps the query that it looks at.
    pub fn set_options(&self, options: InfiniteOptions<T, P>) {
        self.observer.set_options(self.sized(options));
    }

    /// Exchanges the projection of the pages.
    pub fn set_select(&self, select: Select<InfiniteData<T, P>, R>) {
        self.observer.set_select(select);
    }

    /// Changes the options and the projection in one step: nobody sees the one without the other.
    pub fn set_options_and_select(&self, options: InfiniteOptions<T, P>, select: Select<InfiniteData<T, P>, R>) {
        self.observer.set_options_and_select(self.sized(options), select);
    }

    /// Lets options go on with the size that is wanted, if they are about the same query.
    fn sized(&self, options: InfiniteOptions<T, P>) -> QueryOptions<InfiniteData<T, P>> {
        let mut size = lock(&self.size);
        if self.observer.target().key() != *options.key().untyped() {
            *size = options.size();
        }
        options.into_observed(size.clone())
    }
}

/// What an observer of an infinite query shows: first what it shows now, then each change.
pub struct InfiniteStream<T: QueryData, P: QueryData + Clone, R: QueryData = InfiniteData<T, P>> {
    stream: QueryStream<InfiniteData<T, P>, R>,
}

impl<T: QueryData, P: QueryData + Clone, R: QueryData> fmt::Debug for InfiniteStream<T, P, R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("InfiniteStream").finish_non_exhaustive()
    }
}

impl<T: QueryData, P: QueryData + Clone, R: QueryData> Stream for InfiniteStream<T, P, R> {
    type Item = InfiniteResult<R>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<InfiniteResult<R>>> {
        Pin::new(&mut self.get_mut().stream).poll_next(context).map(|next| next.map(InfiniteResult::from))
    }
}
