//! How is a list described that grows page by page in one cache entry?
//!
//! One entry holds all pages. A refetch asks for the pages one after the other from the first page's parameter, each
//! next one computed from the page before, since cursors may have moved (T130). What an attempt has loaded is kept for the
//! next one, which goes on at the page that failed (T131).

use std::{
    fmt,
    future::Future,
    sync::{Arc, Mutex},
};

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    clock::Moment,
    error::QueryError,
    heart::{Direction, FetchId, Kind},
    key::{Key, QueryKey},
    marker::{BoxFuture, MaybeSend, MaybeSync},
    options::{
        QueryData, QueryOptions,
        sharing::{infinite_kind, pages_kind},
    },
    page::{Cursor, InfiniteData, Page},
    projection::{InfiniteProjector, Value},
    resource::{Entity, ListFilter},
    shell::{ErasedFetch, FetchContext, FetchFn, setters},
    signal::lock,
};

/// Fetches one page.
trait FetchPage<T, P>: MaybeSend + MaybeSync {
    fn call(&self, context: FetchContext, param: P) -> BoxFuture<'static, Result<T, QueryError>>;
}

impl<T, P, F, Fut> FetchPage<T, P> for F
where
    F: Fn(FetchContext, P) -> Fut + MaybeSend + MaybeSync,
    Fut: Future<Output = Result<T, QueryError>> + MaybeSend + 'static,
{
    fn call(&self, context: FetchContext, param: P) -> BoxFuture<'static, Result<T, QueryError>> {
        Box::pin(self(context, param))
    }
}

/// Computes the parameter of the page beside one, given that page and its parameter.
trait Beside<T, P>: MaybeSend + MaybeSync {
    fn call(&self, page: &T, param: &P) -> Option<P>;
}

impl<T, P, F: Fn(&T, &P) -> Option<P> + MaybeSend + MaybeSync> Beside<T, P> for F {
    fn call(&self, page: &T, param: &P) -> Option<P> {
        self(page, param)
    }
}

/// Where the pages of an infinite list come from.
pub(crate) struct PageSource<T, P> {
    first: P,
    next: Arc<dyn Beside<T, P>>,
    previous: Option<Arc<dyn Beside<T, P>>>,
    fetch: Arc<dyn FetchPage<T, P>>,
    most: Option<usize>,
    at_first: usize,
}

impl<T, P: Clone> Clone for PageSource<T, P> {
    fn clone(&self) -> Self {
        Self {
            first: self.first.clone(),
            next: self.next.clone(),
            previous: self.previous.clone(),
            fetch: self.fetch.clone(),
            most: self.most,
            at_first: self.at_first,
        }
    }
}

impl<T, P> PageSource<T, P> {
    /// Returns the parameter of the page after the last one.
    pub(crate) fn next(&self, data: &InfiniteData<T, P>) -> Option<P> {
        self.next.call(data.pages.last()?, data.page_params.last()?)
    }

    /// Returns the parameter of the page before the first one.
    pub(crate) fn previous(&self, data: &InfiniteData<T, P>) -> Option<P> {
        self.previous.as_ref()?.call(data.pages.first()?, data.page_params.first()?)
    }
}

/// A query of all pages, and where they come from.
pub(crate) type WithSource<T, P> = (QueryOptions<InfiniteData<T, P>>, Arc<PageSource<T, P>>);

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
        let source =
            PageSource { first, next: Arc::new(next), previous: None, fetch: Arc::new(fetch), most: None, at_first: 1 };
        Self::of(key, pages_kind::<T, P>(), source)
    }

    fn of(key: Key<InfiniteData<T, P>>, kind: Arc<Kind>, source: PageSource<T, P>) -> Self {
        Self { query: QueryOptions::of(key, None, kind), source }
    }

    /// Says what comes before a page, given that page and its parameter.
    #[must_use]
    pub fn previous(mut self, previous: impl Fn(&T, &P) -> Option<P> + MaybeSend + MaybeSync + 'static) -> Self {
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
    #[must_use]
    pub fn first_pages(mut self, pages: usize) -> Self {
        self.source.at_first = pages.max(1);
        self
    }

    setters!(query.settings);

    /// Sets whether an observer fetches of itself.
    #[must_use]
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.query = self.query.enabled(enabled);
        self
    }

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

    /// Returns the query with its function, and where its pages come from.
    pub(crate) fn into_query(self) -> WithSource<T, P> {
        let source = Arc::new(self.source);
        let fetch: FetchFn = Arc::new(Pages { source: source.clone(), progress: Arc::default() });
        (QueryOptions { fetch: Some(fetch), ..self.query }, source)
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
            next: Arc::new(move |page: &Page<E>, param: &u64| page_after(page, *param, start, size)),
            previous: Some(Arc::new(move |_: &Page<E>, param: &u64| (*param > start).then(|| param - 1))),
            fetch: Arc::new(fetch),
            most: None,
            at_first: 1,
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
            next: Arc::new(|page: &Page<E>, _: &Option<Cursor>| cursor_after(page)),
            previous: Some(Arc::new(|page: &Page<E>, _: &Option<Cursor>| page.prev.clone().map(Some))),
            fetch: Arc::new(fetch),
            most: None,
            at_first: 1,
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

/// What the attempts of one fetch have loaded so far.
struct Progress<T, P> {
    fetch: FetchId,
    data: InfiniteData<T, P>,
}

type SharedProgress<T, P> = Arc<Mutex<Option<Progress<T, P>>>>;

/// The fetch function of an infinite query.
struct Pages<T, P> {
    source: Arc<PageSource<T, P>>,
    progress: SharedProgress<T, P>,
}

impl<T: QueryData, P: QueryData + Clone> ErasedFetch for Pages<T, P> {
    fn call(&self, context: FetchContext) -> BoxFuture<'static, Result<Value, QueryError>> {
        let guard = context.guard();
        let (source, progress) = (self.source.clone(), self.progress.clone());
        Box::pin(async move {
            let result = match base_of::<T, P>(&context) {
                Some(base) if context.direction != Direction::Whole && !base.pages.is_empty() => {
                    one_more(&source, context, base).await
                }
                base => all(&source, context, base, &progress).await,
            };
            guard.done();
            result.map(|data| data as Value)
        })
    }
}

/// Returns the pages that the server has sent so far.
fn base_of<T: QueryData, P: QueryData>(context: &FetchContext) -> Option<Arc<InfiniteData<T, P>>> {
    let core = context.core.upgrade()?;
    let key = context.key.clone();
    let base = core.run(move |heart, _| heart.base(heart.find(&key)?))??;
    base.downcast().ok()
}

/// Loads one page at an end.
async fn one_more<T: QueryData, P: QueryData + Clone>(
    source: &PageSource<T, P>,
    context: FetchContext,
    base: Arc<InfiniteData<T, P>>,
) -> Result<Arc<InfiniteData<T, P>>, QueryError> {
    let forward = context.direction == Direction::Next;
    let edge = |data: &InfiniteData<T, P>| if forward { source.next(data) } else { source.previous(data) };
    let Some(param) = edge(&base) else { return Ok(base) };
    let page = Arc::new(source.fetch.call(context.clone(), param.clone()).await?);
    // The pages may have changed by hand or by a mutation while this one was loaded.
    let now = base_of::<T, P>(&context).filter(|now| edge(now).as_ref() == Some(&param)).unwrap_or(base);
    let mut data = InfiniteData::clone(&now);
    let over = source.most.is_some_and(|most| data.pages.len() >= most);
    if forward {
        data.pages.push(page);
        data.page_params.push(param);
        if over {
            data.pages.remove(0);
            data.page_params.remove(0);
        }
    } else {
        data.pages.insert(0, page);
        data.page_params.insert(0, param);
        if over {
            data.pages.pop();
            data.page_params.pop();
        }
    }
    Ok(Arc::new(data))
}

/// Loads as many pages as there are, or those wanted at first.
async fn all<T: QueryData, P: QueryData + Clone>(
    source: &PageSource<T, P>,
    context: FetchContext,
    base: Option<Arc<InfiniteData<T, P>>>,
    progress: &SharedProgress<T, P>,
) -> Result<Arc<InfiniteData<T, P>>, QueryError> {
    let wanted = base.as_ref().map_or(0, |base| base.pages.len()).max(source.at_first);
    let wanted = source.most.map_or(wanted, |most| wanted.min(most));
    let first =
        base.as_ref().and_then(|base| base.page_params.first().cloned()).unwrap_or_else(|| source.first.clone());
    // The first attempt, and one that starts anew after its result was refused, begins at the first page.
    let kept = lock(progress).take().filter(|kept| kept.fetch == context.fetch && context.attempt > 0);
    let mut data = kept.map_or_else(InfiniteData::default, |kept| kept.data);
    while data.pages.len() < wanted {
        let param = if data.pages.is_empty() { Some(first.clone()) } else { source.next(&data) };
        let Some(param) = param else { break };
        match source.fetch.call(context.clone(), param.clone()).await {
            Ok(page) => {
                data.pages.push(Arc::new(page));
                data.page_params.push(param);
            }
            Err(error) => {
                *lock(progress) = Some(Progress { fetch: context.fetch, data });
                return Err(error);
            }
        }
    }
    Ok(Arc::new(data))
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
