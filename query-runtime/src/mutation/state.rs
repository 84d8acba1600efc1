//! What does a program see of a mutation: by its types, and among all others?

use std::{fmt, sync::Arc};

use crate::{
    clock::Moment,
    error::QueryError,
    heart::{Meta, MutationId, MutationSnapshot},
    key::QueryKey,
    projection::Value,
    status::MutationStatus,
};

/// The state of a mutation, whatever its types.
#[derive(Clone)]
pub struct MutationState {
    /// Which call it is.
    pub id: MutationId,
    /// Its key.
    pub key: QueryKey,
    /// The name of its scope.
    pub scope: Option<Arc<str>>,
    /// How far it is.
    pub status: MutationStatus,
    /// Whether it waits: for the connection, for focus, for its turn or for a row that it names.
    pub is_paused: bool,
    /// How often it failed.
    pub failure_count: u32,
    /// The last failure.
    pub failure_reason: Option<QueryError>,
    /// Why it failed for good.
    pub error: Option<QueryError>,
    /// When it was asked for.
    pub submitted_at: Moment,
    /// Whether the server may have carried it out though no attempt has gone well.
    pub is_uncertain: bool,
    /// Whether it waits until the program [decides](crate::QueryClient::decide_mutation) what becomes of it.
    pub needs_decision: bool,
    pub(crate) meta: Option<Meta>,
    pub(crate) variables: Value,
    pub(crate) data: Option<Value>,
}

impl MutationState {
    /// Returns what it was called with, if that is a `V`.
    pub fn variables<V: Send + Sync + 'static>(&self) -> Option<Arc<V>> {
        self.variables.clone().downcast().ok()
    }

    /// Returns what came of it, if it went well and that is a `T`.
    pub fn data<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.data.clone()?.downcast().ok()
    }

    /// Returns the value that goes with the mutation; `None` also if it is no `M`.
    pub fn meta<M: Send + Sync + 'static>(&self) -> Option<Arc<M>> {
        self.meta.clone()?.downcast().ok()
    }
}

impl fmt::Debug for MutationState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("MutationState")
            .field("id", &self.id)
            .field("key", &self.key)
            .field("status", &self.status)
            .field("is_paused", &self.is_paused)
            .field("error", &self.error)
            .field("failure_count", &self.failure_count)
            .finish_non_exhaustive()
    }
}

/// The state of a call of a mutation.
pub struct MutationResult<V, T> {
    /// How far it is.
    pub status: MutationStatus,
    /// Whether it waits: for the connection, for focus, for its turn or for a row that it names.
    pub is_paused: bool,
    /// What it was called with.
    pub variables: Option<Arc<V>>,
    /// What came of it.
    pub data: Option<Arc<T>>,
    /// Why it failed.
    pub error: Option<QueryError>,
    /// How often it failed.
    pub failure_count: u32,
    /// The last failure.
    pub failure_reason: Option<QueryError>,
    /// When it was asked for.
    pub submitted_at: Option<Moment>,
    /// Whether the server may have carried it out though no attempt has gone well.
    pub is_uncertain: bool,
    /// Whether it waits until the program [decides](crate::QueryClient::decide_mutation) what becomes of it.
    pub needs_decision: bool,
}

impl<V, T> MutationResult<V, T> {
    pub(crate) fn idle() -> Self {
        Self {
            status: MutationStatus::Idle,
            is_paused: false,
            variables: None,
            data: None,
            error: None,
            failure_count: 0,
            failure_reason: None,
            submitted_at: None,
            is_uncertain: false,
            needs_decision: false,
        }
    }

    /// Returns the state of a call; one that the cache has not heard of yet is pending.
    pub(crate) fn of(snapshot: Option<&MutationSnapshot>, variables: Arc<V>, data: Option<Arc<T>>) -> Self {
        let Some(snapshot) = snapshot else {
            return Self { status: MutationStatus::Pending, variables: Some(variables), ..Self::idle() };
        };
        Self {
            status: snapshot.status,
            is_paused: snapshot.is_paused,
            variables: Some(variables),
            data: data.filter(|_| snapshot.status == MutationStatus::Success),
            error: snapshot.error.clone(),
            failure_count: snapshot.failure_count,
            failure_reason: snapshot.failure_reason.clone(),
            submitted_at: Some(snapshot.submitted_at),
            is_uncertain: snapshot.is_uncertain,
            needs_decision: snapshot.needs_decision,
        }
    }

    /// Returns whether nothing was asked for.
    pub fn is_idle(&self) -> bool {
        self.status == MutationStatus::Idle
    }

    /// Returns whether it is not over.
    pub fn is_pending(&self) -> bool {
        self.status == MutationStatus::Pending
    }

    /// Returns whether it went well.
    pub fn is_success(&self) -> bool {
        self.status == MutationStatus::Success
    }

    /// Returns whether it failed.
    pub fn is_error(&self) -> bool {
        self.status == MutationStatus::Error
    }
}

impl<V, T> Clone for MutationResult<V, T> {
    fn clone(&self) -> Self {
        Self {
            status: self.status,
            is_paused: self.is_paused,
            variables: self.variables.clone(),
            data: self.data.clone(),
            error: self.error.clone(),
            failure_count: self.failure_count,
            failure_reason: self.failure_reason.clone(),
            submitted_at: self.submitted_at,
            is_uncertain: self.is_uncertain,
            needs_decision: self.needs_decision,
        }
    }
}

impl<V, T> fmt::Debug for MutationResult<V, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("MutationResult")
            .field("status", &self.status)
            .field("is_paused", &self.is_paused)
            .field("has_data", &self.data.is_some())
            .field("error", &self.error)
            .field("failure_count", &self.failure_count)
            .finish_non_exhaustive()
    }
}
