//! Which mutations does a call mean?

use std::{fmt, sync::Arc};

use crate::{
    key::{KeyPrefix, QueryKey},
    marker::{MaybeSend, MaybeSync},
    mutation::MutationState,
    status::MutationStatus,
};

/// A test that a mutation passes or not.
trait Predicate: MaybeSend + MaybeSync {
    fn test(&self, mutation: &MutationState) -> bool;
}

impl<F: Fn(&MutationState) -> bool + MaybeSend + MaybeSync> Predicate for F {
    fn test(&self, mutation: &MutationState) -> bool {
        self(mutation)
    }
}

/// Which mutations are meant. Everything that is said must hold.
///
/// A key and a prefix turn into the filter of all mutations whose key lies under them.
#[derive(Clone)]
pub struct MutationFilter {
    prefix: QueryKey,
    exact: bool,
    status: Option<MutationStatus>,
    paused: Option<bool>,
    predicate: Option<Arc<dyn Predicate>>,
}

impl fmt::Debug for MutationFilter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("MutationFilter")
            .field("prefix", &self.prefix)
            .field("exact", &self.exact)
            .field("status", &self.status)
            .field("paused", &self.paused)
            .field("has_predicate", &self.predicate.is_some())
            .finish()
    }
}

impl MutationFilter {
    /// Returns the filter of all mutations.
    pub fn all() -> Self {
        Self::under(QueryKey::of_segments(Vec::new()))
    }

    /// Returns the filter of the mutations whose key lies under a prefix.
    pub fn under(prefix: impl Into<KeyPrefix>) -> Self {
        Self { prefix: prefix.into().into_key(), exact: false, status: None, paused: None, predicate: None }
    }

    /// Returns the filter of the mutations with this key.
    pub fn exact(key: impl Into<KeyPrefix>) -> Self {
        Self { exact: true, ..Self::under(key) }
    }

    /// Only those that are this far.
    #[must_use]
    pub fn status(mut self, status: MutationStatus) -> Self {
        self.status = Some(status);
        self
    }

    /// Only those that are not over; paused ones are among them.
    #[must_use]
    pub fn pending(self) -> Self {
        self.status(MutationStatus::Pending)
    }

    /// Only those that wait: for the connection, for focus, for their turn or for a row that they name.
    #[must_use]
    pub fn paused(mut self) -> Self {
        self.paused = Some(true);
        self
    }

    /// Only those that pass a test. It is called outside of every lock.
    #[must_use]
    pub fn predicate(mut self, test: impl Fn(&MutationState) -> bool + MaybeSend + MaybeSync + 'static) -> Self {
        self.predicate = Some(Arc::new(test));
        self
    }

    /// Returns whether a mutation is meant.
    pub fn matches(&self, mutation: &MutationState) -> bool {
        (if self.exact { mutation.key == self.prefix } else { mutation.key.starts_with(&self.prefix) })
            && self.status.is_none_or(|status| mutation.status == status)
            && self.paused.is_none_or(|paused| mutation.is_paused == paused)
            && self.predicate.as_ref().is_none_or(|predicate| predicate.test(mutation))
    }
}

impl From<KeyPrefix> for MutationFilter {
    fn from(prefix: KeyPrefix) -> Self {
        Self::under(prefix)
    }
}

impl From<&KeyPrefix> for MutationFilter {
    fn from(prefix: &KeyPrefix) -> Self {
        Self::under(prefix.clone())
    }
}

impl From<QueryKey> for MutationFilter {
    fn from(key: QueryKey) -> Self {
        Self::under(key)
    }
}

impl From<&QueryKey> for MutationFilter {
    fn from(key: &QueryKey) -> Self {
        Self::under(key)
    }
}
