//! What does a program hear of a mutation while it runs?

use std::{fmt, future::Future, sync::Arc};

use crate::{
    error::QueryError,
    marker::{BoxFuture, MaybeSend, MaybeSync},
    shell::QueryClient,
};

/// What a callback of a mutation is told.
pub struct MutationEvent<V, T> {
    /// The client that runs the mutation.
    pub client: QueryClient,
    /// The variables.
    pub variables: Arc<V>,
    /// The result, after a success.
    pub data: Option<Arc<T>>,
    /// The error, after a failure.
    pub error: Option<QueryError>,
}

impl<V, T> Clone for MutationEvent<V, T> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            variables: self.variables.clone(),
            data: self.data.clone(),
            error: self.error.clone(),
        }
    }
}

impl<V, T> fmt::Debug for MutationEvent<V, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("MutationEvent")
            .field("has_data", &self.data.is_some())
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

/// A callback without its type.
pub(crate) trait Callback<V, T>: MaybeSend + MaybeSync {
    /// Calls it.
    fn call(&self, event: MutationEvent<V, T>) -> BoxFuture<'static, Result<(), QueryError>>;
}

impl<V, T, F, Fut> Callback<V, T> for F
where
    F: Fn(MutationEvent<V, T>) -> Fut + MaybeSend + MaybeSync,
    Fut: Future<Output = Result<(), QueryError>> + MaybeSend + 'static,
{
    fn call(&self, event: MutationEvent<V, T>) -> BoxFuture<'static, Result<(), QueryError>> {
        Box::pin(self(event))
    }
}

/// The callbacks of a mutation.
pub(crate) struct Callbacks<V, T> {
    pub(crate) mutate: Option<Arc<dyn Callback<V, T>>>,
    pub(crate) success: Option<Arc<dyn Callback<V, T>>>,
    pub(crate) error: Option<Arc<dyn Callback<V, T>>>,
    pub(crate) settled: Option<Arc<dyn Callback<V, T>>>,
}

impl<V, T> Clone for Callbacks<V, T> {
    fn clone(&self) -> Self {
        Self {
            mutate: self.mutate.clone(),
            success: self.success.clone(),
            error: self.error.clone(),
            settled: self.settled.clone(),
        }
    }
}

impl<V, T> Default for Callbacks<V, T> {
    fn default() -> Self {
        Self { mutate: None, success: None, error: None, settled: None }
    }
}

/// Calls a callback, if there is one.
pub(crate) async fn call<V, T>(
    callback: Option<Arc<dyn Callback<V, T>>>,
    event: MutationEvent<V, T>,
) -> Result<(), QueryError> {
    match callback {
        Some(callback) => callback.call(event).await,
        None => Ok(()),
    }
}
