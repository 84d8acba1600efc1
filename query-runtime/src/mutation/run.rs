//! How does one call of a mutation run: sent, confirmed or rolled back, its callbacks in order, its targets invalidated?

use std::{
    collections::BTreeSet,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
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
        callbacks::{Callback, MutationEvent, call},
    },
    shell::{Core, ErasedRun, QueryClient, caught},
    signal::{Signal, lock},
    status::MutationStatus,
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

    /// Runs a callback, if there is one; its panic is its error.
    async fn tell(
        &self,
        callback: Option<&Arc<dyn Callback<V, T>>>,
        core: &Arc<Core>,
        error: Option<&QueryError>,
    ) -> Result<(), QueryError> {
        caught(call(callback.cloned(), self.event(core, error.cloned()))).await
    }

    /// Returns what goes stale; a panic of one of the program's functions means that nothing does by it.
    fn targets(&self, error: Option<&QueryError>) -> Vec<EntryFilter> {
        let data = lock(&self.outcome).data.clone();
        let (variables, data) = (&*self.variables, data.as_deref());
        let prefixes = self.options.invalidates.and_then(|targets| {
            // What is read only is not left half-changed by a panic.
            catch_unwind(AssertUnwindSafe(|| targets(variables, data))).ok()
        });
        let tags = self.options.invalidates_tags.and_then(|targets| {
            let outcome = match error {
                Some(error) => Err(error),
                None => Ok(data?),
            };
            catch_unwind(AssertUnwindSafe(|| targets(variables, outcome))).ok()
        });
        let under =
            |prefix: KeyPrefix| EntryFilter { prefix: prefix.as_key().segments().to_vec(), ..EntryFilter::default() };
        let tagged = tags.map(|tags| EntryFilter { tags: Some(tags), ..EntryFilter::default() });
        prefixes.into_iter().flatten().map(under).chain(tagged).collect()
    }

    /// Runs `on_mutate`, then lets the mutation be sent.
    pub(crate) async fn prepare(self: Arc<Self>, core: Weak<Core>) {
        let Some(owner) = core.upgrade() else { return };
        let event = self.event(&owner, None);
        drop(owner);
        let result = caught(call(self.options.callbacks.mutate.clone(), event)).await;
        let (id, Some(owner)) = (self.id, core.upgrade()) else { return };
        owner.run(move |heart, now| match result {
            Ok(()) => heart.mutation_ready(id, now),
            Err(error) => heart.reject(id, &error, now),
        });
    }

    async fn attempt(self: Arc<Self>, core: Weak<Core>, attempt: u32) {
        let context = MutationContext::new(core.clone(), self.idempotency_key.clone(), attempt);
        let result = caught(async { self.options.send.call(context, V::clone(&self.variables)).await }).await;
        let (id, Some(owner)) = (self.id, core.upgrade()) else { return };
        match result {
            Ok(data) => {
                let data = Arc::new(data);
                // The first rule is about the row that the answer holds, if it holds one.
                let confirmation = self.options.optimism.first().map(|one| one.confirmation(&data)).unwrap_or_default();
                lock(&self.outcome).data = Some(data);
                self.confirmed(owner, confirmation, None).await;
            }
            // The server has carried it out and its answer cannot be read: nothing is taken back (S19).
            Err(error) if error.is_decode() => self.confirmed(owner, Confirmation::default(), Some(error)).await,
            Err(error) => {
                owner.run(move |heart, now| heart.mutation_failed(id, &error, now));
            }
        }
    }

    /// The server has carried it out: rule R7 first, then the callbacks, then what goes stale.
    async fn confirmed(&self, core: Arc<Core>, confirmation: Confirmation, unreadable: Option<QueryError>) {
        let id = self.id;
        let callbacks = &self.options.callbacks;
        let hears = callbacks.success.is_some() || callbacks.error.is_some() || callbacks.settled.is_some();
        if !hears {
            let targets = self.targets(unreadable.as_ref());
            core.run(move |heart, now| {
                heart.mutation_acked(id, &confirmation, now);
                settle(heart, id, unreadable, &targets, now);
            });
            return;
        }
        core.run(move |heart, now| heart.mutation_acked(id, &confirmation, now));
        let mut failure = match unreadable {
            Some(error) => Some(error),
            None => self.tell(callbacks.success.as_ref(), &core, None).await.err(),
        };
        if let Some(error) = &failure {
            // A success that cannot be dealt with is a failure (T143); the server's answer stays in the cache.
            let _ = self.tell(callbacks.error.as_ref(), &core, Some(error)).await;
        }
        let settled = self.tell(callbacks.settled.as_ref(), &core, failure.as_ref()).await;
        failure = failure.or(settled.err());
        let targets = self.targets(failure.as_ref());
        core.run(move |heart, now| settle(heart, id, failure, &targets, now));
    }

    async fn rolled_back(self: Arc<Self>, core: Weak<Core>, error: QueryError) {
        let Some(owner) = core.upgrade() else { return };
        let (id, callbacks) = (self.id, &self.options.callbacks);
        // Errors of these callbacks do not hide the error they are about (T142).
        let _ = self.tell(callbacks.error.as_ref(), &owner, Some(&error)).await;
        let _ = self.tell(callbacks.settled.as_ref(), &owner, Some(&error)).await;
        let targets = self.targets(Some(&error));
        owner.run(move |heart, now| settle(heart, id, Some(error), &targets, now));
    }
}

/// The mutation is over, and what it named goes stale: one event, so that no entry is fetched twice.
fn settle(heart: &mut Heart, id: MutationId, error: Option<QueryError>, targets: &[EntryFilter], now: Moment) {
    heart.mutation_settled(id, error, now);
    let mut entries: BTreeSet<EntryId> = BTreeSet::new();
    for target in targets {
        entries.extend(heart.matching(target, now));
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

    fn note(&self, now: Option<Arc<MutationSnapshot>>) {
        let mut outcome = lock(&self.outcome);
        let (error, is_over) = match &now {
            Some(now) => (now.error.clone(), matches!(now.status, MutationStatus::Success | MutationStatus::Error)),
            // The cache was cleared; one that is over has only left.
            None if outcome.is_over => return,
            None => (Some(QueryError::cancelled()), true),
        };
        outcome.is_over = is_over;
        let old = (std::mem::replace(&mut outcome.error, error), now.and_then(|now| outcome.snapshot.replace(now)));
        drop(outcome);
        // An error may hold a value of the program: its destructor runs outside of the lock.
        drop(old);
    }

    fn wake(&self) {
        self.signal.raise();
    }
}
