//! What can a fetch function use, and how does it hear that nobody wants its result any more?
//!
//! A fetch that is given up ends because its future is dropped, if its function is known to expect that: it has sent a request
//! through its context, or taken the [`AbortSignal`]. Another runs to its end, and nobody looks at the result. The signal
//! also serves work that a fetch function has handed to somebody else, such as a thread.

use std::{
    fmt,
    future::Future,
    sync::{Arc, Weak},
};

use crate::{
    env::Env,
    error::QueryError,
    heart::{Direction, FetchId, Meta, Principal, Stored},
    key::QueryKey,
    marker::{BoxFuture, MaybeSend, MaybeSync},
    projection::Value,
    request::{Request, Response},
    shell::{QueryClient, core::Core, lanes::Rank, tasks::Kept, watermark::Watermarks},
    signal::Signal,
    status::PageDirection,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

/// A fetch function without its type.
pub(crate) trait ErasedFetch: MaybeSend + MaybeSync {
    /// Starts one attempt.
    fn call(&self, context: FetchContext) -> BoxFuture<'static, Result<Value, QueryError>>;

    /// Whether a fetch that begins with this function goes on with it, also where the entry is given another meanwhile.
    fn stays(&self) -> bool {
        false
    }

    /// What an attempt has brought from the server is with the cache.
    fn landed(&self, _core: &Arc<Core>, _key: &QueryKey) {}
}

/// A fetch function without its type.
pub(crate) type FetchFn = Arc<dyn ErasedFetch>;

/// Which attempt of which fetch it is.
#[derive(Clone)]
pub(crate) struct Attempt {
    pub(crate) fetch: FetchId,
    pub(crate) direction: Direction,
    /// From 0.
    pub(crate) number: u32,
    pub(crate) kept: Kept,
    /// Whether the attempt before it, of whichever fetch, may be dropped at any time.
    pub(crate) follows_consumed: bool,
    /// The program's own note to the query.
    pub(crate) meta: Option<Meta>,
    /// Who uses the cache.
    pub(crate) principal: Principal,
}

/// Sends the requests of one attempt of a fetch.
#[derive(Clone)]
pub struct FetchContext {
    pub(crate) core: Weak<Core>,
    pub(crate) key: QueryKey,
    pub(crate) of: Attempt,
    consumed: Arc<AtomicBool>,
    aborted: Arc<Signal>,
    /// How many bytes of answers this attempt has received.
    received: Arc<AtomicU64>,
    /// How far the server had seen when it answered this attempt.
    marks: Arc<Watermarks>,
    /// What is known of the data where it came from storage.
    stored: Arc<Mutex<Option<Stored>>>,
}

impl fmt::Debug for FetchContext {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("FetchContext")
            .field("key", &self.key)
            .field("attempt", &self.of.number)
            .finish_non_exhaustive()
    }
}

impl FetchContext {
    pub(crate) fn new(core: Weak<Core>, key: QueryKey, of: Attempt) -> Self {
        let (consumed, aborted, received, marks, stored) = Default::default();
        Self { core, key, of, consumed, aborted, received, marks, stored }
    }

    /// Returns whether the function took the signal, and the signal.
    pub(crate) fn marks(&self) -> (Arc<AtomicBool>, Arc<Signal>) {
        (self.consumed.clone(), self.aborted.clone())
    }

    /// Returns where it is noted that the data of this attempt came from storage.
    pub(crate) fn stored(&self) -> Arc<Mutex<Option<Stored>>> {
        self.stored.clone()
    }

    /// Returns the count of the bytes of answers that this attempt receives.
    pub(crate) fn received(&self) -> Arc<AtomicU64> {
        self.received.clone()
    }

    /// Returns the watermarks of this attempt.
    pub(crate) fn watermarks(&self) -> Arc<Watermarks> {
        self.marks.clone()
    }

    /// Says how far the server had seen when it answered: all changes up to there are in the data. Of several, the lowest counts.
    ///
    /// For a function that sends by itself: [`send`](Self::send) reads it from the answer; see
    /// [`QueryApi::WATERMARK`](crate::QueryApi::WATERMARK).
    pub fn watermark(&self, mark: u64) {
        self.marks.say(mark);
    }

    /// Sends a request and returns the answer, if it says yes.
    ///
    /// From now on the fetch is given up when its last observer leaves: dropping the future aborts the request.
    ///
    /// # Errors
    ///
    /// The future fails if the fetch was given up already, the request is not sound, the client has no transport, the server is not reached, or it says
    /// no.
    ///
    /// # Cancel safety
    ///
    /// Nothing is sent before the future is polled; dropping it aborts the request.
    pub fn send(
        &self,
        request: Request,
    ) -> impl Future<Output = Result<Response, QueryError>> + MaybeSend + 'static + use<> {
        self.consumed.store(true, Ordering::Release);
        let (core, received, aborted) = (self.core.clone(), self.received.clone(), self.aborted.clone());
        let marks = self.marks.clone();
        let principal = self.of.principal.clone();
        async move {
            if aborted.version() > 0 {
                return Err(QueryError::cancelled());
            }
            let (exchange, clock) = {
                let core = core.upgrade().ok_or_else(QueryError::cancelled)?;
                let prepared = core.prepare(&request)?;
                (core.exchange(prepared, Rank::Fetch, principal)?, core.env.clock.clone())
            };
            let raw = exchange.await.map_err(|error| error.during(request.attempt()))?;
            received.fetch_add(raw.body.len() as u64, Ordering::Relaxed);
            marks.answered(request.watermark_in(&raw));
            request.read(raw, clock.wall())
        }
    }

    /// Returns the key of the entry that is fetched.
    pub fn key(&self) -> &QueryKey {
        &self.key
    }

    /// Returns which way a page function goes: the page that it fetches is added at the end of the list, or at its
    /// beginning.
    pub fn direction(&self) -> PageDirection {
        match self.of.direction {
            Direction::Previous => PageDirection::Backward,
            Direction::Whole | Direction::First | Direction::Next(_) | Direction::Page(_) => PageDirection::Forward,
        }
    }

    /// Returns the number of the attempt, from 0.
    pub fn attempt(&self) -> u32 {
        self.of.number
    }

    /// Returns the value that goes with the query; `None` also if it is no `M`.
    pub fn meta<M: Send + Sync + 'static>(&self) -> Option<Arc<M>> {
        self.of.meta.clone()?.downcast().ok()
    }

    /// Returns what tells that nobody wants the result any more.
    ///
    /// From now on the fetch is given up when its last observer leaves; otherwise it would run on, and its result be kept.
    pub fn signal(&self) -> AbortSignal {
        self.consumed.store(true, Ordering::Release);
        AbortSignal { aborted: self.aborted.clone() }
    }

    /// The attempt has called no function: what is known of the one before goes on to hold.
    pub(crate) fn called_nothing(&self) {
        self.consumed.store(self.of.follows_consumed, Ordering::Release);
    }

    /// Returns whether the attempt may go on. One that was given up may as long as it never took the signal: nobody knows what
    /// it would interrupt.
    ///
    /// # Errors
    ///
    /// It may not.
    pub(crate) fn check(&self) -> Result<(), QueryError> {
        let is_over = self.aborted.version() > 0 && self.consumed.load(Ordering::Acquire);
        if is_over { Err(QueryError::cancelled()) } else { Ok(()) }
    }

    /// Returns the client that fetches.
    ///
    /// # Errors
    ///
    /// Fails when the client is gone.
    pub fn client(&self) -> Result<QueryClient, QueryError> {
        self.core.upgrade().map(QueryClient::from_core).ok_or_else(QueryError::cancelled)
    }

    /// Returns the clock and the background of the client.
    ///
    /// # Errors
    ///
    /// Fails when the client is gone.
    pub(crate) fn env(&self) -> Result<Env, QueryError> {
        self.core.upgrade().map(|core| core.env.clone()).ok_or_else(QueryError::cancelled)
    }

    /// Returns what sends a request for several fetches: it has counts of its own.
    pub(crate) fn for_many(&self) -> Self {
        Self::new(self.core.clone(), self.key.clone(), self.of.clone())
    }

    /// Shares what was received out among the fetches that it was for.
    pub(crate) fn share_received<'a>(&self, fetches: impl ExactSizeIterator<Item = &'a Self>) {
        let each = self.received.load(Ordering::Relaxed) / fetches.len().max(1) as u64;
        for one in fetches {
            one.received.fetch_add(each, Ordering::Relaxed);
            one.marks.like(&self.marks);
        }
    }

    /// Returns a guard for the future of the attempt: dropping it before [`AbortGuard::done`] aborts.
    pub(crate) fn guard(&self) -> AbortGuard {
        AbortGuard { aborted: Some(self.aborted.clone()) }
    }
}

/// Tells that nobody wants the result of a fetch any more.
#[derive(Clone)]
pub struct AbortSignal {
    aborted: Arc<Signal>,
}

impl AbortSignal {
    /// Returns the signal that a guard raises.
    pub(crate) fn of(guard: &AbortGuard) -> Self {
        Self { aborted: guard.aborted.clone().unwrap_or_default() }
    }

    /// Returns whether the fetch was given up.
    pub fn is_aborted(&self) -> bool {
        self.aborted.version() > 0
    }

    /// Waits until the fetch is given up; for ever if it never is.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future forgets the wait.
    pub fn aborted(&self) -> impl Future<Output = ()> + MaybeSend + 'static + use<> {
        let changed = self.aborted.changed(0);
        async move {
            changed.await;
        }
    }
}

impl fmt::Debug for AbortSignal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("AbortSignal").field("is_aborted", &self.is_aborted()).finish()
    }
}

/// Lives in the future of an attempt and aborts its signal if the future is dropped too early.
pub(crate) struct AbortGuard {
    aborted: Option<Arc<Signal>>,
}

impl AbortGuard {
    /// Returns a guard with a signal of its own.
    pub(crate) fn new() -> Self {
        Self { aborted: Some(Arc::default()) }
    }

    /// The attempt is over.
    pub(crate) fn done(mut self) {
        self.aborted = None;
    }
}

impl Drop for AbortGuard {
    fn drop(&mut self) {
        if let Some(aborted) = self.aborted.take() {
            aborted.close();
        }
    }
}

/// A fetch function with its type.
struct Typed<F>(F);

impl<T, F, Fut> ErasedFetch for Typed<F>
where
    T: Send + Sync + 'static,
    F: Fn(FetchContext) -> Fut + MaybeSend + MaybeSync,
    Fut: Future<Output = Result<T, QueryError>> + MaybeSend + 'static,
{
    fn call(&self, context: FetchContext) -> BoxFuture<'static, Result<Value, QueryError>> {
        let guard = context.guard();
        let future = (self.0)(context);
        Box::pin(async move {
            let result = future.await;
            guard.done();
            result.map(|value| Arc::new(value) as Value)
        })
    }
}

/// Takes the type off a fetch function.
pub(crate) fn erase<T, F, Fut>(fetch: F) -> FetchFn
where
    T: Send + Sync + 'static,
    F: Fn(FetchContext) -> Fut + MaybeSend + MaybeSync + 'static,
    Fut: Future<Output = Result<T, QueryError>> + MaybeSend + 'static,
{
    Arc::new(Typed(fetch))
}
