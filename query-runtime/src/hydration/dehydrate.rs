//! Which part of a cache is dehydrated?

use std::fmt;

use crate::{
    client::QueryFilter,
    heart::Carried,
    key::QueryKey,
    mutation::{MutationFilter, SavedMutation, paused},
    shell::QueryClient,
    status::QueryStatus,
};

/// Which queries and mutations are dehydrated, and how. Serves many times.
#[derive(Clone)]
pub struct Dehydrate {
    queries: QueryFilter,
    mutations: Option<MutationFilter>,
    any_status: bool,
    errors: bool,
}

impl Default for Dehydrate {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Dehydrate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Dehydrate")
            .field("queries", &self.queries)
            .field("mutations", &self.mutations)
            .field("any_status", &self.any_status)
            .field("errors", &self.errors)
            .finish()
    }
}

impl Dehydrate {
    /// Means all queries that have data and did not fail last, and all mutations that wait.
    pub fn new() -> Self {
        let mutations = Some(MutationFilter::all());
        Self { queries: QueryFilter::all(), mutations, any_status: false, errors: false }
    }

    /// Only queries that this filter means, too.
    #[must_use]
    pub fn queries(mut self, filter: impl Into<QueryFilter>) -> Self {
        self.queries = filter.into();
        self
    }

    /// Only mutations that this filter means, too: no filter makes one that does not wait worth saving.
    #[must_use]
    pub fn mutations(mut self, filter: impl Into<MutationFilter>) -> Self {
        self.mutations = Some(filter.into());
        self
    }

    /// No mutations.
    #[must_use]
    pub fn no_mutations(mut self) -> Self {
        self.mutations = None;
        self
    }

    /// Also queries whose last fetch failed, with the data that they have, and those without data.
    #[must_use]
    pub fn any_status(mut self) -> Self {
        self.any_status = true;
        self
    }

    /// Writes what errors say. *Default*: that there was one, since its text may tell what only the server shall know.
    #[must_use]
    pub fn with_errors(mut self) -> Self {
        self.errors = true;
        self
    }

    /// Returns the mutations that are meant, and what can be saved of them.
    pub(super) fn paused(&self, client: &QueryClient) -> Vec<(QueryKey, Option<SavedMutation>)> {
        self.mutations.as_ref().map(|filter| paused(client.core(), filter)).unwrap_or_default()
    }

    pub(super) fn tells_errors(&self) -> bool {
        self.errors
    }

    /// Returns what is meant, in the order in which it came into the cache.
    pub(super) fn carried(&self, client: &QueryClient) -> Vec<Carried> {
        let pick = self.queries.clone().pick(client.core());
        let found = client.core().run(move |heart, now| {
            let meant = pick(heart, now).into_iter();
            meant.filter_map(|id| heart.carried(id)).collect::<Vec<_>>()
        });
        let mut found = found.unwrap_or_default();
        found.retain(|one| self.any_status || one.record.status == QueryStatus::Success);
        found
    }
}
