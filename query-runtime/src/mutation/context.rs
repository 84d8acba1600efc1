//! What can the function that sends a mutation use?

use std::{
    fmt,
    sync::{Arc, Mutex, Weak},
};

use crate::{
    client::{QueryClient, core::Core},
    error::QueryError,
    key::KeySegment,
    marker::BoxFuture,
    request::{Request, Response},
    signal::lock,
};

/// Sends the requests of one attempt of a mutation.
#[derive(Clone)]
pub struct MutationContext {
    core: Weak<Core>,
    key: Arc<str>,
    attempt: u32,
    /// The bytes of the first attempt: a retry sends the same ones.
    names: Arc<Mutex<Vec<(KeySegment, KeySegment)>>>,
}

impl fmt::Debug for MutationContext {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("MutationContext")
            .field("idempotency_key", &self.key)
            .field("attempt", &self.attempt)
            .finish_non_exhaustive()
    }
}

impl MutationContext {
    pub(crate) fn new(core: Weak<Core>, key: Arc<str>, attempt: u32) -> Self {
        Self { core, key, attempt, names: Arc::default() }
    }

    /// Returns the key by which a server can tell that it has seen this mutation; all attempts have the same.
    pub fn idempotency_key(&self) -> &str {
        &self.key
    }

    /// Returns the number of the attempt, from 0.
    pub fn attempt(&self) -> u32 {
        self.attempt
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
