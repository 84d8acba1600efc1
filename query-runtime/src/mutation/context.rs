//! What can the function that sends a mutation use?

use std::{
    fmt,
    sync::{Arc, Weak},
};

use crate::{
    error::QueryError,
    heart::{Meta, Principal},
    key::QueryKey,
    marker::BoxFuture,
    mutation::journal::Journal,
    request::{Request, Response},
    shell::{AbortGuard, AbortSignal, Core, QueryClient, Rank, Watermarks},
    sync::atomic::{AtomicBool, Ordering},
};

/// Sends the requests of one attempt of a mutation.
#[derive(Clone)]
pub struct MutationContext {
    core: Weak<Core>,
    key: QueryKey,
    meta: Option<Meta>,
    journal: Arc<Journal>,
    attempt: u32,
    consumed: Arc<AtomicBool>,
    marks: Arc<Watermarks>,
    signal: AbortSignal,
    /// Who has asked for the mutation.
    principal: Principal,
}

impl fmt::Debug for MutationContext {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("MutationContext")
            .field("key", &self.key)
            .field("idempotency_key", &self.journal.key())
            .field("attempt", &self.attempt)
            .finish_non_exhaustive()
    }
}

impl MutationContext {
    pub(crate) fn new(
        core: Weak<Core>,
        key: QueryKey,
        meta: Option<Meta>,
        journal: Arc<Journal>,
        attempt: u32,
        consumed: Arc<AtomicBool>,
        guard: &AbortGuard,
    ) -> Self {
        Self {
            core,
            key,
            meta,
            journal,
            attempt,
            consumed,
            marks: Arc::default(),
            signal: AbortSignal::of(guard),
            principal: None,
        }
    }

    /// Lets it send only as long as this is who uses the cache.
    pub(crate) fn for_principal(self, principal: Principal) -> Self {
        Self { principal, ..self }
    }

    /// Returns the watermarks of this attempt.
    pub(crate) fn watermarks(&self) -> Arc<Watermarks> {
        self.marks.clone()
    }

    /// Returns the key of the mutation.
    pub fn key(&self) -> &QueryKey {
        &self.key
    }

    /// Returns the value that goes with the mutation; `None` also if it is no `M`.
    pub fn meta<M: Send + Sync + 'static>(&self) -> Option<Arc<M>> {
        self.meta.clone()?.downcast().ok()
    }

    /// Returns what tells that the mutation was cancelled.
    ///
    /// From now on cancelling ends this attempt by dropping its future; otherwise it would run to its end.
    pub fn signal(&self) -> AbortSignal {
        self.consumed.store(true, Ordering::Release);
        self.signal.clone()
    }

    /// Returns the key by which a server can tell that it has seen this mutation; all attempts have the same, until it asks for
    /// [something else](crate::Resolution::RetryWith).
    pub fn idempotency_key(&self) -> Arc<str> {
        self.journal.key()
    }

    /// Returns the number of the attempt, from 0.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Says how far the server had seen when it had carried the mutation out; of several times, the last counts.
    ///
    /// For a function that sends by itself: [`send`](Self::send) reads it from the answer; see
    /// [`QueryApi::WATERMARK`](crate::QueryApi::WATERMARK).
    pub fn watermark(&self, mark: u64) {
        self.marks.say(mark);
    }

    /// Returns the client that runs the mutation.
    ///
    /// # Errors
    ///
    /// Fails when the client is gone.
    pub fn client(&self) -> Result<QueryClient, QueryError> {
        self.core.upgrade().map(QueryClient::from_core).ok_or_else(QueryError::cancelled)
    }
}

impl MutationContext {
    /// Sends a request with the mutation's `Idempotency-Key`; where it sends several, each has its own.
    ///
    /// Where an attempt before has sent a request with this verb and path, its body is sent again, byte by byte.
    /// From now on cancelling the mutation ends this attempt. Temporary ids in its path and body become the ids that the server has given since.
    ///
    /// # Errors
    ///
    /// Fails when the request cannot be built, names a row that the server has not created, is not answered, or is
    /// answered with a status that is not 2xx.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future aborts the request; whether the server has carried it out is then unknown.
    pub fn send(&self, request: Request) -> BoxFuture<'static, Result<Response, QueryError>> {
        self.consumed.store(true, Ordering::Release);
        let (core, journal, marks) = (self.core.clone(), self.journal.clone(), self.marks.clone());
        let principal = self.principal.clone();
        Box::pin(async move {
            let owner = core.upgrade().ok_or_else(QueryError::cancelled)?;
            let mut prepared = owner.prepare(&request)?;
            journal.stamp(&mut prepared, request.is_idempotent());
            let exchange = owner.exchange(prepared, Rank::Mutation, principal)?;
            drop(owner);
            let raw = exchange.await.map_err(|error| error.during(request.attempt()))?;
            marks.answered(request.watermark_in(&raw));
            let now = core.upgrade().ok_or_else(QueryError::cancelled)?.env.wall();
            request.read(raw, now)
        })
    }
}
