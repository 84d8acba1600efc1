//! How is one attempt of a mutation made, and what is done when it has failed?

use std::sync::{Arc, Weak};

use crate::{
    error::QueryError,
    heart::{Confirmation, FetchRequest},
    mutation::{Conflict, MutationContext, MutationOptions, Resolution, Run},
    projection::Value,
    shell::{AbortGuard, Core, QueryClient, Settled, caught},
    signal::lock,
    sync::atomic::AtomicBool,
};

impl<V, T> Run<V, T>
where
    V: Clone + Send + Sync + 'static,
    T: Send + Sync + 'static,
{
    /// Sends it, and tells the heart what came of it.
    pub(super) async fn attempt(self: Arc<Self>, core: Weak<Core>, attempt: u32, consumed: Arc<AtomicBool>) {
        let (guard, options, mut marks) = (AbortGuard::new(), self.options(), None);
        self.journal.begin();
        let result = match options.send.clone() {
            Some(send) => {
                let context = MutationContext::new(
                    core.clone(),
                    options.key.clone(),
                    options.settings.meta.clone(),
                    self.journal.clone(),
                    attempt,
                    consumed,
                    &guard,
                )
                .for_principal(lock(&self.outcome).principal.clone());
                let variables = self.variables();
                marks = Some(context.watermarks());
                caught(async move { send.call(context, V::clone(&variables)).await }).await
            }
            None => Err(QueryError::missing_mutation()),
        };
        guard.done();
        let (id, Some(owner)) = (self.id, core.upgrade()) else { return };
        let (key, mark) = (options.key.clone(), marks.and_then(|marks| marks.highest()));
        owner.run(move |heart, _| heart.hears_of(id, key));
        match result {
            Ok(data) => {
                let data = Arc::new(data);
                // The first rule is about the row that the answer holds, if it holds one.
                let confirmation = options.optimism.first().map(|one| one.confirmation(&data)).unwrap_or_default();
                lock(&self.outcome).data = Some(data);
                self.confirmed(owner, Confirmation { mark, ..confirmation }, None).await;
            }
            // The server has carried it out and its answer cannot be read: nothing is taken back (S19).
            Err(error) if error.is_decode() => {
                self.confirmed(owner, Confirmation { mark, ..Confirmation::default() }, Some(error)).await;
            }
            // What was to be deleted is not there: that is what was asked for (S90).
            Err(error) if matches!(error.status(), Some(404 | 410)) && self.deletes(&options) => {
                self.confirmed_without_answer(owner, error).await;
            }
            Err(error) => self.failed_once(&owner, &options, error),
        }
    }

    /// Tells the heart of a failure.
    fn failed_once(&self, core: &Arc<Core>, options: &MutationOptions<V, T>, error: QueryError) {
        let id = self.id;
        // Who says nothing lets the verbs of its requests say whether they may be sent again.
        let may_repeat = options.settings.idempotent.is_none() && self.journal.is_idempotent();
        let is_in_progress = match &options.in_progress {
            Some(test) => test.says_wait(&error),
            // A conflict that the server has found has no reason to pass by itself.
            None => options.is_keyed() && error.status() == Some(409) && error.retry_after().is_some(),
        };
        core.run(move |heart, now| {
            heart.for_mutation(id, |heart| {
                if may_repeat {
                    heart.may_be_repeated(id);
                }
                if is_in_progress {
                    heart.mutation_in_progress(id, &error, now);
                } else {
                    heart.mutation_failed(id, &error, now);
                }
            });
        });
    }

    /// Returns whether all that it does is to delete.
    fn deletes(&self, options: &MutationOptions<V, T>) -> bool {
        if options.optimism.is_empty() {
            self.journal.ended_with_delete()
        } else {
            options.optimism.iter().all(|one| one.deletes())
        }
    }

    /// The server has carried it out, and there is no answer: its result is nothing, or what a deletion returns without one.
    async fn confirmed_without_answer(&self, core: Arc<Core>, error: QueryError) {
        let options = self.options();
        let nothing: Value = Arc::new(());
        let data = match options.when_gone {
            Some(result) if self.deletes(&options) => Some(Arc::new(result(&self.variables()))),
            _ => nothing.downcast::<T>().ok(),
        };
        let unreadable = data.is_none().then_some(error);
        lock(&self.outcome).data = data;
        self.confirmed(core, Confirmation::default(), unreadable).await;
    }

    /// The program or the heart knows that there is nothing left to do.
    pub(super) async fn is_assumed(self: Arc<Self>, core: Weak<Core>) {
        let Some(owner) = core.upgrade() else { return };
        let error = QueryError::decode("the server's answer was lost");
        self.confirmed_without_answer(owner, error).await;
    }

    /// Lets the program say how it goes on after a conflict.
    ///
    /// If the conflict may be one with an earlier attempt, the details of its rows are fetched first.
    pub(super) async fn resolve(self: Arc<Self>, core: Weak<Core>, error: QueryError, is_uncertain: bool, round: u32) {
        let Some(owner) = core.upgrade() else { return };
        let id = self.id;
        if !self.belongs_to(&owner) {
            // Nobody is there who could decide; its caller hears of the conflict.
            owner.run(move |heart, now| heart.for_mutation(id, |heart| heart.discard(id, &error, now)));
            return;
        }
        if is_uncertain {
            let fetched = owner.run_and_wait(move |heart, now| {
                let details = heart.details_of(id).into_iter();
                ((), details.filter_map(|detail| heart.fetch(detail, FetchRequest::whole(), now)).collect())
            });
            // Who waits for the network must not keep the client alive.
            drop(owner);
            Settled::of(fetched.map(|((), waiters)| waiters).unwrap_or_default()).await;
        } else {
            drop(owner);
        }
        let Some(owner) = core.upgrade() else { return };
        let row = owner.run(move |heart, _| heart.details_of(id).into_iter().find_map(|detail| heart.base(detail)));
        let options = self.options();
        let resolution = match &options.on_conflict {
            Some(handler) => {
                let conflict = Conflict {
                    client: QueryClient::from_core(owner.clone()),
                    variables: self.variables(),
                    error: error.clone(),
                    is_uncertain,
                    round,
                    row: row.flatten(),
                };
                let handler = handler.clone();
                caught(async move { Ok(handler.resolve(conflict).await) }).await
            }
            None => Ok(Resolution::Discard),
        };
        match resolution {
            // A handler that panics has decided nothing: its conflict is the failure that it was.
            Ok(Resolution::Discard) | Err(_) => {
                owner.run(move |heart, now| heart.for_mutation(id, |heart| heart.discard(id, &error, now)))
            }
            Ok(Resolution::KeepServer) => {
                owner.run(move |heart, now| heart.for_mutation(id, |heart| heart.keep_server(id, &error, now)))
            }
            Ok(Resolution::Applied) => {
                owner.run(move |heart, now| heart.for_mutation(id, |heart| heart.applied(id, now)))
            }
            Ok(Resolution::RetryWith(variables)) => self.ask_again(&owner, &options, variables, error),
        };
    }

    /// Asks for something else in the place of what was refused.
    fn ask_again(
        &self,
        core: &Arc<Core>,
        options: &MutationOptions<V, T>,
        variables: V,
        error: QueryError,
    ) -> Option<()> {
        let id = self.id;
        let before = core.run(move |heart, _| heart.ops_of(id)).unwrap_or_default();
        let (ops, names) = options.asks_for(&variables, core.env.wall(), &before);
        let old = std::mem::replace(&mut lock(&self.outcome).variables, Arc::new(variables));
        drop(old);
        self.journal.renew();
        let key = self.journal.key();
        core.run(move |heart, now| {
            heart.for_mutation(id, |heart| {
                heart.retry_with(id, ops, &names, &error, now);
                heart.has_key(id, key);
            });
        })
    }
}
