//! How is a list described that grows page by page in one cache entry?
//!
//! One entry holds all pages; how they are loaded is told in `pages.rs`.

use std::{fmt, future::Future, sync::Arc};

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    clock::Moment,
    error::QueryError,
    heart::Kind,
    key::{Key, QueryKey},
    marker::{MaybeSend, MaybeSync},
    options::{
        QueryData, QueryNow, QueryOptions,
        pages::{PageSource, Pages, Size, Wanted},
        query::Fetch,
        sharing::{infinite_kind, pages_kind},
    },
    page::{Cursor, InfiniteData, Page},
    projection::InfiniteProjector,
    resource::{Entity, ListFilter},
    shell::{FetchContext, FetchFn, QueryDefaults, setters},
    sync::atomic::AtomicUsize,
};

/// Describes an infinite query: pages of type `T`, each fetched with a parameter of type `P`.
///
/// *Shape*: one entry that holds an [`InfiniteData<T, P>`].
pub struct InfiniteOptions<T, P> {
    pub(crate) query: QueryOptions<InfiniteData<T, P>>,
    pub(crate) source: PageSource<T, P>,
}

impl<T, P: Clone> Clone for InfiniteOptions<T, P> {
    fn clone(&self) -> Self {
        Self { query: self.query.clone(), source: self.source.clone() }
    }
}

impl<T, P> fmt::Debug for InfiniteOptions<T, P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("InfiniteOptions").field("query", &self.query).finish_non_exhaustive()
    }
}

impl<T: QueryData, P: QueryData + Clone> InfiniteOptions<T, P> {
    /// Describes an infinite query by its key, the parameter of its first page, what follows a page and its parameter,
    /// and the function that fetches a page.
    pub fn new<F, Fut>(
        key: Key<InfiniteData<T, P>>,
        first: P,
        next: impl Fn(&T, &P) -> Option<P> + MaybeSend + MaybeSync + 'static,
        fetch: F,
    ) -> Self
    where
        F: Fn(FetchContext, P) -> Fut + MaybeSend + MaybeSync + 'static,
        Fut: Future<Output = Result<T, QueryError>> + MaybeSend + 'static,
    {
        let source = PageSource {
            first,
            next: Arc::new(move |data: &InfiniteData<T, P>| next(data.pages.last()?, data.page_params.last()?)),
            previous: None,
            fetch: Arc::new(fetch),
            most: None,
            at_first: None,
            refetches_all: true,
        };
        Self::of(key, pages_kind::<T, P>(), source)
    }

    fn of(key: Key<InfiniteData<T, P>>, kind: Arc<Kind>, source: PageSource<T, P>) -> Self {
        Self { query: QueryOptions::of(key, Fetch::Never, kind), source }
    }

    /// Says what comes before a page, given that page and its parameter.
    #[must_use]
    pub fn previous(self, previous: impl Fn(&T, &P) -> Option<P> + MaybeSend + MaybeSync + 'static) -> Self {
        self.previous_of(move |data| previous(data.pages.first()?, data.page_params.first()?))
    }

    /// Says what follows, given all pages; there is at least one.
    #[must_use]
    pub fn next_of(
        mut self,
        next: impl Fn(&InfiniteData<T, P>) -> Option<P> + MaybeSend + MaybeSync + 'static,
    ) -> Self {
        self.source.next = Arc::new(next);
        self
    }

    /// Says what comes before, given all pages; there is at least one.
    #[must_use]
    pub fn previous_of(
        mut self,
        previous: impl Fn(&InfiniteData<T, P>) -> Option<P> + MaybeSend + MaybeSync + 'static,
    ) -> Self {
        self.source.previous = Some(Arc::new(previous));
        self
    }

    /// Keeps at most so many pages: one that is added pushes one out at the other end.
    #[must_use]
    pub fn max_pages(mut self, most: usize) -> Self {
        self.source.most = Some(most.max(1));
        self
    }

    /// Loads so many pages at first (T135). *Default*: one.
    ///
    /// A fetch without an observer ([`fetch_infinite`](crate::QueryClient::fetch_infinite)) loads so many also where there
    /// are more; an observer's refetch loads as many as there are.
    #[must_use]
    pub fn first_pages(mut self, pages: usize) -> Self {
        self.source.at_first = Some(pages.max(1));
        self
    }

    /// Sets whether a refetch loads all pages that are cached. Otherwise it loads those wanted at first, and the others go.
    /// *Default*: yes.
    #[must_use]
    pub fn refetch_cached_pages(mut self, all: bool) -> Self {
        self.source.refetches_all = all;
        self
    }

    setters!(query.settings);

    /// Shows the pages of the key that the observer looked at before, until there are some for the new one.
    #[must_use]
    pub fn keep_previous(mut self) -> Self {
        self.query = self.query.keep_previous();
        self
    }

    /// Shows these pages until there are some. They are never put into the cache.
    #[must_use]
    pub fn placeholder(mut self, placeholder: InfiniteData<T, P>) -> Self {
        self.query = self.query.placeholder(placeholder);
        self
    }

    /// Lets settings depend on the state of the query, as [`QueryOptions::settings_by`] does.
    #[must_use]
    pub fn settings_by(
        mut self,
        make: impl Fn(&QueryNow<'_, InfiniteData<T, P>>) -> QueryDefaults + MaybeSend + MaybeSync + 'static,
    ) -> Self {
        self.query = self.query.settings_by(make);
        self
    }

    /// Shows what a function makes until there is data, if it makes anything. It is given the key and the data that the
    /// observer has looked at before.
    #[must_use]
    pub fn placeholder_by(
        mut self,
        make: impl Fn(Option<(&QueryKey, &Arc<InfiniteData<T, P>>)>) -> Option<Arc<InfiniteData<T, P>>>
        + MaybeSend
        + MaybeSync
        + 'static,
    ) -> Self {
        self.query = self.query.placeholder_by(make);
        self
    }

    /// Puts these pages into the cache where there are none; they count as fetched just now.
    #[must_use]
    pub fn initial_data(mut self, initial: InfiniteData<T, P>) -> Self {
        self.query = self.query.initial_data(initial);
        self
    }

    /// Says when the initial data was fetched: at a moment of the client's clock, or never (`None`), so that it is stale at
    /// once. *Default*: when it comes into the cache.
    #[must_use]
    pub fn initial_data_updated_at(mut self, at: impl Into<Option<Moment>>) -> Self {
        self.query = self.query.initial_data_updated_at(at);
        self
    }

    /// Sets whether [`ensure_infinite`](crate::QueryClient::ensure_infinite) also fetches pages that it returns although they
    /// are stale, in the background. *Default*: no.
    #[must_use]
    pub fn revalidate_if_stale(mut self, revalidate: bool) -> Self {
        self.query = self.query.revalidate_if_stale(revalidate);
        self
    }

    /// Says that the pages and their parameters can be written as JSON and read again; see
    /// [`QueryOptions::serializable`].
    #[must_use]
    pub fn serializable(mut self) -> Self
    where
        T: Serialize + DeserializeOwned,
        P: Serialize + DeserializeOwned,
    {
        self.query = self.query.serializable();
        self
    }

    /// Returns the key.
    pub fn key(&self) -> &Key<InfiniteData<T, P>> {
        &self.query.key
    }

    /// Returns the query with its function, for an observer that wants to see so many pages.
    pub(crate) fn into_observed(self, size: Size) -> QueryOptions<InfiniteData<T, P>> {
        self.into_query(Wanted::AtLeast(size))
    }

    /// Returns the query with its function, for a fetch.
    pub(crate) fn into_fetched(self) -> QueryOptions<InfiniteData<T, P>> {
        let pages = self.source.at_first;
        self.into_query(Wanted::Exactly(pages))
    }

    fn into_query(self, wanted: Wanted) -> QueryOptions<InfiniteData<T, P>> {
        let source = Arc::new(self.source);
        let fetch: FetchFn = Arc::new(Pages { source: source.clone(), wanted });
        QueryOptions { fetch: Fetch::By(fetch), ends: Some(source), ..self.query }
    }

    /// Returns how many pages are wanted at first.
    pub(crate) fn size(&self) -> Size {
        Arc::new(AtomicUsize::new(self.source.at_first.unwrap_or(1)))
    }
}

impl<E: Entity> InfiniteOptions<Page<E>, u64> {
    /// Describes a list whose pages are numbered from `start` and hold `size` rows.
    ///
    /// There is a next page if the server says so (`has_more`, or else `total`); if it says neither, while pages are full.
    pub fn pages<F, Fut>(
        key: Key<InfiniteData<Page<E>, u64>>,
        filter: impl ListFilter<E>,
        start: u64,
        size: u64,
        fetch: F,
    ) -> Self
    where
        F: Fn(FetchContext, u64) -> Fut + MaybeSend + MaybeSync + 'static,
        Fut: Future<Output = Result<Page<E>, QueryError>> + MaybeSend + 'static,
    {
        let source = PageSource {
            first: start,
            next: Arc::new(move |data: &InfiniteData<Page<E>, u64>| {
                page_after(data.pages.last()?, *data.page_params.last()?, start, size)
            }),
            previous: Some(Arc::new(move |data: &InfiniteData<Page<E>, u64>| {
                data.page_params.first().filter(|param| **param > start).map(|param| param - 1)
            })),
            fetch: Arc::new(fetch),
            most: None,
            at_first: None,
            refetches_all: true,
        };
        Self::of(key, infinite_kind::<E, u64>(InfiniteProjector::<E, _, u64>::pages(filter, start, size)), source)
    }
}

impl<E: Entity> InfiniteOptions<Page<E>, Option<Cursor>> {
    /// Describes a list whose pages name the next one, and perhaps the previous one, by a cursor.
    pub fn cursors<F, Fut>(
        key: Key<InfiniteData<Page<E>, Option<Cursor>>>,
        filter: impl ListFilter<E>,
        size: u64,
        fetch: F,
    ) -> Self
    where
        F: Fn(FetchContext, Option<Cursor>) -> Fut + MaybeSend + MaybeSync + 'static,
        Fut: Future<Output = Result<Page<E>, QueryError>> + MaybeSend + 'static,
    {
        let source = PageSource {
            first: None,
            next: Arc::new(|data: &InfiniteData<Page<E>, Option<Cursor>>| cursor_after(data.pages.last()?)),
            previous: Some(Arc::new(|data: &InfiniteData<Page<E>, Option<Cursor>>| {
                data.pages.first()?.prev.clone().map(Some)
            })),
            fetch: Arc::new(fetch),
            most: None,
            at_first: None,
            refetches_all: true,
        };
        let projector = InfiniteProjector::<E, _, Option<Cursor>>::cursors(filter, size);
        Self::of(key, infinite_kind::<E, Option<Cursor>>(projector), source)
    }
}

fn page_after<E>(page: &Page<E>, param: u64, start: u64, size: u64) -> Option<u64> {
    let through = param.saturating_sub(start).saturating_add(1).saturating_mul(size);
    let more = match (page.has_more, page.total) {
        (Some(more), _) => more,
        (None, Some(total)) => through < total,
        (None, None) => size > 0 && page.items.len() as u64 >= size,
    };
    more.then(|| param.saturating_add(1))
}

#[expect(clippy::option_option, reason = "the parameter is a cursor or none, and there may be no parameter")]
fn cursor_after<E>(page: &Page<E>) -> Option<Option<Cursor>> {
    if page.has_more == Some(false) { None } else { page.next.clone().map(Some) }
}

#[cfg(test)]
mod tests {
    use super::{cursor_after, page_after};
    use crate::page::{Cursor, Page};

    fn page(rows: u8) -> Page<u8> {
        (0..rows).collect()
    }

    #[test]
    fn next_number_comes_from_what_the_server_says_or_else_from_full_pages() {
        let more = Page { has_more: Some(true), total: Some(1), ..page(1) };
        assert_eq!(page_after(&more, 1, 1, 10), Some(2));
        let total = |total| Page { total: Some(total), ..page(10) };
        assert_eq!(page_after(&total(21), 2, 1, 10), Some(3));
        assert_eq!(page_after(&total(20), 2, 1, 10), None);
        assert_eq!(page_after(&total(21), 1, 0, 10), Some(2));
        assert_eq!(page_after(&page(10), 0, 0, 10), Some(1));
        assert_eq!(page_after(&page(9), 0, 0, 10), None);
        assert_eq!(page_after(&page(0), 0, 0, 0), None);
    }

    #[test]
    fn next_cursor_is_the_pages_own_unless_there_is_no_more() {
        let next = Page { next: Some(Cursor::from("c")), ..page(1) };
        assert_eq!(cursor_after(&next), Some(Some(Cursor::from("c"))));
        assert_eq!(cursor_after(&Page { has_more: Some(false), ..next }), None);
        assert_eq!(cursor_after(&page(1)), None);
    }
}
