//! How is a mutation described: what it sends, what it shows at once, and what goes stale when it is over?

use std::{fmt, future::Future, sync::Arc};

use serde::Serialize;

use crate::{
    backoff::RetryPolicy,
    error::QueryError,
    key::{KeyPrefix, Tag},
    marker::{BoxFuture, MaybeSend, MaybeSync},
    mutation::{
        MutationContext,
        callbacks::{Callbacks, MutationEvent},
        optimism::{Changes, Creates, CreatesWithId, Deletes, Optimism},
    },
    resource::{Entity, InsertAt, ListReach},
    status::{GcTime, NetworkMode},
    value::DateTime,
};

/// A function that sends, without its type.
pub(crate) trait SendFunction<V, T>: MaybeSend + MaybeSync {
    /// Sends.
    fn call(&self, context: MutationContext, variables: V) -> BoxFuture<'static, Result<T, QueryError>>;
}

impl<V, T, F, Fut> SendFunction<V, T> for F
where
    F: Fn(MutationContext, V) -> Fut + MaybeSend + MaybeSync,
    Fut: Future<Output = Result<T, QueryError>> + MaybeSend + 'static,
{
    fn call(&self, context: MutationContext, variables: V) -> BoxFuture<'static, Result<T, QueryError>> {
        Box::pin(self(context, variables))
    }
}

/// What goes stale, given the variables and the answer.
pub(crate) type Targets<V, T> = fn(&V, Option<&T>) -> Vec<KeyPrefix>;

/// What goes stale by its tags, given the variables and how it went.
pub(crate) type TagTargets<V, T> = fn(&V, Result<&T, &QueryError>) -> Vec<Tag>;

/// Describes a mutation from variables `V` to a result `T`; the unit of reuse.
///
/// Generated code makes one for each mutation of the schema; `QueryClient::mutation` runs it.
///
/// # Examples
///
/// ```
/// use query_runtime::{MutationContext, MutationOptions, QueryError, Request};
///
/// async fn send_greeting(context: MutationContext, name: String) -> Result<(), QueryError> {
///     context.send(Request::post("/greetings").member("name", &name)).await?.empty()
/// }
///
/// let greet = MutationOptions::new(&["greetings", "create"], send_greeting);
/// # let _ = greet;
/// ```
pub struct MutationOptions<V, T> {
    pub(crate) key: &'static [&'static str],
    pub(crate) send: Arc<dyn SendFunction<V, T>>,
    pub(crate) optimism: Vec<Arc<dyn Optimism<V, T>>>,
    pub(crate) invalidates: Option<Targets<V, T>>,
    pub(crate) invalidates_tags: Option<TagTargets<V, T>>,
    pub(crate) as_json: Option<fn(&V) -> serde_json::Value>,
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) network: Option<NetworkMode>,
    pub(crate) scope: Option<fn(&V) -> String>,
    pub(crate) gc: GcTime,
    pub(crate) idempotent: bool,
    pub(crate) callbacks: Callbacks<V, T>,
}

impl<V, T> Clone for MutationOptions<V, T> {
    fn clone(&self) -> Self {
        Self {
            key: self.key,
            send: self.send.clone(),
            optimism: self.optimism.clone(),
            invalidates: self.invalidates,
            invalidates_tags: self.invalidates_tags,
            as_json: self.as_json,
            retry: self.retry.clone(),
            network: self.network,
            scope: self.scope,
            gc: self.gc,
            idempotent: self.idempotent,
            callbacks: self.callbacks.clone(),
        }
    }
}

impl<V, T> fmt::Debug for MutationOptions<V, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("MutationOptions")
            .field("key", &self.key)
            .field("is_optimistic", &!self.optimism.is_empty())
            .finish_non_exhaustive()
    }
}

impl<V, T> MutationOptions<V, T>
where
    V: Clone + Send + Sync + 'static,
    T: Send + Sync + 'static,
{
    /// Describes a mutation by its name and the function that sends it.
    pub fn new<F, Fut>(key: &'static [&'static str], send: F) -> Self
    where
        F: Fn(MutationContext, V) -> Fut + MaybeSend + MaybeSync + 'static,
        Fut: Future<Output = Result<T, QueryError>> + MaybeSend + 'static,
    {
        Self {
            key,
            send: Arc::new(send),
            optimism: Vec::new(),
            invalidates: None,
            invalidates_tags: None,
            as_json: None,
            retry: None,
            network: None,
            scope: None,
            gc: GcTime::default(),
            idempotent: false,
            callbacks: Callbacks::default(),
        }
    }

    /// Shows the row that it creates at once, under a temporary id until the server has named it.
    #[must_use]
    pub fn creates<E: Entity>(
        mut self,
        row: fn(&V, E::Id, DateTime) -> E,
        temp_id: fn() -> E::Id,
        lists: ListReach,
        insert: InsertAt,
    ) -> Self {
        self.optimism.push(Arc::new(Creates::<E, V> { row, temp_id, lists, insert }));
        self
    }

    /// Shows the row that it creates at once, under the id that the client has chosen and the server keeps.
    #[must_use]
    pub fn creates_with_id<E: Entity>(
        mut self,
        row: fn(&V, DateTime) -> E,
        lists: ListReach,
        insert: InsertAt,
    ) -> Self {
        self.optimism.push(Arc::new(CreatesWithId::<E, V> { row, lists, insert }));
        self
    }

    /// Shows the change of a row at once, in its detail and in the lists where it belongs. May be called for several rows.
    #[must_use]
    pub fn changes<E: Entity>(mut self, change: fn(&V) -> (E::Id, E::Change), lists: ListReach, detail: bool) -> Self {
        self.optimism.push(Arc::new(Changes::<E, V> { change, lists, detail }));
        self
    }

    /// Takes the row that it deletes away at once.
    #[must_use]
    pub fn deletes<E: Entity>(mut self, id: fn(&V) -> E::Id, lists: ListReach, detail: bool) -> Self {
        self.optimism.push(Arc::new(Deletes::<E, V> { id, lists, detail }));
        self
    }

    /// Marks these entries stale when it is over, whether it went well or not.
    #[must_use]
    pub fn invalidates(mut self, targets: fn(&V, Option<&T>) -> Vec<KeyPrefix>) -> Self {
        self.invalidates = Some(targets);
        self
    }

    /// Marks the queries with these tags stale when it is over, together with what
    /// [`invalidates`](Self::invalidates) names: no query is fetched twice for it.
    #[must_use]
    pub fn invalidates_tags(mut self, tags: fn(&V, Result<&T, &QueryError>) -> Vec<Tag>) -> Self {
        self.invalidates_tags = Some(tags);
        self
    }

    /// Lets the variables be searched for temporary ids: the mutation then waits for what it names to be created.
    #[must_use]
    pub fn serialized(mut self) -> Self
    where
        V: Serialize,
    {
        self.as_json = Some(|variables| serde_json::to_value(variables).unwrap_or_default());
        self
    }

    /// Sets how failures are retried. By default a mutation is not.
    #[must_use]
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = Some(retry);
        self
    }

    /// Says that sending it twice does no more than sending it once, so that it may be retried after bytes have left.
    #[must_use]
    pub fn idempotent(mut self, idempotent: bool) -> Self {
        self.idempotent = idempotent;
        self
    }

    /// Sets when it may use the network.
    #[must_use]
    pub fn network(mut self, network: NetworkMode) -> Self {
        self.network = Some(network);
        self
    }

    /// Names the scope: mutations of one scope are sent one after the other, each after the callbacks of the one before.
    ///
    /// By default those that change the same row are sent in order, all others in parallel.
    #[must_use]
    pub fn scope(mut self, scope: fn(&V) -> String) -> Self {
        self.scope = Some(scope);
        self
    }

    /// Sets how long the settled mutation is kept.
    #[must_use]
    pub fn gc_time(mut self, time: impl Into<GcTime>) -> Self {
        self.gc = time.into();
        self
    }

    /// Runs before it is sent, also while it is paused; an error means that it is never sent.
    #[must_use]
    pub fn on_mutate<F, Fut>(mut self, callback: F) -> Self
    where
        F: Fn(MutationEvent<V, T>) -> Fut + MaybeSend + MaybeSync + 'static,
        Fut: Future<Output = Result<(), QueryError>> + MaybeSend + 'static,
    {
        self.callbacks.mutate = Some(Arc::new(callback));
        self
    }

    /// Runs after the server has confirmed it; it counts as pending until then, and an error makes it fail.
    #[must_use]
    pub fn on_success<F, Fut>(mut self, callback: F) -> Self
    where
        F: Fn(MutationEvent<V, T>) -> Fut + MaybeSend + MaybeSync + 'static,
        Fut: Future<Output = Result<(), QueryError>> + MaybeSend + 'static,
    {
        self.callbacks.success = Some(Arc::new(callback));
        self
    }

    /// Runs after it has failed and was rolled back. After an error of `on_success`, and where the answer cannot be read, it
    /// runs too, but the server has carried the mutation out and nothing is rolled back. Its own error hides nothing.
    #[must_use]
    pub fn on_error<F, Fut>(mut self, callback: F) -> Self
    where
        F: Fn(MutationEvent<V, T>) -> Fut + MaybeSend + MaybeSync + 'static,
        Fut: Future<Output = Result<(), QueryError>> + MaybeSend + 'static,
    {
        self.callbacks.error = Some(Arc::new(callback));
        self
    }

    /// Runs after either, last; the mutation counts as pending until then. After a success, its error makes it fail.
    #[must_use]
    pub fn on_settled<F, Fut>(mut self, callback: F) -> Self
    where
        F: Fn(MutationEvent<V, T>) -> Fut + MaybeSend + MaybeSync + 'static,
        Fut: Future<Output = Result<(), QueryError>> + MaybeSend + 'static,
    {
        self.callbacks.settled = Some(Arc::new(callback));
        self
    }
}
