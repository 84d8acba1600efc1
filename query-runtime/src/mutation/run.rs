//! What is one call of a mutation: what it was called with, what readers see of it, and what it asks the heart for?

use std::{
    fmt,
    sync::{Arc, Weak},
};

use crate::{
    error::QueryError,
    heart::{MutationId, MutationSnapshot, NewMutation, Principal, Restored, Scope, Terms},
    marker::BoxFuture,
    mutation::{
        MutationOptions, MutationResult, MutationScope, MutationState,
        ending::{When, callbacks_of},
        journal::Journal,
    },
    projection::Value,
    shell::{Core, ErasedRun, PortableRun, ShownRun},
    signal::{Signal, lock},
    status::MutationStatus,
    sync::{Mutex, atomic::AtomicBool},
};

/// What a call has come to.
pub(super) struct Outcome<V, T> {
    /// The options; they may change while it runs.
    options: Arc<MutationOptions<V, T>>,
    /// What it was called with, or asks for since a conflict.
    pub(super) variables: Arc<V>,
    /// What its `on_mutate` has returned.
    pub(super) context: Option<Value>,
    /// What the server has answered.
    pub(super) data: Option<Arc<T>>,
    /// What readers saw last.
    snapshot: Option<Arc<MutationSnapshot>>,
    /// Who shows it.
    shown_by: Option<Arc<Signal>>,
    /// Who has asked for it.
    pub(super) principal: Principal,
}

/// One call of a mutation.
pub(crate) struct Run<V, T> {
    /// Its name.
    pub(crate) id: MutationId,
    /// Raised with each change.
    pub(crate) signal: Arc<Signal>,
    /// What it has sent.
    pub(super) journal: Arc<Journal>,
    pub(super) outcome: Mutex<Outcome<V, T>>,
}

impl<V, T> fmt::Debug for Run<V, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Run").field("id", &self.id).finish_non_exhaustive()
    }
}

impl<V, T> Run<V, T> {
    /// Sets who shows it.
    pub(crate) fn shown_by(&self, signal: Option<Arc<Signal>>) {
        let old = std::mem::replace(&mut lock(&self.outcome).shown_by, signal);
        drop(old);
    }

    /// Returns whether it was asked for by who uses the cache now.
    pub(crate) fn belongs_to(&self, core: &Core) -> bool {
        core.is_used_by(&lock(&self.outcome).principal)
    }

    /// Returns its options as they are now.
    pub(super) fn options(&self) -> Arc<MutationOptions<V, T>> {
        lock(&self.outcome).options.clone()
    }

    /// Returns what it asks for now.
    pub(super) fn variables(&self) -> Arc<V> {
        lock(&self.outcome).variables.clone()
    }
}

/// Returns the state of a call; `None`: readers have not heard of it, or need not any more.
pub(crate) fn state_of(id: MutationId, run: &dyn ErasedRun) -> Option<MutationState> {
    let shown = run.shown().filter(|shown| shown.snapshot.is_listed)?;
    let is_success = shown.snapshot.status == MutationStatus::Success;
    Some(MutationState { data: shown.data.clone().filter(|_| is_success), ..state(id, &shown) })
}

/// Returns what a program sees of a call.
pub(super) fn state(id: MutationId, shown: &ShownRun) -> MutationState {
    let snapshot = &shown.snapshot;
    MutationState {
        id,
        key: snapshot.key.clone(),
        scope: snapshot.scope.clone(),
        status: snapshot.status,
        is_paused: snapshot.is_paused,
        failure_count: snapshot.failure_count,
        failure_reason: snapshot.failure_reason.clone(),
        error: snapshot.error.clone(),
        submitted_at: snapshot.submitted_at,
        is_uncertain: snapshot.is_uncertain,
        needs_decision: snapshot.needs_decision,
        meta: shown.meta.clone(),
        variables: shown.variables.clone(),
        data: shown.data.clone(),
    }
}

impl<V, T> Run<V, T>
where
    V: Clone + Send + Sync + 'static,
    T: Send + Sync + 'static,
{
    /// Returns a new call, with a key by which a server can tell it: one of its own, or the one that was saved with it.
    #[cfg_attr(
        all(target_family = "wasm", target_os = "unknown"),
        expect(clippy::arc_with_non_send_sync, reason = "in the browser, futures and callbacks stay on one thread")
    )]
    pub(crate) fn new(
        core: &Core,
        options: Arc<MutationOptions<V, T>>,
        variables: V,
        idempotency_key: Option<&str>,
    ) -> Arc<Self> {
        let variables = Arc::new(variables);
        let outcome =
            Outcome { options, variables, context: None, data: None, snapshot: None, shown_by: None, principal: None };
        Arc::new(Self {
            id: core.new_mutation_id(),
            signal: Arc::default(),
            journal: Arc::new(Journal::new(idempotency_key)),
            outcome: Mutex::new(outcome),
        })
    }

    /// Asks the heart for it; one that was saved waits until it is resumed.
    pub(crate) fn begin(self: Arc<Self>, core: &Arc<Core>, observers: usize, restored: Option<Restored>) {
        let (id, options) = (self.id, self.options());
        let (ops, names) = options.asks_for(&self.variables(), core.env.wall(), &[]);
        let scope = match (self.scope(&options), ops.first()) {
            (Some(scope), _) => scope.named.map_or(Scope::None, Scope::Named),
            (None, Some(op)) => Scope::Row(op.entity, op.id.clone()),
            (None, None) => Scope::None,
        };
        let hears = options.callbacks.mutate.is_some() || callbacks_of(core).is_some_and(|all| all.mutate.is_some());
        let prepares = hears && restored.is_none();
        let new = NewMutation {
            id,
            key: options.key.clone(),
            ops,
            scope,
            names,
            spec: options.settings.fetch_spec(),
            terms: Terms {
                idempotent: options.settings.idempotent.unwrap_or_default(),
                keyed: options.is_keyed(),
                asks: options.settings.asks.unwrap_or_default(),
                resolves: options.on_conflict.is_some(),
            },
            idempotency_key: self.journal.key(),
            ready: !prepares,
            gc: options.settings.gc.unwrap_or_default(),
            observers,
            restored,
        };
        core.add_run(id, self.clone());
        let own = self.clone();
        core.run(move |heart, now| {
            lock(&own.outcome).principal = heart.principal();
            heart.mutate(new, now);
        });
        if prepares {
            core.env.run_now(Box::pin(self.prepare(Arc::downgrade(core))));
        }
    }

    fn scope(&self, options: &MutationOptions<V, T>) -> Option<MutationScope> {
        options.scope.as_ref().map(|scope| scope.scope(&self.variables())).or_else(|| options.settings.scope.clone())
    }

    /// Replaces the options, unless it is over.
    pub(crate) fn set_options(&self, core: &Arc<Core>, options: Arc<MutationOptions<V, T>>) {
        let (id, gc) = (self.id, options.settings.gc.unwrap_or_default());
        let old = {
            let mut outcome = lock(&self.outcome);
            if outcome.snapshot.as_ref().is_some_and(|snapshot| snapshot.status != MutationStatus::Pending) {
                return;
            }
            std::mem::replace(&mut outcome.options, options)
        };
        drop(old);
        core.run(move |heart, _| heart.keep_mutation(id, gc));
    }

    /// Returns how it ended; `None`: it is not over.
    pub(crate) fn result(&self) -> Option<Result<Arc<T>, QueryError>> {
        let outcome = lock(&self.outcome);
        let snapshot = outcome.snapshot.as_ref()?;
        match snapshot.status {
            MutationStatus::Idle | MutationStatus::Pending => None,
            MutationStatus::Success => Some(outcome.data.clone().ok_or_else(QueryError::cancelled)),
            MutationStatus::Error => Some(Err(snapshot.error.clone().unwrap_or_else(QueryError::cancelled))),
        }
    }

    /// Returns its state.
    pub(crate) fn shown_result(&self) -> MutationResult<V, T> {
        let outcome = lock(&self.outcome);
        MutationResult::of(outcome.snapshot.as_deref(), outcome.variables.clone(), outcome.data.clone())
    }

    /// Runs `on_mutate`, then lets the mutation be sent.
    async fn prepare(self: Arc<Self>, core: Weak<Core>) {
        let Some(owner) = core.upgrade() else { return };
        let (common, own) = self.tell(&owner, When::Mutate, None).await;
        let result = common.and(own).map(|context| lock(&self.outcome).context = context);
        let id = self.id;
        owner.run(move |heart, now| heart.for_mutation(id, |heart| heart.mutation_ready(id, result, now)));
    }
}

impl<V, T> ErasedRun for Run<V, T>
where
    V: Clone + Send + Sync + 'static,
    T: Send + Sync + 'static,
{
    fn send(self: Arc<Self>, core: &Arc<Core>, attempt: u32, consumed: Arc<AtomicBool>) -> BoxFuture<'static, ()> {
        Box::pin(self.attempt(Arc::downgrade(core), attempt, consumed))
    }

    fn failed(self: Arc<Self>, core: &Arc<Core>, error: QueryError) -> BoxFuture<'static, ()> {
        Box::pin(self.rolled_back(Arc::downgrade(core), error))
    }

    fn conflict(
        self: Arc<Self>,
        core: &Arc<Core>,
        error: QueryError,
        is_uncertain: bool,
        round: u32,
    ) -> BoxFuture<'static, ()> {
        Box::pin(self.resolve(Arc::downgrade(core), error, is_uncertain, round))
    }

    fn assumed(self: Arc<Self>, core: &Arc<Core>) -> BoxFuture<'static, ()> {
        Box::pin(self.is_assumed(Arc::downgrade(core)))
    }

    fn note(&self, now: Option<Arc<MutationSnapshot>>) {
        let mut outcome = lock(&self.outcome);
        let next = match (now, &outcome.snapshot) {
            (Some(now), _) => now,
            // It was not over when the cache was cleared; one that is has only left.
            (None, Some(last)) if last.status == MutationStatus::Pending => Arc::new(MutationSnapshot {
                status: MutationStatus::Error,
                is_paused: false,
                error: Some(QueryError::cancelled()),
                ..MutationSnapshot::clone(last)
            }),
            (None, _) => return,
        };
        let is_over = next.status != MutationStatus::Pending;
        let old = outcome.snapshot.replace(next);
        drop(outcome);
        if is_over {
            self.journal.close();
        }
        // An error may hold a value of the program: its destructor runs outside of the lock.
        drop(old);
    }

    fn wake(&self) {
        self.signal.raise();
        let shown_by = lock(&self.outcome).shown_by.clone();
        if let Some(signal) = shown_by {
            signal.raise();
        }
    }

    fn shown(&self) -> Option<ShownRun> {
        let outcome = lock(&self.outcome);
        Some(ShownRun {
            snapshot: outcome.snapshot.clone()?,
            variables: outcome.variables.clone(),
            data: outcome.data.clone().map(|data| data as Value),
            meta: outcome.options.settings.meta.clone(),
        })
    }

    fn portable(&self) -> Option<PortableRun> {
        let options = self.options();
        // What no later client could read is not saved.
        let as_json = options.as_json.filter(|_| options.from_json.is_some())?;
        Some(PortableRun {
            variables: as_json(&self.variables()),
            scope: self.scope(&options).and_then(|scope| scope.named),
            idempotency_key: self.journal.key(),
        })
    }
}
