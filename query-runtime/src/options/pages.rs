//! How are the pages of an infinite list loaded?
//!
//! A refetch asks for the pages one after the other from the first page's parameter, each next one computed from the page
//! before, since cursors may have moved (T130). What an attempt has loaded is kept for the next one, which goes on at the
//! page that failed (T131).

use std::{future::Future, sync::Arc};

use crate::{
    error::QueryError,
    heart::{Direction, Part},
    marker::{BoxFuture, MaybeSend, MaybeSync},
    options::QueryData,
    page::InfiniteData,
    projection::Value,
    shell::{ErasedFetch, FetchContext},
    signal::lock,
    sync::atomic::{AtomicUsize, Ordering},
};

/// Fetches one page.
pub(super) trait FetchPage<T, P>: MaybeSend + MaybeSync {
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

/// Computes the parameter of the page beside those there are; there is at least one.
pub(super) trait Beside<T, P>: MaybeSend + MaybeSync {
    fn call(&self, data: &InfiniteData<T, P>) -> Option<P>;
}

impl<T, P, F: Fn(&InfiniteData<T, P>) -> Option<P> + MaybeSend + MaybeSync> Beside<T, P> for F {
    fn call(&self, data: &InfiniteData<T, P>) -> Option<P> {
        self(data)
    }
}

/// Where the pages of an infinite list come from.
pub(crate) struct PageSource<T, P> {
    pub(super) first: P,
    pub(super) next: Arc<dyn Beside<T, P>>,
    pub(super) previous: Option<Arc<dyn Beside<T, P>>>,
    pub(super) fetch: Arc<dyn FetchPage<T, P>>,
    /// How many pages are kept at most.
    pub(super) most: Option<usize>,
    /// How many pages are loaded at first, where that was said.
    pub(super) at_first: Option<usize>,
    /// Whether a refetch loads all pages there are.
    pub(super) refetches_all: bool,
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
            refetches_all: self.refetches_all,
        }
    }
}

/// What is beyond the loaded pages, and how many those are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Ends {
    /// How many pages are loaded.
    pub(crate) pages: usize,
    /// Whether there is a page after the last one.
    pub(crate) has_next: bool,
    /// Whether there is a page before the first one.
    pub(crate) has_previous: bool,
}

/// Tells what is beyond the loaded pages.
pub(crate) trait FindEnds<D>: MaybeSend + MaybeSync {
    fn ends(&self, data: &D) -> Ends;
}

impl<T: QueryData, P: QueryData + Clone> FindEnds<InfiniteData<T, P>> for PageSource<T, P> {
    fn ends(&self, data: &InfiniteData<T, P>) -> Ends {
        Ends {
            pages: data.pages.len(),
            has_next: self.beside(data, true).is_some(),
            has_previous: self.beside(data, false).is_some(),
        }
    }
}

impl<T, P> PageSource<T, P> {
    /// Returns the parameter of the page after the last one, or before the first one.
    fn beside(&self, data: &InfiniteData<T, P>, forward: bool) -> Option<P> {
        if data.pages.is_empty() {
            return None;
        }
        if forward { self.next.call(data) } else { self.previous.as_ref()?.call(data) }
    }

    /// Adds a page at an end; where there are too many, one leaves at the other.
    fn add(&self, data: &mut InfiniteData<T, P>, page: Arc<T>, param: P, forward: bool) {
        let is_full = self.most.is_some_and(|most| data.pages.len() >= most);
        if forward {
            data.pages.push(page);
            data.page_params.push(param);
            if is_full {
                data.pages.remove(0);
                data.page_params.remove(0);
            }
        } else {
            data.pages.insert(0, page);
            data.page_params.insert(0, param);
            if is_full {
                data.pages.pop();
                data.page_params.pop();
            }
        }
    }
}

/// How many pages somebody wants to see; it may change while they are loaded.
pub(crate) type Size = Arc<AtomicUsize>;

/// How many pages a fetch of all loads.
#[derive(Clone)]
pub(super) enum Wanted {
    /// As many as there are, and at least so many.
    AtLeast(Size),
    /// So many; otherwise as many as there are.
    Exactly(Option<usize>),
}

/// The fetch function of an infinite query.
pub(super) struct Pages<T, P> {
    pub(super) source: Arc<PageSource<T, P>>,
    pub(super) wanted: Wanted,
}

impl<T: QueryData, P: QueryData + Clone> ErasedFetch for Pages<T, P> {
    fn call(&self, context: FetchContext) -> BoxFuture<'static, Result<Value, QueryError>> {
        let guard = context.guard();
        let load = Load { source: self.source.clone(), wanted: self.wanted.clone(), context };
        Box::pin(async move {
            let result = load.run().await;
            guard.done();
            result
        })
    }

    /// How many pages are loaded, and from where, is decided when they are asked for.
    fn stays(&self) -> bool {
        true
    }
}

/// What the attempts of one fetch have loaded so far.
struct Loaded<T, P> {
    data: InfiniteData<T, P>,
    /// How many pages were loaded, also those that have left again.
    count: usize,
}

impl<T, P: Clone> Clone for Loaded<T, P> {
    fn clone(&self) -> Self {
        Self { data: self.data.clone(), count: self.count }
    }
}

impl<T, P> Default for Loaded<T, P> {
    fn default() -> Self {
        Self { data: InfiniteData::default(), count: 0 }
    }
}

/// One attempt.
struct Load<T, P> {
    source: Arc<PageSource<T, P>>,
    wanted: Wanted,
    context: FetchContext,
}

impl<T: QueryData, P: QueryData + Clone> Load<T, P> {
    async fn run(mut self) -> Result<Value, QueryError> {
        let direction = self.context.of.direction;
        let base = self.base()?;
        match direction {
            Direction::Next(pages) if !base.pages.is_empty() => self.more(base, pages, true).await,
            Direction::Previous if !base.pages.is_empty() => self.more(base, 1, false).await,
            Direction::Page(place) if place < base.pages.len() => self.again(base, place).await,
            _ => {
                // What is loaded from the start is loaded forwards, whatever was asked for.
                self.context.of.direction = Direction::Whole;
                self.all(base, direction).await
            }
        }
    }

    /// Returns the pages that there were when they were asked for: they decide what is loaded.
    fn base(&self) -> Result<Arc<InfiniteData<T, P>>, QueryError> {
        let fetch = self.context.of.fetch;
        let core = self.context.core.upgrade();
        let plan = core.and_then(|core| core.run(move |heart, _| heart.plan(fetch)));
        Ok(plan.ok_or_else(QueryError::cancelled)??.and_then(|plan| plan.downcast().ok()).unwrap_or_default())
    }

    /// Loads one page.
    async fn page(&self, param: &P) -> Result<Arc<T>, QueryError> {
        self.context.check()?;
        let page = self.source.fetch.call(self.context.clone(), param.clone()).await?;
        Ok(Arc::new(page))
    }

    /// Takes what the attempt before has left.
    fn kept(&self) -> Option<Loaded<T, P>> {
        let kept = lock(&self.context.of.kept).take()?;
        kept.downcast::<Loaded<T, P>>().ok().map(Arc::unwrap_or_clone)
    }

    /// Leaves what is loaded to the next attempt.
    fn keep(&self, loaded: Loaded<T, P>) {
        if loaded.count == 0 {
            return;
        }
        *lock(&self.context.of.kept) = Some(Arc::new(loaded));
        if let Some(core) = self.context.core.upgrade() {
            let fetch = self.context.of.fetch;
            core.run(move |heart, _| heart.keep_loaded(fetch));
        }
    }

    /// Says that only a part was loaded.
    fn loaded(&self, part: Part) {
        if let Some(core) = self.context.core.upgrade() {
            let fetch = self.context.of.fetch;
            core.run(move |heart, _| heart.loaded_part(fetch, part));
        }
    }

    /// Loads pages at an end.
    async fn more(self, base: Arc<InfiniteData<T, P>>, pages: usize, forward: bool) -> Result<Value, QueryError> {
        let is_next =
            |kept: &Loaded<T, P>| kept.data.page_params.first() == self.source.beside(&base, forward).as_ref();
        let mut added = self.kept().filter(is_next).unwrap_or_default();
        loop {
            let wanted = match &self.wanted {
                Wanted::AtLeast(size) if forward => size.load(Ordering::Acquire).saturating_sub(base.pages.len()),
                _ => 0,
            };
            let last = if added.count == 0 { &*base } else { &added.data };
            let param = (added.count < pages.max(wanted)).then(|| self.source.beside(last, forward)).flatten();
            let Some(param) = param else { break };
            match self.page(&param).await {
                Ok(page) => {
                    added.data.pages.push(page);
                    added.data.page_params.push(param);
                    added.count += 1;
                }
                Err(error) => {
                    self.keep(added);
                    return Err(error);
                }
            }
        }
        if added.count == 0 {
            self.context.called_nothing();
        }
        let mut data = InfiniteData::clone(&base);
        for (page, param) in added.data.pages.into_iter().zip(added.data.page_params) {
            self.source.add(&mut data, page, param, forward);
        }
        self.loaded(Part { rest: base, renews: true });
        Ok(Arc::new(data))
    }

    /// Loads one of the pages again.
    async fn again(self, base: Arc<InfiniteData<T, P>>, place: usize) -> Result<Value, QueryError> {
        let page = self.page(&base.page_params[place]).await?;
        let (mut data, mut rest) = (InfiniteData::clone(&base), InfiniteData::clone(&base));
        data.pages[place] = page;
        rest.pages.remove(place);
        rest.page_params.remove(place);
        self.loaded(Part { rest: Arc::new(rest), renews: false });
        Ok(Arc::new(data))
    }

    /// Loads all pages, from the first one's parameter.
    async fn all(self, base: Arc<InfiniteData<T, P>>, direction: Direction) -> Result<Value, QueryError> {
        let first = base.page_params.first().cloned().unwrap_or_else(|| self.source.first.clone());
        let mut loaded = self.kept().unwrap_or_default();
        loop {
            let param = if loaded.count == 0 {
                Some(first.clone())
            } else if loaded.count < self.wanted(base.pages.len(), direction) {
                self.source.beside(&loaded.data, true)
            } else {
                None
            };
            let Some(param) = param else { break };
            match self.page(&param).await {
                Ok(page) => {
                    self.source.add(&mut loaded.data, page, param, true);
                    loaded.count += 1;
                }
                Err(error) => {
                    self.keep(loaded);
                    return Err(error);
                }
            }
        }
        Ok(Arc::new(loaded.data))
    }

    /// Returns how many pages are wanted, where there are so many.
    fn wanted(&self, pages: usize, direction: Direction) -> usize {
        let pages = if self.source.refetches_all { pages } else { 1 };
        match (&self.wanted, direction) {
            (_, Direction::First) => 1,
            (Wanted::Exactly(wanted), _) => wanted.unwrap_or(pages),
            (Wanted::AtLeast(size), _) => {
                let size = size.load(Ordering::Acquire);
                pages.max(self.source.most.map_or(size, |most| size.min(most)))
            }
        }
    }
}
