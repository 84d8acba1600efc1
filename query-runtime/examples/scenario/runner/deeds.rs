//! How does the program under test describe the mutations of a scenario, and run them?

use std::{any::Any, cell::RefCell};

use query_runtime::{
    DateTime, KeyPrefix, MutationContext, MutationHandle, MutationId, MutationObserver, MutationOptions, MutationScope,
    QueryClient, QueryError, Request, RetryPolicy, testing::TestRuntime,
};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    mutate::{Mutate, OpSpec, WhatSpec},
    rows::{Edit, Fields, Record, Resource, RowChange, RowId},
};

/// The variables of all mutations.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Deed {
    pub(super) name: String,
    pub(super) ops: Vec<DeedOp>,
    pub(super) batch: bool,
    #[serde(skip)]
    pub(super) invalidates: Vec<KeyPrefix>,
}

/// What is done to one row.
#[derive(Clone, Debug, Serialize)]
pub(super) struct DeedOp {
    pub(super) resource: Resource,
    #[serde(flatten)]
    pub(super) what: DeedWhat,
}

/// What is done to a row, with the ids that are known when it is asked for.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum DeedWhat {
    Create(Fields),
    Change(RowId, RowChange),
    Delete(RowId),
}

thread_local! {
    /// The temporary id that the next create takes.
    pub(super) static TEMPORARY: RefCell<Option<RowId>> = const { RefCell::new(None) };
}

fn next_temporary() -> RowId {
    TEMPORARY.take().unwrap_or_else(|| RowId::temporary("nobody"))
}

fn row_at<E: Record, const AT: usize>(deed: &Deed, id: RowId, now: DateTime) -> E {
    let mut row: E = named_row_at::<E, AT>(deed, now);
    row.set_id(id);
    row
}

fn named_row_at<E: Record, const AT: usize>(deed: &Deed, _now: DateTime) -> E {
    match &deed.ops[AT].what {
        DeedWhat::Create(fields) => E::of(fields.clone()),
        other => panic!("{other:?} creates nothing"),
    }
}

fn change_at<const AT: usize>(deed: &Deed) -> (RowId, RowChange) {
    match &deed.ops[AT].what {
        DeedWhat::Change(id, change) => (id.clone(), change.clone()),
        other => panic!("{other:?} changes nothing"),
    }
}

fn id_at<const AT: usize>(deed: &Deed) -> RowId {
    match &deed.ops[AT].what {
        DeedWhat::Delete(id) => id.clone(),
        other => panic!("{other:?} deletes nothing"),
    }
}

fn shown<E: Record, T: Send + Sync + 'static>(
    options: MutationOptions<Deed, T>,
    mutate: &Mutate,
    at: usize,
    op: &OpSpec,
) -> MutationOptions<Deed, T> {
    match at {
        0 => shown_at::<E, T, 0>(options, mutate, op),
        1 => shown_at::<E, T, 1>(options, mutate, op),
        2 => shown_at::<E, T, 2>(options, mutate, op),
        _ => shown_at::<E, T, 3>(options, mutate, op),
    }
}

fn shown_at<E: Record, T: Send + Sync + 'static, const AT: usize>(
    options: MutationOptions<Deed, T>,
    mutate: &Mutate,
    op: &OpSpec,
) -> MutationOptions<Deed, T> {
    let (lists, insert, detail) = (mutate.lists, mutate.insert, mutate.detail);
    match &op.what {
        WhatSpec::Create(_) if op.is_unnamed() => options.creates::<E>(row_at::<E, AT>, next_temporary, lists, insert),
        WhatSpec::Create(_) => options.creates_with_id::<E>(named_row_at::<E, AT>, lists, insert),
        WhatSpec::Change(..) => options.changes::<E>(change_at::<AT>, lists, detail),
        WhatSpec::Delete(_) => options.deletes::<E>(id_at::<AT>, lists, detail),
    }
}

/// Returns the body that says how a row changes.
fn changes_of(change: &RowChange) -> Value {
    let mut body = Fields::new();
    for (field, edit) in &change.edits {
        let (verb, value) = match edit {
            Edit::Set(value) => ("set", value.clone()),
            Edit::Increment(by) => ("increment", json!(by)),
            Edit::Push(one) => ("push", one.clone()),
            Edit::Unshift(one) => ("unshift", one.clone()),
            Edit::Remove(one) => ("remove", one.clone()),
            Edit::PanicsAt(_) => continue,
        };
        if let Some(fields) = body.entry(verb).or_insert_with(|| json!({})).as_object_mut() {
            fields.insert(field.clone(), value);
        }
    }
    Value::Object(body)
}

fn request(deed: &Deed) -> Request {
    let request = match deed.ops.as_slice() {
        [DeedOp { resource, what }] if !deed.batch => request_for(*resource, what),
        ops => Request::post("/batch").json(&ops.iter().map(batched).collect::<Vec<_>>()),
    };
    request.header("X-Name", &deed.name)
}

fn request_for(resource: Resource, what: &DeedWhat) -> Request {
    let at = |request: fn(String) -> Request, rest: &str| request(format!("/{}{rest}", resource.name()));
    match what {
        DeedWhat::Create(row) => match row.get("id") {
            Some(id) => at(Request::put, "/{id}").path("id", id).json(row),
            None => at(Request::post, "").json(row),
        },
        DeedWhat::Change(id, change) => match changes_of(change) {
            Value::Object(mut verbs) if verbs.len() == 1 && verbs.contains_key("set") => {
                at(Request::patch, "/{id}").path("id", id).json(&verbs.remove("set"))
            }
            verbs => at(Request::post, "/{id}/apply").path("id", id).json(&verbs),
        },
        DeedWhat::Delete(id) => at(Request::delete, "/{id}").path("id", id),
    }
}

/// Returns one of several operations as it is sent.
fn batched(op: &DeedOp) -> Value {
    match &op.what {
        DeedWhat::Create(row) => json!({"resource": op.resource, "create": row}),
        DeedWhat::Change(id, change) => json!({"resource": op.resource, "id": id, "apply": changes_of(change)}),
        DeedWhat::Delete(id) => json!({"resource": op.resource, "delete": id}),
    }
}

async fn send_row<E: Record>(context: MutationContext, deed: Deed) -> Result<E, QueryError> {
    context.send(E::asked(request(&deed))).await?.json()
}

async fn send_unanswered<E: Record>(context: MutationContext, deed: Deed) -> Result<(), QueryError> {
    context.send(E::asked(request(&deed))).await?.empty()
}

/// A mutation of the program, whatever it answers with.
pub(super) trait Hook {
    fn mutate(&self, deed: Deed) -> Box<dyn Call>;
    fn set_options(&self, mutate: &Mutate);
    fn again(&self) -> Box<dyn Hook + Send>;
}

/// A call of a mutation.
pub(super) trait Call: Send {
    fn id(&self) -> MutationId;
    fn cancel(&self) -> bool;
    /// Returns how it ended; `None`: it is not over.
    fn outcome(&mut self, runtime: &TestRuntime) -> Option<Result<(), QueryError>>;
}

/// A hook that answers with a `T`.
struct Typed<T> {
    observer: MutationObserver<Deed, T>,
    describe: fn(&Mutate) -> MutationOptions<Deed, T>,
}

impl<T: Any + Send + Sync> Hook for Typed<T> {
    fn mutate(&self, deed: Deed) -> Box<dyn Call> {
        Box::new(Running { handle: self.observer.mutate(deed), over: None })
    }

    fn set_options(&self, mutate: &Mutate) {
        self.observer.set_options((self.describe)(mutate));
    }

    fn again(&self) -> Box<dyn Hook + Send> {
        Box::new(Self { observer: self.observer.clone(), describe: self.describe })
    }
}

/// A call that answers with a `T`.
struct Running<T> {
    handle: MutationHandle<T>,
    over: Option<Result<(), QueryError>>,
}

impl<T: Any + Send + Sync> Call for Running<T> {
    fn id(&self) -> MutationId {
        self.handle.id()
    }

    fn cancel(&self) -> bool {
        self.handle.cancel()
    }

    fn outcome(&mut self, runtime: &TestRuntime) -> Option<Result<(), QueryError>> {
        if self.over.is_none() {
            self.over = runtime.block_on(&mut self.handle).ok().map(|outcome| outcome.map(|_| ()));
        }
        self.over.clone()
    }
}

/// Makes the hook for a mutation.
pub(super) fn hook<E: Record, N: Record>(client: &QueryClient, mutate: &Mutate) -> Box<dyn Hook + Send> {
    let answer = match mutate.ops.as_slice() {
        [op] if !mutate.batch => (!matches!(op.what, WhatSpec::Delete(_))).then_some(op.resource),
        ops => ops.iter().find(|op| op.is_unnamed()).map(|op| op.resource),
    };
    match answer {
        Some(Resource::Items) => typed(client, mutate, describe_row::<E, N, E>),
        Some(Resource::Notes) => typed(client, mutate, describe_row::<E, N, N>),
        None => typed(client, mutate, describe_unanswered::<E, N>),
    }
}

fn typed<T: Any + Send + Sync>(
    client: &QueryClient,
    mutate: &Mutate,
    describe: fn(&Mutate) -> MutationOptions<Deed, T>,
) -> Box<dyn Hook + Send> {
    Box::new(Typed { observer: client.mutation(describe(mutate)), describe })
}

fn describe_row<E: Record, N: Record, T: Record>(mutate: &Mutate) -> MutationOptions<Deed, T> {
    described::<E, N, T>(MutationOptions::new(&["scenario", "row"], send_row::<T>), mutate)
}

fn describe_unanswered<E: Record, N: Record>(mutate: &Mutate) -> MutationOptions<Deed, ()> {
    described::<E, N, ()>(MutationOptions::new(&["scenario", "unanswered"], send_unanswered::<E>), mutate)
}

fn described<E: Record, N: Record, T: Any + Send + Sync>(
    options: MutationOptions<Deed, T>,
    mutate: &Mutate,
) -> MutationOptions<Deed, T> {
    let mut options = options
        .serialized()
        .invalidates(|deed, _| deed.invalidates.clone())
        .retry(RetryPolicy::default().jitter(false).max(mutate.retries));
    if let Some(idempotent) = mutate.idempotent {
        options = options.idempotent(idempotent);
    }
    if let Some(scope) = mutate.scope.clone() {
        let named = move |_: &Deed| match scope.as_str() {
            "parallel" => MutationScope::parallel(),
            name => MutationScope::named(name),
        };
        options = options.scope(named);
    }
    for (at, op) in mutate.ops.iter().enumerate() {
        options = match op.resource {
            Resource::Items => shown::<E, T>(options, mutate, at, op),
            Resource::Notes => shown::<N, T>(options, mutate, at, op),
        };
    }
    options
}
