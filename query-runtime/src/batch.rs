//! How do fetches of single rows share one request?

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    fmt,
    future::{Future, poll_fn},
    hash::Hash,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use crate::{
    error::QueryError,
    marker::{BoxFuture, MaybeSend, MaybeSync},
    projection::Value,
    shell::{FetchContext, Waiter, WaiterSlot, caught, typed},
    signal::{Signal, lock},
    spawn::TaskHandle,
    sync::Mutex,
};

/// What a batch brought: each id with its value or why there is none.
type Answers<I, T> = Vec<(I, Result<T, QueryError>)>;

/// Fetches several ids at once.
trait FetchMany<I, T>: MaybeSend + MaybeSync {
    fn fetch(&self, context: FetchContext, ids: Vec<I>) -> BoxFuture<'static, Result<Answers<I, T>, QueryError>>;
}

impl<I, T, F, Fut, R> FetchMany<I, T> for F
where
    F: Fn(FetchContext, Vec<I>) -> Fut + MaybeSend + MaybeSync,
    Fut: Future<Output = Result<R, QueryError>> + MaybeSend + 'static,
    R: IntoIterator<Item = (I, Result<T, QueryError>)>,
{
    fn fetch(&self, context: FetchContext, ids: Vec<I>) -> BoxFuture<'static, Result<Answers<I, T>, QueryError>> {
        let answers = self(context, ids);
        Box::pin(async move { Ok(answers.await?.into_iter().collect()) })
    }
}

/// Collects what is asked for by id within a short time, and asks the server for all of it in one request.
///
/// Make one for each client and hand clones of it to the fetch functions of the rows: each keeps its own entry, with its own
/// age, error and retries.
///
/// # Examples
///
/// ```
/// use query_runtime::testing::{ScriptedTransport, TestRuntime};
/// use query_runtime::{Batch, FetchContext, Key, QueryClient, QueryKey, QueryOptions, RawResponse, Request};
///
/// let users = Batch::new(|context: FetchContext, ids: Vec<u64>| async move {
///     let names: Vec<String> = context.send(Request::get("/users").query("id", &ids)).await?.json()?;
///     Ok(ids.into_iter().zip(names.into_iter().map(Ok)).collect::<Vec<_>>())
/// });
/// let user = |id: u64| {
///     let users = users.clone();
///     let key: Key<String> = QueryKey::under(&["users"]).value(&id).key();
///     QueryOptions::new(key, move |context: FetchContext| users.load(&context, id))
/// };
///
/// let server = ScriptedTransport::answering(|request| {
///     (request.path_and_query == "/users?id=1&id=2").then(|| RawResponse::json(200, &["Ada", "Bob"].into()))
/// });
/// let runtime = TestRuntime::new();
/// let client = QueryClient::builder().env(runtime.env()).transport(server).build();
/// let (ada, bob) = (client.observe(user(1)), client.observe(user(2)));
/// runtime.advance(std::time::Duration::from_millis(1));
/// assert_eq!(bob.current().data.as_deref().map(String::as_str), Some("Bob"));
/// # drop(ada);
/// ```
pub struct Batch<I, T> {
    fetch: Arc<dyn FetchMany<I, T>>,
    most: usize,
    window: Duration,
    /// The group that takes further ids.
    open: Arc<Mutex<Option<Arc<Group<I>>>>>,
}

impl<I, T> Clone for Batch<I, T> {
    fn clone(&self) -> Self {
        Self { fetch: self.fetch.clone(), most: self.most, window: self.window, open: self.open.clone() }
    }
}

impl<I, T> fmt::Debug for Batch<I, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Batch").field("most", &self.most).field("window", &self.window).finish_non_exhaustive()
    }
}

impl<I, T> Batch<I, T>
where
    I: Clone + Eq + Hash + Send + Sync + 'static,
    T: Clone + Send + Sync + 'static,
{
    /// Collects ids for a function that fetches many; ids that it leaves out are errors.
    pub fn new<F, Fut, R>(fetch: F) -> Self
    where
        F: Fn(FetchContext, Vec<I>) -> Fut + MaybeSend + MaybeSync + 'static,
        Fut: Future<Output = Result<R, QueryError>> + MaybeSend + 'static,
        R: IntoIterator<Item = (I, Result<T, QueryError>)> + 'static,
    {
        Self { fetch: Arc::new(fetch), most: 100, window: Duration::from_millis(1), open: Arc::default() }
    }

    /// Sets how many ids are asked for at once, at least one; with so many, nobody waits any longer. *Default*: 100.
    #[must_use]
    pub fn most(mut self, ids: usize) -> Self {
        self.most = ids.max(1);
        self
    }

    /// Sets how long ids are collected, from the first one on. *Default*: a millisecond.
    #[must_use]
    pub fn window(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    /// Fetches the value of an id, together with what else is asked for meanwhile.
    ///
    /// # Errors
    ///
    /// The request failed, the function said that this id did, or it left the id out.
    ///
    /// # Cancel safety
    ///
    /// Nothing is asked for before the future is polled. Dropping it takes the id out of a request that has not been sent, and
    /// aborts one that nobody else waits for.
    pub fn load(
        &self,
        context: &FetchContext,
        id: I,
    ) -> impl Future<Output = Result<T, QueryError>> + MaybeSend + 'static + use<I, T> {
        let (batch, context) = (self.clone(), context.clone());
        // Dropping the future is all that it takes to give this up.
        drop(context.signal());
        async move {
            let value = batch.join(&context, id)?.await?;
            typed::<T>(value).map(Arc::unwrap_or_clone)
        }
    }

    fn join(&self, context: &FetchContext, id: I) -> Result<Member<I>, QueryError> {
        let env = context.env()?;
        let slot = Arc::new(WaiterSlot::default());
        let (group, number, starts) = {
            let mut open = lock(&self.open);
            let group = open.get_or_insert_with(Arc::default).clone();
            let (number, size, starts) = group.add(Asked { id, context: context.clone(), slot: slot.clone() });
            if size >= self.most {
                *open = None;
                group.full.close();
            }
            (group, number, starts)
        };
        if starts {
            let sleep = env.sleep(self.window);
            group.runs(env.spawn(Box::pin(self.clone().send(group.clone(), sleep))));
        }
        Ok(Member { group, number, waiter: Waiter::of(slot) })
    }

    /// Sends a group when its time has come or it is full, and tells its members.
    async fn send(self, group: Arc<Group<I>>, mut sleep: BoxFuture<'static, ()>) {
        let mut full = group.full.changed(0);
        poll_fn(|context| {
            let is_full = Pin::new(&mut full).poll(context).is_ready();
            if is_full { Poll::Ready(()) } else { sleep.as_mut().poll(context) }
        })
        .await;
        let closed = {
            let mut open = lock(&self.open);
            open.take_if(|open| Arc::ptr_eq(open, &group))
        };
        drop(closed);
        let asked = group.take();
        let result = caught(self.answers(&asked)).await;
        let mut answers = result.map(Vec::into_iter);
        for one in &asked {
            let answer = match &mut answers {
                Ok(answers) => answers.next().unwrap_or_else(|| Err(left_out())),
                Err(error) => Err(error.clone()),
            };
            one.slot.resolve(answer.map(|value| Arc::new(value) as Value));
        }
        group.is_done();
    }

    /// Asks the server for what was asked for, each id once, and returns the answers in the order of the questions.
    async fn answers(&self, asked: &[Asked<I>]) -> Result<Vec<Result<T, QueryError>>, QueryError> {
        let Some(context) = asked.first().map(|one| one.context.for_many()) else { return Ok(Vec::new()) };
        let mut known = HashSet::new();
        let ids = asked.iter().map(|one| &one.id).filter(|id| known.insert(*id)).cloned().collect();
        let answers = self.fetch.fetch(context.clone(), ids).await?;
        context.share_received(asked.iter().map(|one| &one.context));
        let answers: HashMap<I, Result<T, QueryError>> = answers.into_iter().collect();
        Ok(asked.iter().map(|one| answers.get(&one.id).cloned().unwrap_or_else(|| Err(left_out()))).collect())
    }
}

fn left_out() -> QueryError {
    QueryError::message("the answer to a batch left this id out").without_retry()
}

/// An id that somebody asks for.
struct Asked<I> {
    id: I,
    context: FetchContext,
    slot: Arc<WaiterSlot>,
}

struct State<I> {
    /// Those that the request is for, until it is sent.
    asked: Vec<(u64, Asked<I>)>,
    /// Those that wait.
    members: BTreeSet<u64>,
    joined: u64,
    runs: bool,
    task: Option<TaskHandle>,
}

/// The ids of one request, and those who wait for it.
struct Group<I> {
    state: Mutex<State<I>>,
    /// Closed when there are so many that it is sent at once.
    full: Arc<Signal>,
}

impl<I> Default for Group<I> {
    fn default() -> Self {
        let state = State { asked: Vec::new(), members: BTreeSet::new(), joined: 0, runs: false, task: None };
        Self { state: Mutex::new(state), full: Arc::default() }
    }
}

impl<I> Group<I> {
    /// Adds a member; returns its number, how many there are, and whether somebody must start what sends the group.
    fn add(&self, asked: Asked<I>) -> (u64, usize, bool) {
        let mut state = lock(&self.state);
        let number = state.joined;
        state.joined += 1;
        state.members.insert(number);
        state.asked.push((number, asked));
        let starts = !std::mem::replace(&mut state.runs, true);
        (number, state.asked.len(), starts)
    }

    /// Takes what sends the group; who started it is still a member.
    fn runs(&self, task: TaskHandle) {
        lock(&self.state).task = Some(task);
    }

    /// Takes what is asked for.
    fn take(&self) -> Vec<Asked<I>> {
        std::mem::take(&mut lock(&self.state).asked).into_iter().map(|(_, asked)| asked).collect()
    }

    /// The task is over.
    fn is_done(&self) {
        let task = lock(&self.state).task.take();
        task.map(TaskHandle::detach).unwrap_or_default();
    }

    /// A member leaves; without any, nothing is sent, and what was sent is aborted.
    fn leave(&self, number: u64) {
        let mut state = lock(&self.state);
        state.members.remove(&number);
        let place = state.asked.iter().position(|(own, _)| *own == number);
        let asked = place.map(|place| state.asked.remove(place));
        let mut task = None;
        if state.members.is_empty() {
            state.runs = false;
            task = state.task.take();
        }
        drop(state);
        drop((asked, task));
    }
}

/// Somebody who waits for an id.
struct Member<I> {
    group: Arc<Group<I>>,
    number: u64,
    waiter: Waiter,
}

impl<I> Future for Member<I> {
    type Output = Result<Value, QueryError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.waiter).poll(context)
    }
}

impl<I> Drop for Member<I> {
    fn drop(&mut self) {
        self.group.leave(self.number);
    }
}
