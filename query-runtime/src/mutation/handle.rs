//! How is one call of a mutation awaited, and given up?

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use crate::{
    error::QueryError,
    heart::MutationId,
    marker::{MaybeSend, MaybeSync},
    mutation::Run,
    shell::Core,
    signal::{Changed, Signal},
    status::Decision,
};

/// A call of a mutation: a future of its result.
///
/// It acts whether or not it is awaited; dropping it cancels nothing.
pub struct MutationHandle<T> {
    core: Arc<Core>,
    id: MutationId,
    call: Arc<dyn Call<T>>,
    waits: Option<Changed>,
}

impl<T> fmt::Debug for MutationHandle<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("MutationHandle").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A call, without the type of its variables.
trait Call<T>: MaybeSend + MaybeSync {
    /// Returns how it ended; `None`: it is not over.
    fn outcome(&self) -> Option<Result<Arc<T>, QueryError>>;

    /// Returns whether the server may have carried it out though no attempt has gone well.
    fn is_uncertain(&self) -> bool;

    /// Is raised with each change.
    fn signal(&self) -> &Arc<Signal>;
}

impl<V, T> Call<T> for Run<V, T>
where
    V: Clone + Send + Sync + 'static,
    T: Send + Sync + 'static,
{
    fn outcome(&self) -> Option<Result<Arc<T>, QueryError>> {
        self.result()
    }

    fn is_uncertain(&self) -> bool {
        self.shown_result().is_uncertain
    }

    fn signal(&self) -> &Arc<Signal> {
        &self.signal
    }
}

/// Gives mutations up; returns how many.
pub(crate) fn cancel(core: &Arc<Core>, mutations: Vec<MutationId>) -> usize {
    let mutations: Vec<_> = mutations.into_iter().map(|id| (id, core.is_abortable(id))).collect();
    let cancelled = core.run(move |heart, now| {
        mutations.into_iter().filter(|(id, aborts)| heart.cancel_mutation(*id, *aborts, now)).count()
    });
    cancelled.unwrap_or_default()
}

/// Says what becomes of a mutation of which nobody knows whether the server has carried it out.
pub(crate) fn decide(core: &Arc<Core>, mutation: MutationId, decision: Decision) -> bool {
    core.run(move |heart, now| heart.decide_mutation(mutation, decision, now)).unwrap_or_default()
}

impl<T> MutationHandle<T> {
    pub(crate) fn new<V>(core: Arc<Core>, run: Arc<Run<V, T>>) -> Self
    where
        V: Clone + Send + Sync + 'static,
        T: Send + Sync + 'static,
    {
        Self { core, id: run.id, call: run, waits: None }
    }

    /// Returns the name of the call, under which [`mutations`](crate::QueryClient::mutations) shows it.
    pub fn id(&self) -> MutationId {
        self.id
    }

    /// Gives the call up; returns whether that was still possible. See
    /// [`cancel_mutations`](crate::QueryClient::cancel_mutations).
    pub fn cancel(&self) -> bool {
        cancel(&self.core, vec![self.id]) > 0
    }

    /// Returns whether the server may have carried it out though no attempt has gone well.
    pub fn is_uncertain(&self) -> bool {
        self.call.is_uncertain()
    }

    /// Says what becomes of the call while it waits for that; returns whether it did. See
    /// [`decide_mutation`](crate::QueryClient::decide_mutation).
    pub fn decide(&self, decision: Decision) -> bool {
        decide(&self.core, self.id, decision)
    }
}

impl<T> Future for MutationHandle<T> {
    type Output = Result<Arc<T>, QueryError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            // First the number of changes, then the state: a change in between is seen by the next round.
            let seen = self.call.signal().version();
            if let Some(outcome) = self.call.outcome() {
                return Poll::Ready(outcome);
            }
            let signal = self.call.signal().clone();
            let waits = self.waits.get_or_insert_with(|| signal.changed(seen));
            match Pin::new(waits).poll(context) {
                Poll::Ready(_) => self.waits = None,
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}
