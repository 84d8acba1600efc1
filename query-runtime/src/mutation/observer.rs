//! What does whoever runs a mutation hold: a function to call and the state of the latest call?

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use crate::{
    clock::Moment,
    error::QueryError,
    heart::{FetchSpec, NewMutation, Scope},
    marker::{MaybeSend, MaybeSync},
    mutation::{
        MutationOptions,
        optimism::scalars,
        run::{Outcome, Run},
    },
    projection::Op,
    shell::Core,
    signal::{Callback, Changed, Signal, Subscription, lock},
    status::MutationStatus,
};

/// The latest call, shared by all clones of an observer.
type Latest<V, T> = Arc<Mutex<Option<Arc<Run<V, T>>>>>;

/// Runs a mutation and shows the state of its latest call.
///
/// Dropping it cancels nothing: the client owns the calls.
pub struct MutationObserver<V, T> {
    core: Arc<Core>,
    options: MutationOptions<V, T>,
    latest: Latest<V, T>,
    signal: Arc<Signal>,
}

impl<V, T> Clone for MutationObserver<V, T> {
    fn clone(&self) -> Self {
        Self {
            core: self.core.clone(),
            options: self.options.clone(),
            latest: self.latest.clone(),
            signal: self.signal.clone(),
        }
    }
}

impl<V, T> fmt::Debug for MutationObserver<V, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("MutationObserver").field("options", &self.options).finish_non_exhaustive()
    }
}

/// The state of a call of a mutation.
pub struct MutationResult<V, T> {
    /// How far it is.
    pub status: MutationStatus,
    /// Whether it waits: for the connection, for focus, for its turn or for a row that it names.
    pub is_paused: bool,
    /// What it was called with.
    pub variables: Option<Arc<V>>,
    /// What came of it.
    pub data: Option<Arc<T>>,
    /// Why it failed.
    pub error: Option<QueryError>,
    /// How often it failed.
    pub failure_count: u32,
    /// The last failure.
    pub failure_reason: Option<QueryError>,
    /// When it was asked for.
    pub submitted_at: Option<Moment>,
}

impl<V, T> MutationResult<V, T> {
    fn idle() -> Self {
        Self {
            status: MutationStatus::Idle,
            is_paused: false,
            variables: None,
            data: None,
            error: None,
            failure_count: 0,
            failure_reason: None,
            submitted_at: None,
        }
    }

    /// Returns whether nothing was asked for.
    pub fn is_idle(&self) -> bool {
        self.status == MutationStatus::Idle
    }

    /// Returns whether it is not over.
    pub fn is_pending(&self) -> bool {
        self.status == MutationStatus::Pending
    }

    /// Returns whether it went well.
    pub fn is_success(&self) -> bool {
        self.status == MutationStatus::Success
    }

    /// Returns whether it failed.
    pub fn is_error(&self) -> bool {
        self.status == MutationStatus::Error
    }
}

impl<V, T> Clone for MutationResult<V, T> {
    fn clone(&self) -> Self {
        Self {
            status: self.status,
            is_paused: self.is_paused,
            variables: self.variables.clone(),
            data: self.data.clone(),
            error: self.error.clone(),
            failure_count: self.failure_count,
            failure_reason: self.failure_reason.clone(),
            submitted_at: self.submitted_at,
        }
    }
}

impl<V, T> fmt::Debug for MutationResult<V, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("MutationResult")
            .field("status", &self.status)
            .field("is_paused", &self.is_paused)
            .field("has_data", &self.data.is_some())
            .field("error", &self.error)
            .field("failure_count", &self.failure_count)
            .finish_non_exhaustive()
    }
}

impl<V, T> MutationObserver<V, T>
where
    V: Clone + Send + Sync + 'static,
    T: Send + Sync + 'static,
{
    pub(crate) fn new(core: Arc<Core>, options: MutationOptions<V, T>) -> Self {
        Self { core, options, latest: Arc::default(), signal: Arc::default() }
    }

    /// Asks for the mutation: what it shows, shows at once, and it is sent as soon as it may be.
    ///
    /// # Errors
    ///
    /// The returned future ends with the error of the last attempt, or with a rejection where a row that it names was
    /// never created. Everything it showed is taken back by then, and nothing else.
    ///
    /// # Cancel safety
    ///
    /// The mutation runs whether or not the future is awaited; dropping it cancels nothing.
    pub fn mutate(&self, variables: V) -> MutationHandle<T> {
        let options = &self.options;
        let now = self.core.env.wall();
        let ops: Vec<Op> = options.optimism.iter().map(|one| one.operation(&variables, now)).collect();
        let mut names = Vec::new();
        if let Some(json) = options.as_json {
            scalars(&json(&variables), &mut names);
        }
        let scope = match (options.scope, ops.first()) {
            (Some(scope), _) => Scope::Named(scope(&variables)),
            (None, Some(op)) => Scope::Row(op.entity, op.id.clone()),
            (None, None) => Scope::None,
        };
        let prepares = options.callbacks.mutate.is_some();
        let id = self.core.new_mutation_id();
        let run = Arc::new(Run {
            id,
            options: options.clone(),
            variables: Arc::new(variables),
            idempotency_key: uuid::Uuid::new_v4().to_string().into(),
            outcome: Mutex::default(),
            signal: self.signal.clone(),
        });
        let new = NewMutation {
            id,
            ops,
            scope,
            names,
            spec: FetchSpec {
                retry: options.retry.clone().unwrap_or_else(crate::backoff::RetryPolicy::never),
                network: options.network.unwrap_or_default(),
            },
            idempotent: options.idempotent,
            ready: !prepares,
            gc: options.gc,
        };
        self.core.add_run(id, run.clone());
        *lock(&self.latest) = Some(run.clone());
        self.core.run(move |heart, now| heart.mutate(new, now));
        if prepares {
            let prepare = run.clone().prepare(Arc::downgrade(&self.core));
            self.core.env.spawn(Box::pin(prepare)).detach();
        }
        MutationHandle { run, waits: None }
    }

    /// Returns the state of the latest call.
    pub fn current(&self) -> MutationResult<V, T> {
        let Some(run) = lock(&self.latest).clone() else { return MutationResult::idle() };
        let outcome = lock(&run.outcome);
        let snapshot = outcome.snapshot.clone();
        MutationResult {
            status: match (&snapshot, &outcome.error) {
                (_, Some(_)) if outcome.is_over => MutationStatus::Error,
                (Some(snapshot), _) => snapshot.status,
                (None, _) => MutationStatus::Pending,
            },
            is_paused: snapshot.as_ref().is_some_and(|snapshot| snapshot.is_paused),
            variables: Some(run.variables.clone()),
            data: outcome.data.clone().filter(|_| outcome.is_over && outcome.error.is_none()),
            error: outcome.error.clone(),
            failure_count: snapshot.as_ref().map_or(0, |snapshot| snapshot.failure_count),
            failure_reason: snapshot.as_ref().and_then(|snapshot| snapshot.failure_reason.clone()),
            submitted_at: snapshot.map(|snapshot| snapshot.submitted_at),
        }
    }

    /// Waits for the state to change.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    pub async fn changed(&self) -> MutationResult<V, T> {
        let seen = self.signal.version();
        self.signal.changed(seen).await;
        self.current()
    }

    /// Calls a function after each change of the state, until the subscription is dropped.
    pub fn subscribe(&self, callback: impl Fn() + MaybeSend + MaybeSync + 'static) -> Subscription {
        let callback: Callback = Arc::new(callback);
        self.signal.subscribe(callback)
    }

    /// Forgets the latest call: the state is idle again. The call itself goes on.
    pub fn reset(&self) {
        let old = lock(&self.latest).take();
        drop(old);
        self.signal.raise();
    }
}

/// A call of a mutation: a future of its result.
///
/// It acts whether or not it is awaited; dropping it cancels nothing.
pub struct MutationHandle<T> {
    run: Arc<dyn Call<T>>,
    waits: Option<Changed>,
}

impl<T> fmt::Debug for MutationHandle<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("MutationHandle").finish_non_exhaustive()
    }
}

/// A call, without the type of its variables.
trait Call<T>: MaybeSend + MaybeSync {
    fn outcome(&self) -> &Mutex<Outcome<T>>;
    fn signal(&self) -> &Arc<Signal>;
}

impl<V, T> Call<T> for Run<V, T>
where
    V: Send + Sync + 'static,
    T: Send + Sync + 'static,
{
    fn outcome(&self) -> &Mutex<Outcome<T>> {
        &self.outcome
    }

    fn signal(&self) -> &Arc<Signal> {
        &self.signal
    }
}

impl<T> Future for MutationHandle<T> {
    type Output = Result<Arc<T>, QueryError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            // First the number of changes, then the state: a change in between is seen by the next round.
            let seen = self.run.signal().version();
            {
                let outcome = lock(self.run.outcome());
                if outcome.is_over {
                    return Poll::Ready(match (&outcome.error, &outcome.data) {
                        (Some(error), _) => Err(error.clone()),
                        (None, Some(data)) => Ok(data.clone()),
                        (None, None) => Err(QueryError::cancelled()),
                    });
                }
            }
            let signal = self.run.signal().clone();
            let waits = self.waits.get_or_insert_with(|| signal.changed(seen));
            match Pin::new(waits).poll(context) {
                Poll::Ready(_) => self.waits = None,
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}
