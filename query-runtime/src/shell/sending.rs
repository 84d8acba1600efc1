//! What sends the mutations, and what of them is running?

use std::sync::Arc;

use crate::{
    error::QueryError,
    heart::{Meta, MutationId, MutationSnapshot, NamedScope, PublishedMutation},
    marker::{BoxFuture, MaybeSend, MaybeSync},
    projection::Value,
    shell::core::Core,
    signal::lock,
    spawn::TaskHandle,
    sync::atomic::{AtomicBool, Ordering},
};

/// A call of a mutation, without its types.
pub(crate) trait ErasedRun: MaybeSend + MaybeSync {
    /// Sends it and sees it through. `consumed` becomes true when its function uses what ends with its future.
    fn send(self: Arc<Self>, core: &Arc<Core>, attempt: u32, consumed: Arc<AtomicBool>) -> BoxFuture<'static, ()>;

    /// It has failed for good and is rolled back.
    fn failed(self: Arc<Self>, core: &Arc<Core>, error: QueryError) -> BoxFuture<'static, ()>;

    /// It conflicts with what the server has: lets the program say how it goes on.
    fn conflict(
        self: Arc<Self>,
        core: &Arc<Core>,
        error: QueryError,
        is_uncertain: bool,
        round: u32,
    ) -> BoxFuture<'static, ()>;

    /// The server is said to have carried it out.
    fn assumed(self: Arc<Self>, core: &Arc<Core>) -> BoxFuture<'static, ()>;

    /// Notes what readers see of it now; `None`: it is gone. Called in the order of the commits.
    fn note(&self, now: Option<Arc<MutationSnapshot>>);

    /// Tells those who look at it, outside of everything.
    fn wake(&self);

    /// Returns what readers see of it, its variables, and the result once it has one; `None`: nothing yet.
    fn shown(&self) -> Option<ShownRun>;

    /// Returns what a later client needs to send it; `None`: its options do not say how its variables are written.
    fn portable(&self) -> Option<PortableRun>;
}

/// What a later client needs to send a mutation, beside its state.
pub(crate) struct PortableRun {
    /// What it was called with.
    pub(crate) variables: serde_json::Value,
    /// The scope it runs in.
    pub(crate) scope: Option<NamedScope>,
    /// By what a server can tell that it has seen the mutation.
    pub(crate) idempotency_key: Arc<str>,
}

/// What readers see of a call of a mutation, without its types.
pub(crate) struct ShownRun {
    /// Its state.
    pub(crate) snapshot: Arc<MutationSnapshot>,
    /// What it was called with.
    pub(crate) variables: Value,
    /// What came of it.
    pub(crate) data: Option<Value>,
    /// The value that goes with it.
    pub(crate) meta: Option<Meta>,
}

/// The task of a mutation's current attempt; dropping it aborts the attempt.
pub(crate) struct Sending {
    /// The task.
    pub(crate) handle: TaskHandle,
    /// Whether the attempt ends with its future.
    pub(crate) consumed: Arc<AtomicBool>,
}

impl Core {
    /// Adds what sends a mutation.
    pub(crate) fn add_run(&self, mutation: MutationId, run: Arc<dyn ErasedRun>) {
        lock(&self.tasks).runs.insert(mutation, run);
    }

    /// Returns what sends the mutations, in the order in which they were asked for.
    pub(crate) fn runs(&self) -> Vec<(MutationId, Arc<dyn ErasedRun>)> {
        lock(&self.tasks).runs.iter().map(|(id, run)| (*id, run.clone())).collect()
    }

    /// Returns whether the attempt of a mutation that is on its way ends when its future is dropped.
    pub(crate) fn is_abortable(&self, mutation: MutationId) -> bool {
        lock(&self.tasks).sending.get(&mutation).is_some_and(|sending| sending.consumed.load(Ordering::Acquire))
    }

    /// Starts an attempt of a mutation; returns the task that it replaces.
    pub(super) fn send_mutation(self: &Arc<Self>, mutation: MutationId, attempt: u32) -> Option<Sending> {
        let run = lock(&self.tasks).runs.get(&mutation).cloned()?;
        let consumed = Arc::new(AtomicBool::new(false));
        let handle = self.env.spawn(run.send(self, attempt, consumed.clone()));
        lock(&self.tasks).sending.insert(mutation, Sending { handle, consumed })
    }

    /// Does what follows when a mutation was not simply carried out.
    pub(super) fn go_on(
        self: &Arc<Self>,
        mutation: MutationId,
        how: impl FnOnce(Arc<dyn ErasedRun>) -> BoxFuture<'static, ()>,
    ) {
        let run = lock(&self.tasks).runs.get(&mutation).cloned();
        if let Some(run) = run {
            self.env.spawn(how(run)).detach();
        }
    }

    /// Notes what readers see of mutations now; returns what is to be told to those who look.
    pub(super) fn note_mutations(&self, changed: Vec<PublishedMutation>) -> Vec<Arc<dyn ErasedRun>> {
        let mut noted = Vec::new();
        {
            let mut tasks = lock(&self.tasks);
            for (mutation, snapshot) in changed {
                let run = if snapshot.is_some() {
                    tasks.runs.get(&mutation).cloned()
                } else {
                    tasks.sending.remove(&mutation).map(|sending| sending.handle.detach()).unwrap_or_default();
                    tasks.runs.remove(&mutation)
                };
                noted.extend(run.map(|run| (run, snapshot)));
            }
        }
        let note = |(run, snapshot): (Arc<dyn ErasedRun>, _)| {
            run.note(snapshot);
            run
        };
        noted.into_iter().map(note).collect()
    }
}
