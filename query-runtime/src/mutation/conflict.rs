//! What does a program say when what a mutation asks for conflicts with what the server has?

use std::{fmt, future::Future, sync::Arc};

use crate::{
    error::QueryError,
    marker::{BoxFuture, MaybeSend, MaybeSync},
    projection::Value,
    resource::Entity,
    shell::QueryClient,
};

/// A mutation that the server has refused because of what it has itself.
pub struct Conflict<V> {
    /// The client that runs the mutation.
    pub client: QueryClient,
    /// What it was called with.
    pub variables: Arc<V>,
    /// What the server said; [`QueryError::body`] reads its answer as the type that the endpoint declares.
    pub error: QueryError,
    /// Whether an earlier attempt may have been carried out: then the conflict may be one with itself. The details of its rows
    /// were fetched before this is asked, so that [`row`](Self::row) shows what there is.
    pub is_uncertain: bool,
    /// How often the mutation was changed after a conflict before.
    pub round: u32,
    pub(crate) row: Option<Value>,
}

impl<V> Conflict<V> {
    /// Returns the row that the mutation changes as the server has it, as far as the cache knows: from its detail, without
    /// what mutations show.
    pub fn row<E: Entity>(&self) -> Option<Arc<E>> {
        self.row.clone()?.downcast().ok()
    }
}

impl<V> fmt::Debug for Conflict<V> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Conflict")
            .field("error", &self.error)
            .field("is_uncertain", &self.is_uncertain)
            .field("round", &self.round)
            .finish_non_exhaustive()
    }
}

/// How a mutation goes on after a conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resolution<V> {
    /// It fails, and what it showed is taken back at once.
    Discard,
    /// It fails, and what it showed stays until what the server has was fetched: nobody sees the old state in between.
    KeepServer,
    /// It asks for this from now on, in its old place among the others. To the server it is a new mutation, with a key of its
    /// own. After ten times it fails.
    RetryWith(V),
    /// It is no conflict: an earlier attempt was carried out, and only its answer was lost.
    Applied,
}

/// What resolves conflicts, without its type.
pub(crate) trait Resolve<V>: MaybeSend + MaybeSync {
    /// Says how the mutation goes on.
    fn resolve(&self, conflict: Conflict<V>) -> BoxFuture<'static, Resolution<V>>;
}

impl<V, F, Fut> Resolve<V> for F
where
    F: Fn(Conflict<V>) -> Fut + MaybeSend + MaybeSync,
    Fut: Future<Output = Resolution<V>> + MaybeSend + 'static,
{
    fn resolve(&self, conflict: Conflict<V>) -> BoxFuture<'static, Resolution<V>> {
        Box::pin(self(conflict))
    }
}

/// A test of what the server said.
pub(crate) trait SaysWait: MaybeSend + MaybeSync {
    /// Returns whether the server still works on an earlier attempt.
    fn says_wait(&self, error: &QueryError) -> bool;
}

impl<F: Fn(&QueryError) -> bool + MaybeSend + MaybeSync> SaysWait for F {
    fn says_wait(&self, error: &QueryError) -> bool {
        self(error)
    }
}
