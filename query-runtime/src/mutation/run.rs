//! How does one call of a mutation run: sent, confirmed or rolled back, its callbacks in order, its targets invalidated?

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, Mutex, Weak},
};

use crate::{
    clock::Moment,
    error::QueryError,
    heart::{Confirmation, EntryFilter, EntryId, Heart, MutationId, MutationSnapshot, RefetchType},
    key::KeyPrefix,
    marker::BoxFuture,
    mutation::{
        MutationContext, MutationOptions,
        callbacks::{MutationEvent, call},
    },
    shell::{Core, ErasedRun, QueryClient},
    signal::{Signal, lock},
};

/// What a call has come to.
pub(crate) struct Outcome<T> {
    pub(crate) data: Option<Arc<T>>,
    pub(crate) error: Option<QueryError>,
    pub(crate) is_over: bool,
    /// What readers saw last.
    pub(crate) snapshot: Option<Arc<MutationSnapshot>>,
}

impl<T> Default for Outcome<T> {
    fn default() -> Self {
        Self { data: None, error: None, is_over: false, snapshot: None }
    }
}

/// One call of a mutation.
pub(crate) struct Run<V, T> {
    pub(crate) id: MutationId,
    pub(crate) options: MutationOptions<V, T>,
    pub(crate) variables: Arc<V>,
    pub(crate) idempotency_key: Arc<str>,
    pub(crate) outcome: Mutex<Outcome<T>>,
    pub(crate) signal: Arc<Signal>,
}

impl<V, T> fmt::Debug for Run<V, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Run").field("id", &self.id).finish_non_exhaustive()
    }
}

impl<V, T> Run<V, T>
where
    V: Clone + Send + Sync + 'static,
    T: Send + Sync + 'static,
{
    fn event(&self, core: &Arc<Core>, error: Option<QueryError>) -> MutationEvent<V, T> {
        MutationEvent {
            client: QueryClient::from_core(core.clone()),
            variables: self.variables.clone(),
            data: lock(&self.outcome).data.clone(),
            error,
        }
    }

    fn targets(&self) -> Vec<KeyPrefix> {
        let data = lock(&self.outcome).data.clone();
        self.options.invalidates.map(|targets| targets(&self.variables, data.as_deref())).unwrap_or_default()
    }

    /// Runs `on_mutate`, then lets the mutation be sent.
    pub(crate) async fn prepare(self: Arc<Self>, core: Weak<Core>) {
        let Some(owner) = core.upgrade() else { return };
        let event = self.event(&owner, None);
        drop(owner);
        let result = call(self.options.callbacks.mutate.clone(), event).await;
        let (id, Some(owner)) = (self.id, core.upgrade()) else { return };
        owner.run(move |heart, now| match result {
            Ok(()) => heart.mutation_ready(id, now),
            Err(error) => heart.reject(id, &error, now),
        });
    }

    async fn attempt(self: Arc<Self>, core: Weak<Core>, attempt: u32) {
        let context = MutationContext::new(core.clone(), self.idempotency_key.clone(), attempt);
        let result = self.options.send.call(context, V::clone(&self.variables)).await;
        let (id, Some(owner)) = (self.id, core.upgrade()) else { return };
        match result {
            Ok(data) => {
                let data = Arc::new(data);
                // The first rule is about the row that the answer holds, if it holds one.
                let confirmation = self.options.optimism.first().map(|one| one.confirmation(&data)).unwrap_or_default();
                lock(&self.outcome).data = Some(data);
                self.confirmed(owner, confirmation).await;
            }
            Err(error) => {
                owner.run(move |heart, now| heart.mutation_failed(id, &error, now));
            }
        }
    }

    /// The server has carried it out: rule R7 first, then the callbacks, then what goes stale.
    async fn confirmed(&self, core: Arc<Core>, confirmation: Confirmation) {
        let id = self.id;
        let callbacks = &self.options.callbacks;
        if callbacks.success.is_none() && callbacks.settled.is_none() {
            let targets = self.targets();
            core.run(move |heart, now| {
                heart.mutation_acked(id, &confirmation, now);
                settle(heart, id, None, &targets, now);
            });
            return;
        }
        core.run(move |heart, now| heart.mutation_acked(id, &confirmation, now));
        let mut failure = call(callbacks.success.clone(), self.event(&core, None)).await.err();
        if let Some(error) = &failure {
            // A success that cannot be dealt with is a failure (T143); the server's answer stays in the cache.
            let _ = call(callbacks.error.clone(), self.event(&core, Some(error.clone()))).await;
        }
        let settled = call(callbacks.settled.clone(), self.event(&core, failure.clone())).await;
        failure = failure.or(settled.err());
        let targets = self.targets();
        core.run(move |heart, now| settle(heart, id, failure, &targets, now));
    }

    async fn rolled_back(self: Arc<Self>, core: Weak<Core>, error: QueryError) {
        let Some(owner) = core.upgrade() else { return };
        let (id, callbacks) = (self.id, &self.options.callbacks);
        // Errors of these callbacks do not hide the error they are about (T142).
        let _ = call(callbacks.error.clone(), self.event(&owner, Some(error.clone()))).await;
        let _ = call(callbacks.settled.clone(), self.event(&owner, Some(error.clone()))).await;
        let targets = self.targets();
        owner.run(move |heart, now| settle(heart, id, Some(error), &targets, now));
    }
}

/// The mutation is over, and what it named goes stale: one event, so that no entry is fetched twice.
fn settle(heart: &mut Heart, id: MutationId, error: Option<QueryError>, targets: &[KeyPrefix], now: Moment) {
    heart.mutation_settled(id, error, now);
    let mut entries: BTreeSet<EntryId> = BTreeSet::new();
    for target in targets {
        let filter = EntryFilter { prefix: target.as_key().segments().to_vec(), ..EntryFilter::default() };
        entries.extend(heart.matching(&filter, now));
    }
    let entries: Vec<EntryId> = entries.into_iter().collect();
    if !entries.is_empty() {
        heart.invalidate(&entries, RefetchType::Active, true, now);
    }
}

impl<V, T> ErasedRun for Run<V, T>
where
    V: Clone + Send + Sync + 'static,
    T: Send + Sync + 'static,
{
    fn send(self: Arc<Self>, core: &Arc<Core>, attempt: u32) -> BoxFuture<'static, ()> {
        Box::pin(self.attempt(Arc::downgrade(core), attempt))
    }

    fn failed(self: Arc<Self>, core: &Arc<Core>, error: QueryError) -> BoxFuture<'static, ()> {
        Box::pin(self.rolled_back(Arc::downgrade(core), error))
    }

    fn wake(&self, core: &Core) {
        {
            let snapshot = core.mutation(self.id);
            let mut outcome = lock(&self.outcome);
            match &snapshot {
                Some(now) => {
                    outcome.error.clone_from(&now.error);
                    outcome.is_over = matches!(
                        now.status,
                        crate::status::MutationStatus::Success | crate::status::MutationStatus::Error
                    );
                }
                None if !outcome.is_over => {
                    // The cache was cleared.
                    outcome.error = Some(QueryError::cancelled());
                    outcome.is_over = true;
                }
                None => {}
            }
            if snapshot.is_some() {
                outcome.snapshot = snapshot;
            }
        }
        self.signal.raise();
    }
}
