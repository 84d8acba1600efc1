//! What does a program hear of a mutation while it runs?

use std::{any::Any, fmt, future::Future, sync::Arc};

use crate::{
    error::QueryError,
    heart::Meta,
    key::QueryKey,
    marker::{BoxFuture, MaybeSend, MaybeSync},
    mutation::MutationState,
    projection::Value,
    shell::{QueryClient, Rule},
};

/// What a callback of a mutation is told.
pub struct MutationEvent<V, T> {
    /// The client that runs the mutation.
    pub client: QueryClient,
    /// The mutation's key.
    pub key: QueryKey,
    /// The variables.
    pub variables: Arc<V>,
    /// The result, after a success.
    pub data: Option<Arc<T>>,
    /// The error, after a failure.
    pub error: Option<QueryError>,
    pub(crate) meta: Option<Meta>,
    pub(crate) context: Option<Value>,
}

impl<V, T> MutationEvent<V, T> {
    /// Returns what `on_mutate` has returned for this call, if it is a `C`.
    pub fn context<C: Send + Sync + 'static>(&self) -> Option<Arc<C>> {
        self.context.clone()?.downcast().ok()
    }

    /// Returns the value that goes with the mutation; `None` also if it is no `M`.
    pub fn meta<M: Send + Sync + 'static>(&self) -> Option<Arc<M>> {
        self.meta.clone()?.downcast().ok()
    }
}

impl<V, T> Clone for MutationEvent<V, T> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            key: self.key.clone(),
            variables: self.variables.clone(),
            data: self.data.clone(),
            error: self.error.clone(),
            meta: self.meta.clone(),
            context: self.context.clone(),
        }
    }
}

impl<V, T> fmt::Debug for MutationEvent<V, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("MutationEvent")
            .field("key", &self.key)
            .field("has_data", &self.data.is_some())
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

/// A callback without its type; it returns something to go with the call, or nothing.
pub(crate) trait Callback<E>: MaybeSend + MaybeSync {
    /// Calls it.
    fn call(&self, event: E) -> BoxFuture<'static, Result<Value, QueryError>>;
}

impl<E, F, Fut, C> Callback<E> for F
where
    F: Fn(E) -> Fut + MaybeSend + MaybeSync,
    Fut: Future<Output = Result<C, QueryError>> + MaybeSend + 'static,
    C: Send + Sync + 'static,
{
    fn call(&self, event: E) -> BoxFuture<'static, Result<Value, QueryError>> {
        let future = self(event);
        Box::pin(async move { future.await.map(|context| Arc::new(context) as Value) })
    }
}

/// The callbacks of a mutation, or of all mutations of a client.
pub(crate) struct Callbacks<E> {
    pub(crate) mutate: Option<Arc<dyn Callback<E>>>,
    pub(crate) success: Option<Arc<dyn Callback<E>>>,
    pub(crate) error: Option<Arc<dyn Callback<E>>>,
    pub(crate) settled: Option<Arc<dyn Callback<E>>>,
}

impl<E> Callbacks<E> {
    /// Returns whether any is called after the mutation was sent.
    pub(crate) fn hear_the_end(&self) -> bool {
        self.success.is_some() || self.error.is_some() || self.settled.is_some()
    }

    /// Returns these callbacks, and for those that were not given the others'.
    pub(crate) fn over(self, lower: &Self) -> Self {
        Self {
            mutate: self.mutate.or_else(|| lower.mutate.clone()),
            success: self.success.or_else(|| lower.success.clone()),
            error: self.error.or_else(|| lower.error.clone()),
            settled: self.settled.or_else(|| lower.settled.clone()),
        }
    }
}

impl<E> Clone for Callbacks<E> {
    fn clone(&self) -> Self {
        Self {
            mutate: self.mutate.clone(),
            success: self.success.clone(),
            error: self.error.clone(),
            settled: self.settled.clone(),
        }
    }
}

impl<E> Default for Callbacks<E> {
    fn default() -> Self {
        Self { mutate: None, success: None, error: None, settled: None }
    }
}

/// Writes the setters of a type that has [`Callbacks`] in the field `callbacks`; a callback is told an `$event`.
macro_rules! setters {
    ($event:ty) => {
        /// Runs before it is sent, in the call that asks for it as far as it comes at once, also while it is paused. An error
        /// means that it is never sent. What that of the mutation itself returns, `context` shows to
        /// the callbacks that follow.
        #[must_use]
        pub fn on_mutate<F, Fut, C>(mut self, callback: F) -> Self
        where
            F: Fn($event) -> Fut + MaybeSend + MaybeSync + 'static,
            Fut: Future<Output = Result<C, QueryError>> + MaybeSend + 'static,
            C: Send + Sync + 'static,
        {
            self.callbacks.mutate = Some(Arc::new(callback));
            self
        }

        /// Runs after the server has confirmed it; it counts as pending until then, and an error makes it fail.
        #[must_use]
        pub fn on_success<F, Fut>(mut self, callback: F) -> Self
        where
            F: Fn($event) -> Fut + MaybeSend + MaybeSync + 'static,
            Fut: Future<Output = Result<(), QueryError>> + MaybeSend + 'static,
        {
            self.callbacks.success = Some(Arc::new(callback));
            self
        }

        /// Runs after it has failed and was rolled back. After an error of `on_success` or `on_settled`, and where the answer
        /// cannot be read, it runs too, but the server has carried the mutation out and nothing is rolled back. Its own error
        /// hides nothing.
        #[must_use]
        pub fn on_error<F, Fut>(mut self, callback: F) -> Self
        where
            F: Fn($event) -> Fut + MaybeSend + MaybeSync + 'static,
            Fut: Future<Output = Result<(), QueryError>> + MaybeSend + 'static,
        {
            self.callbacks.error = Some(Arc::new(callback));
            self
        }

        /// Runs after either, last; the mutation counts as pending until then. After a success, its error makes it fail: then
        /// `on_error` follows, and this runs once more.
        #[must_use]
        pub fn on_settled<F, Fut>(mut self, callback: F) -> Self
        where
            F: Fn($event) -> Fut + MaybeSend + MaybeSync + 'static,
            Fut: Future<Output = Result<(), QueryError>> + MaybeSend + 'static,
        {
            self.callbacks.settled = Some(Arc::new(callback));
            self
        }
    };
}

pub(crate) use setters;

/// What a callback of all mutations is told.
#[derive(Clone)]
pub struct MutationNotice {
    /// The client that runs the mutation.
    pub client: QueryClient,
    /// The mutation; its result and its error show while the callbacks run, when it is not over yet.
    pub mutation: MutationState,
    pub(crate) context: Option<Value>,
}

impl MutationNotice {
    /// Returns what the mutation's own `on_mutate` has returned, if it is a `C`.
    pub fn context<C: Send + Sync + 'static>(&self) -> Option<Arc<C>> {
        self.context.clone()?.downcast().ok()
    }
}

impl fmt::Debug for MutationNotice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("MutationNotice").field("mutation", &self.mutation).finish_non_exhaustive()
    }
}

/// Callbacks of all mutations of a client: each runs before the mutation's own, and its errors count as theirs do.
#[derive(Clone, Default)]
pub struct MutationCallbacks {
    pub(crate) callbacks: Callbacks<MutationNotice>,
}

impl fmt::Debug for MutationCallbacks {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("MutationCallbacks").finish_non_exhaustive()
    }
}

impl MutationCallbacks {
    /// Returns callbacks that do nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    setters!(MutationNotice);
}

impl Rule for MutationCallbacks {
    fn as_any(&self) -> &dyn Any {
        self
    }
}
