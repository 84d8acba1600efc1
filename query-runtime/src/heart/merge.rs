//! What becomes of data that is there when a fetch brings more?

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use crate::{
    error::QueryError,
    heart::entry::Entry,
    marker::{MaybeSend, MaybeSync},
    projection::Value,
};

/// Makes one value of what is there and what a fetch has brought.
pub(crate) trait Merge: MaybeSend + MaybeSync {
    /// Returns both in one.
    fn merge(&self, current: &Value, incoming: Value) -> Value;
}

/// How an entry merges, if it does.
#[derive(Clone, Default)]
pub(crate) struct Merges(pub(crate) Option<Arc<dyn Merge>>);

impl fmt::Debug for Merges {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Merges").field(&self.0.is_some()).finish()
    }
}

impl Entry {
    /// Returns what the base becomes when a fetch has brought this.
    ///
    /// # Errors
    ///
    /// The program's function panicked.
    pub(crate) fn merged(&self, incoming: Value) -> Result<Value, QueryError> {
        let (Some(merge), Some(current)) = (&self.merges.0, &self.base) else { return Ok(incoming) };
        // Both are only read: a panic in the middle leaves nothing half-changed.
        catch_unwind(AssertUnwindSafe(|| merge.merge(current, incoming)))
            .map_err(|_| QueryError::message("a function of the program panicked").without_retry())
    }
}
