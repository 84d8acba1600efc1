//! How does one call of a mutation run: sent, confirmed or rolled back, its callbacks in order, its targets invalidated?

use std::{
    collections::BTreeSet,
    fmt,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::{Arc, Weak},
};

use crate::{
    clock::Moment,
    error::QueryError,
    event::CacheEvent,
    heart::{
        Confirmation, EntryFilter, EntryId, Heart, MutationId, MutationSnapshot, NewMutation, RefetchType, Restored,
        Scope,
    },
    key::KeyPrefix,
    marker::BoxFuture,
    mutation::{
        MutationCallbacks, MutationContext, MutationEvent, MutationNotice, MutationOptions, MutationResult,
        MutationScope, MutationState,
        callbacks::{Callback, Callbacks},
        optimism::scalars,
    },
    projection::{Op, Value},
    shell::{AbortGuard, Core, ErasedRun, PortableRun, QueryClient, ShownRun, caught},
    signal::{Signal, lock},
    status::MutationStatus,
    sync::{Mutex, atomic::AtomicBool},
};

/// What a call has come to.
struct Outcome<V, T> {
    /// The options; they may change while it runs.
    options: Arc<MutationOptions<V, T>>,
    /// What its `on_mutate` has returned.
    context: Option<Value>,
    /// What the server has answered.
    data: Option<Arc<T>>,
    /// What readers saw last.
    snapshot: Option<Arc<MutationSnapshot>>,
    /// Who shows it.
    shown_by: Option<Arc<Signal>>,
}

/// One call of a mutation.
pub(crate) struct Run<V, T> {
    /// Its name.
    pub(crate) id: MutationId,
    /// Raised with each change.
    pub(crate) signal: Arc<Signal>,
    variables: Arc<V>,
    idempotency_key: Arc<str>,
    outcome: Mutex<Outcome<V, T>>,
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

    fn options(&self) -> Arc<MutationOptions<V, T>> {
        lock(&self.outcome).options.clone()
    }
}

/// Returns the callbacks of all mutations.
fn callbacks_of(core: &Core) -> Option<&Callbacks<MutationNotice>> {
    let rule = core.shared.mutation_callbacks.get()?;
    Some(&rule.as_any().downcast_ref::<MutationCallbacks>()?.callbacks)
}

/// Returns the state of a call; `None`: readers have not heard of it, or need not any more.
pub(crate) fn state_of(id: MutationId, run: &dyn ErasedRun) -> Option<MutationState> {
    let shown = run.shown().filter(|shown| shown.snapshot.is_listed)?;
    let is_success = shown.snapshot.status == MutationStatus::Success;
    Some(MutationState { data: shown.data.clone().filter(|_| is_success), ..state(id, &shown) })
}

fn state(id: MutationId, shown: &ShownRun) -> MutationState {
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
        meta: shown.meta.clone(),
        variables: shown.variables.clone(),
        data: shown.data.clone(),
    }
}

/// Which callback is called.
#[derive(Clone, Copy)]
enum When {
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
        let outcome = Outcome { options, context: None, data: None, snapshot: None, shown_by: None };
        Arc::new(Self {
            id: core.new_mutation_id(),
            signal: Arc::default(),
            variables: Arc::new(variables),
            idempotency_key: idempotency_key.map_or_else(|| uuid::Uuid::new_v4().to_string().into(), Arc::from),
            outcome: Mutex::new(outcome),
        })
    }

    /// Asks the heart for it; one that was saved waits until it is resumed.
    pub(crate) fn begin(self: Arc<Self>, core: &Arc<Core>, observers: usize, restored: Option<Restored>) {
        let (id, options, now) = (self.id, self.options(), core.env.wall());
        let ops: Vec<Op> = options.optimism.iter().map(|one| one.operation(&self.variables, now)).collect();
        let mut names = Vec::new();
        if let Some(json) = options.as_json {
            scalars(&json(&self.variables), &mut names);
        }
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
            idempotent: options.settings.idempotent.unwrap_or_default(),
            ready: !prepares,
            gc: options.settings.gc.unwrap_or_default(),
            observers,
            restored,
        };
        core.add_run(id, self.clone());
        core.run(move |heart, now| heart.mutate(new, now));
        if prepares {
            core.env.run_now(Box::pin(self.prepare(Arc::downgrade(core))));
        }
    }

    fn scope(&self, options: &MutationOptions<V, T>) -> Option<MutationScope> {
        options.scope.as_ref().map(|scope| scope.scope(&self.variables)).or_else(|| options.settings.scope.clone())
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
        MutationResult::of(outcome.snapshot.as_deref(), self.variables.clone(), outcome.data.clone())
    }

    /// Runs a callback of all mutations, then the mutation's own; a panic is an error. Returns what the latter returned.
    async fn tell(
        &self,
        core: &Arc<Core>,
        which: When,
        error: Option<&QueryError>,
    ) -> (Result<(), QueryError>, Result<Option<Value>, QueryError>) {
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
            variables: self.variables.clone(),
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
        let (variables, data) = (&*self.variables, data.as_deref());
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

    /// Runs `on_mutate`, then lets the mutation be sent.
    async fn prepare(self: Arc<Self>, core: Weak<Core>) {
        let Some(owner) = core.upgrade() else { return };
        let (common, own) = self.tell(&owner, When::Mutate, None).await;
        let result = common.and(own).map(|context| lock(&self.outcome).context = context);
        let id = self.id;
        owner.run(move |heart, now| heart.mutation_ready(id, result, now));
    }

    async fn attempt(self: Arc<Self>, core: Weak<Core>, attempt: u32, consumed: Arc<AtomicBool>) {
        let (guard, options) = (AbortGuard::new(), self.options());
        let result = match options.send.clone() {
            Some(send) => {
                let context = MutationContext::new(
                    core.clone(),
                    options.key.clone(),
                    options.settings.meta.clone(),
                    self.idempotency_key.clone(),
                    attempt,
                    consumed,
                    &guard,
                );
                let variables = self.variables.clone();
                caught(async move { send.call(context, V::clone(&variables)).await }).await
            }
            None => Err(QueryError::missing_mutation()),
        };
        guard.done();
        let (id, Some(owner)) = (self.id, core.upgrade()) else { return };
        let key = options.key.clone();
        owner.run(move |heart, _| heart.hears_of(id, key));
        match result {
            Ok(data) => {
                let data = Arc::new(data);
                // The first rule is about the row that the answer holds, if it holds one.
                let confirmation = options.optimism.first().map(|one| one.confirmation(&data)).unwrap_or_default();
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

    /// Returns whether anybody hears how it ends, before it counts as over.
    fn is_heard(&self, core: &Core) -> bool {
        self.options().callbacks.hear_the_end() || callbacks_of(core).is_some_and(Callbacks::hear_the_end)
    }

    /// The server has carried it out: rule R7 first, then the callbacks, then what goes stale.
    async fn confirmed(&self, core: Arc<Core>, confirmation: Confirmation, unreadable: Option<QueryError>) {
        let id = self.id;
        if !self.is_heard(&core) {
            let targets = self.targets(&core, unreadable.as_ref());
            core.run(move |heart, now| {
                heart.mutation_acked(id, &confirmation, now);
                settle(heart, id, unreadable, &targets, now);
            });
            return;
        }
        core.run(move |heart, now| heart.mutation_acked(id, &confirmation, now));
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

    async fn rolled_back(self: Arc<Self>, core: Weak<Core>, error: QueryError) {
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
                core.run(move |heart, now| heart.mutation_answered(id, now));
            }
            poll
        })
        .await
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
    fn send(self: Arc<Self>, core: &Arc<Core>, attempt: u32, consumed: Arc<AtomicBool>) -> BoxFuture<'static, ()> {
        Box::pin(self.attempt(Arc::downgrade(core), attempt, consumed))
    }

    fn failed(self: Arc<Self>, core: &Arc<Core>, error: QueryError) -> BoxFuture<'static, ()> {
        Box::pin(self.rolled_back(Arc::downgrade(core), error))
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
        let old = outcome.snapshot.replace(next);
        drop(outcome);
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
            variables: self.variables.clone(),
            data: outcome.data.clone().map(|data| data as Value),
            meta: outcome.options.settings.meta.clone(),
        })
    }

    fn portable(&self) -> Option<PortableRun> {
        let options = self.options();
        // What no later client could read is not saved.
        let as_json = options.as_json.filter(|_| options.from_json.is_some())?;
        Some(PortableRun {
            variables: as_json(&self.variables),
            scope: self.scope(&options).and_then(|scope| scope.named),
            idempotency_key: self.idempotency_key.clone(),
        })
    }
}
