//! How does a call of a mutation end: which callbacks run, in which order, and what goes stale?

use std::{
    collections::BTreeSet,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::{Arc, Weak},
};

use crate::{
    clock::Moment,
    error::QueryError,
    event::CacheEvent,
    heart::{Confirmation, EntryFilter, EntryId, Heart, MutationId, RefetchType},
    key::KeyPrefix,
    mutation::{
        MutationCallbacks, MutationEvent, MutationNotice, MutationOptions, MutationState, Run,
        callbacks::{Callback, Callbacks},
        run::state,
    },
    projection::Value,
    shell::{Core, ErasedRun as _, QueryClient, caught},
    signal::lock,
};

/// Returns the callbacks of all mutations.
pub(super) fn callbacks_of(core: &Core) -> Option<&Callbacks<MutationNotice>> {
    let rule = core.shared.mutation_callbacks.get()?;
    Some(&rule.as_any().downcast_ref::<MutationCallbacks>()?.callbacks)
}

/// Which callback is called.
#[derive(Clone, Copy)]
pub(super) enum When {
    Mutate,
    Success,
    Error,
    Settled,
}

fn pick<E>(callbacks: &Callbacks<E>, which: When) -> Option<Arc<dyn Callback<E>>> {
    match which {
        When::Mutate => callbacks.mutate.clone(),
        When::Success => callbacks.success.clone(),
        When::Error => callbacks.error.clone(),
        When::Settled => callbacks.settled.clone(),
    }
}

impl<V, T> Run<V, T>
where
    V: Clone + Send + Sync + 'static,
    T: Send + Sync + 'static,
{
    /// Runs a callback of all mutations, then the mutation's own; a panic is an error. Returns what the latter returned.
    pub(super) async fn tell(
        &self,
        core: &Arc<Core>,
        which: When,
        error: Option<&QueryError>,
    ) -> (Result<(), QueryError>, Result<Option<Value>, QueryError>) {
        if !self.belongs_to(core) {
            // They would act on the cache of somebody else.
            return (Ok(()), Ok(None));
        }
        let all = callbacks_of(core).and_then(|callbacks| pick(callbacks, which));
        let common = match all.zip(self.shown()) {
            Some((callback, shown)) => {
                let notice = MutationNotice {
                    client: QueryClient::from_core(core.clone()),
                    mutation: MutationState { error: error.cloned(), ..state(self.id, &shown) },
                    context: lock(&self.outcome).context.clone(),
                };
                caught(async move { callback.call(notice).await }).await.map(drop)
            }
            None => Ok(()),
        };
        let is_final = matches!(which, When::Error | When::Settled) && error.is_some();
        if common.is_err() && !is_final {
            return (common, Ok(None));
        }
        let options = self.options();
        let own = match pick(&options.callbacks, which) {
            Some(callback) => {
                let event = self.event(core, &options, error);
                caught(async move { callback.call(event).await }).await.map(Some)
            }
            None => Ok(None),
        };
        (common, own)
    }

    fn event(
        &self,
        core: &Arc<Core>,
        options: &MutationOptions<V, T>,
        error: Option<&QueryError>,
    ) -> MutationEvent<V, T> {
        let outcome = lock(&self.outcome);
        MutationEvent {
            client: QueryClient::from_core(core.clone()),
            key: options.key.clone(),
            variables: outcome.variables.clone(),
            data: outcome.data.clone(),
            error: error.cloned(),
            meta: options.settings.meta.clone(),
            context: outcome.context.clone(),
        }
    }

    /// Returns what goes stale; a panic of one of the program's functions is told, and means that nothing does by it.
    fn targets(&self, core: &Arc<Core>, error: Option<&QueryError>) -> Vec<EntryFilter> {
        let options = self.options();
        let data = lock(&self.outcome).data.clone();
        let variables = self.variables();
        let (variables, data) = (&*variables, data.as_deref());
        let mut panicked = false;
        let prefixes = options.invalidates.and_then(|targets| {
            // What is read only is not left half-changed by a panic.
            catch_unwind(AssertUnwindSafe(|| targets(variables, data))).map_err(|_| panicked = true).ok()
        });
        let tags = options.invalidates_tags.and_then(|targets| {
            let outcome = match error {
                Some(error) => Err(error),
                None => Ok(data?),
            };
            catch_unwind(AssertUnwindSafe(|| targets(variables, outcome))).map_err(|_| panicked = true).ok()
        });
        if panicked {
            core.tell(CacheEvent::Panicked(options.key.clone()));
        }
        let under =
            |prefix: KeyPrefix| EntryFilter { prefix: prefix.as_key().segments().to_vec(), ..EntryFilter::default() };
        let tagged = tags.map(|tags| EntryFilter { tags: Some(tags), ..EntryFilter::default() });
        prefixes.into_iter().flatten().map(under).chain(tagged).collect()
    }

    /// Returns whether anybody hears how it ends, before it counts as over.
    fn is_heard(&self, core: &Core) -> bool {
        self.options().callbacks.hear_the_end() || callbacks_of(core).is_some_and(Callbacks::hear_the_end)
    }

    /// The server has carried it out: rule R7 first, then the callbacks, then what goes stale.
    pub(super) async fn confirmed(&self, core: Arc<Core>, confirmation: Confirmation, unreadable: Option<QueryError>) {
        let id = self.id;
        if !self.is_heard(&core) {
            let targets = self.targets(&core, unreadable.as_ref());
            core.run(move |heart, now| {
                heart.for_mutation(id, |heart| heart.mutation_acked(id, &confirmation, now));
                settle(heart, id, unreadable, &targets, now);
            });
            return;
        }
        core.run(move |heart, now| heart.for_mutation(id, |heart| heart.mutation_acked(id, &confirmation, now)));
        let failure = self.let_go(&core, self.hear_success(&core, unreadable)).await;
        let targets = self.targets(&core, failure.as_ref());
        core.run(move |heart, now| settle(heart, id, failure, &targets, now));
    }

    /// Runs the callbacks of a success; returns why it is none (T143).
    async fn hear_success(&self, core: &Arc<Core>, unreadable: Option<QueryError>) -> Option<QueryError> {
        let mut failure = unreadable;
        for which in [When::Success, When::Settled] {
            if failure.is_none() {
                let (common, own) = self.tell(core, which, None).await;
                failure = common.and(own).err();
            }
        }
        // A success that cannot be dealt with is a failure; the server's answer stays in the cache.
        if let Some(error) = &failure {
            self.hear_failure(core, error).await;
        }
        failure
    }

    /// Runs the callbacks of a failure, whose own errors do not hide the one they are about (T142).
    async fn hear_failure(&self, core: &Arc<Core>, error: &QueryError) {
        for which in [When::Error, When::Settled] {
            let _ = self.tell(core, which, Some(error)).await;
        }
    }

    pub(super) async fn rolled_back(self: Arc<Self>, core: Weak<Core>, error: QueryError) {
        let Some(owner) = core.upgrade() else { return };
        let id = self.id;
        self.let_go(&owner, self.hear_failure(&owner, &error)).await;
        let targets = self.targets(&owner, Some(&error));
        owner.run(move |heart, now| settle(heart, id, Some(error), &targets, now));
    }

    /// Runs callbacks; as soon as they wait for something, whatever waited for the answer of this one goes on.
    async fn let_go<R>(&self, core: &Arc<Core>, callbacks: impl Future<Output = R>) -> R {
        let (id, mut told, mut callbacks) = (self.id, false, pin!(callbacks));
        poll_fn(move |context| {
            let poll = callbacks.as_mut().poll(context);
            if poll.is_pending() && !std::mem::replace(&mut told, true) {
                core.run(move |heart, now| heart.for_mutation(id, |heart| heart.mutation_answered(id, now)));
            }
            poll
        })
        .await
    }
}

/// The mutation is over, and what it named goes stale: one event, so that no entry is fetched twice.
fn settle(heart: &mut Heart, id: MutationId, error: Option<QueryError>, targets: &[EntryFilter], now: Moment) {
    heart.for_mutation(id, |heart| {
        heart.mutation_settled(id, error, now);
        let mut entries: BTreeSet<EntryId> = BTreeSet::new();
        for target in targets {
            entries.extend(heart.matching(target, now));
        }
        let entries: Vec<EntryId> = entries.into_iter().collect();
        if !entries.is_empty() {
            // A fetch that runs goes on, and one more follows it (rule R6): a stream of mutations keeps none from landing.
            heart.invalidate(&entries, RefetchType::Active, false, now);
        }
    });
}
