//! Who is signed in, and what happens to a request when the server no longer believes it?
//!
//! 1. A request carries the token of its time and remembers how many tokens there had been.
//! 2. A 401 to an older token is sent again with the newer one. A 401 to the newest starts a renewal, or joins the one that
//!    runs: there is never more than one.
//! 3. A request is sent again once. A second 401 is its answer; a 403 always is.
//! 4. The renewal belongs to the background: who gives up waiting does not stop it.
//! 5. A renewal that is refused ends the session; one that does not reach the server changes nothing.
//! 6. After signing in or out, a renewal that began before counts for nothing. After signing out, no request of before is sent
//!    again: who signs in then may be somebody else.

use std::{fmt, future::Future, sync::Arc};

use crate::{
    env::Env,
    error::QueryError,
    marker::{BoxFuture, MaybeSend, MaybeSync},
    request::{Request, Response},
    signal::{Signal, Subscription, lock},
    sync::Mutex,
    transport::{PreparedRequest, RawResponse, Transport},
};

/// Who is signed in: the token that requests carry. Cloning shares it.
///
/// It lives in memory; who keeps the token somewhere else writes it there in the function that renews it, before returning
/// it. No token is ever printed.
#[derive(Clone, Default)]
pub struct Session {
    state: Arc<Mutex<State>>,
    changed: Arc<Signal>,
}

#[derive(Default)]
struct State {
    token: Option<Arc<str>>,
    /// How many tokens there have been, none included.
    generation: u64,
    /// How often somebody was signed out: tokens on both sides of that may be of two people.
    people: u64,
    renewal: Option<Arc<Renewal>>,
}

impl State {
    /// Returns the token, if nobody was signed out since.
    fn of(&self, people: u64) -> Option<Arc<str>> {
        self.token.clone().filter(|_| self.people == people)
    }
}

/// A renewal that runs, for those who wait for it.
#[derive(Default)]
struct Renewal {
    over: Arc<Signal>,
    outcome: Mutex<Option<Result<(), QueryError>>>,
}

impl Renewal {
    fn finish(&self, outcome: Result<(), QueryError>) {
        lock(&self.outcome).get_or_insert(outcome);
        self.over.raise();
    }

    async fn finished(&self) -> Result<(), QueryError> {
        loop {
            let version = self.over.version();
            if let Some(outcome) = lock(&self.outcome).clone() {
                return outcome;
            }
            self.over.changed(version).await;
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Session").field("is_signed_in", &self.is_signed_in()).finish_non_exhaustive()
    }
}

impl Session {
    /// Returns a session in which nobody is signed in.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets requests carry this token from now on.
    pub fn sign_in(&self, token: impl Into<String>) {
        self.replace(Some(token.into().into()));
    }

    /// Lets requests carry no token from now on. A renewal that runs counts for nothing, and what was sent before is not sent
    /// again with a token of later: do this between two people.
    pub fn sign_out(&self) {
        self.replace(None);
    }

    fn replace(&self, token: Option<Arc<str>>) {
        let renewal = {
            let mut state = lock(&self.state);
            state.generation += 1;
            state.people += u64::from(token.is_none());
            state.token = token;
            state.renewal.take()
        };
        if let Some(renewal) = renewal {
            renewal.finish(Ok(()));
        }
        self.changed.raise();
    }

    /// Returns whether requests carry a token.
    pub fn is_signed_in(&self) -> bool {
        lock(&self.state).token.is_some()
    }

    /// Calls a function whenever somebody was signed in or out or the token was renewed, until the subscription is dropped.
    ///
    /// It is called outside of every lock and may do anything, such as clear a cache once nobody is signed in.
    pub fn subscribe(&self, callback: impl Fn() + MaybeSend + MaybeSync + 'static) -> Subscription {
        self.changed.subscribe(Arc::new(callback))
    }

    /// A renewal has ended.
    fn renewed(&self, renewal: &Arc<Renewal>, result: Result<String, QueryError>) {
        let is_refused = |error: &QueryError| error.is_final() || matches!(error.status(), Some(400 | 401 | 403));
        let token = match result {
            Ok(token) => Ok(Some(token.into())),
            Err(error) if is_refused(&error) => Ok(None),
            Err(error) => Err(error),
        };
        let outcome = token.as_ref().map(drop).map_err(QueryError::clone);
        let mut state = lock(&self.state);
        let is_current = state.renewal.as_ref().is_some_and(|current| Arc::ptr_eq(current, renewal));
        let mut has_changed = false;
        if is_current {
            state.renewal = None;
            if let Ok(token) = token {
                state.token = token;
                state.generation += 1;
                has_changed = true;
            }
        }
        drop(state);
        renewal.finish(outcome);
        if has_changed {
            self.changed.raise();
        }
    }
}

/// What the function that renews a token can use.
#[derive(Clone)]
pub struct RenewalContext {
    transport: Arc<dyn Transport>,
    env: Env,
}

impl fmt::Debug for RenewalContext {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("RenewalContext").finish_non_exhaustive()
    }
}

impl RenewalContext {
    /// Sends a request as it is: it carries no token, and a 401 to it renews nothing.
    ///
    /// # Errors
    ///
    /// The request is not sound, the server is not reached, or it says no.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future aborts the request; whether the server has carried it out is then unknown.
    pub fn send(
        &self,
        request: Request,
    ) -> impl Future<Output = Result<Response, QueryError>> + MaybeSend + 'static + use<> {
        let context = self.clone();
        async move {
            let exchange = context.transport.send(request.prepare()?);
            let raw = exchange.await.map_err(|error| error.during(request.attempt()))?;
            request.read(raw, context.env.clock.wall())
        }
    }
}

/// A function that brings a new token.
trait Renew: MaybeSend + MaybeSync {
    fn renew(&self, context: RenewalContext) -> BoxFuture<'static, Result<String, QueryError>>;
}

impl<F, Fut> Renew for F
where
    F: Fn(RenewalContext) -> Fut + MaybeSend + MaybeSync,
    Fut: Future<Output = Result<String, QueryError>> + MaybeSend + 'static,
{
    fn renew(&self, context: RenewalContext) -> BoxFuture<'static, Result<String, QueryError>> {
        Box::pin(self(context))
    }
}

struct Shared {
    transport: Arc<dyn Transport>,
    session: Session,
    renew: Box<dyn Renew>,
    env: Option<Env>,
}

/// A transport whose requests carry the token of a [`Session`]; the token is renewed when the server no longer takes it.
///
/// Requests that bring an `Authorization` of their own are sent as they are.
///
/// # Examples
///
/// ```
/// use query_runtime::testing::ScriptedTransport;
/// use query_runtime::{QueryClient, QueryError, RenewalContext, Request, Session, SessionTransport};
///
/// async fn renew(context: RenewalContext) -> Result<String, QueryError> {
///     context.send(Request::post("/session/renewal")).await?.json() // an error of 400, 401 or 403 ends the session
/// }
///
/// # let http = ScriptedTransport::new();
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let session = Session::new();
/// let client = QueryClient::builder().transport(SessionTransport::new(http, session.clone(), renew)).build();
/// session.sign_in("a token that the server gave");
/// # drop(client);
/// # });
/// ```
pub struct SessionTransport {
    shared: Arc<Shared>,
}

impl fmt::Debug for SessionTransport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SessionTransport").field("session", &self.shared.session).finish_non_exhaustive()
    }
}

impl SessionTransport {
    /// Sends through a transport, with the tokens of a session and the function that renews them.
    ///
    /// The function is not called again before it has ended, and what it returns is the new token. An error with the status
    /// 400, 401 or 403, and one that says [`QueryError::without_retry`], signs out; any other leaves the session as it is,
    /// and is the error of the requests that waited.
    pub fn new<F, Fut>(transport: impl Transport, session: Session, renew: F) -> Self
    where
        F: Fn(RenewalContext) -> Fut + MaybeSend + MaybeSync + 'static,
        Fut: Future<Output = Result<String, QueryError>> + MaybeSend + 'static,
    {
        let shared = Shared { transport: Arc::new(transport), session, renew: Box::new(renew), env: None };
        Self { shared: Arc::new(shared) }
    }

    /// Sets clock and background. *Default*: what the target offers, see [`Env::detect`].
    #[must_use]
    pub fn env(mut self, env: Env) -> Self {
        // Before the first request nobody else holds it.
        if let Some(shared) = Arc::get_mut(&mut self.shared) {
            shared.env = Some(env);
        }
        self
    }
}

impl Transport for SessionTransport {
    fn send(&self, request: PreparedRequest) -> BoxFuture<'static, Result<RawResponse, QueryError>> {
        let shared = self.shared.clone();
        Box::pin(async move {
            let (token, sent) = {
                let state = lock(&shared.session.state);
                (state.token.clone(), (state.generation, state.people))
            };
            let Some(token) = token.filter(|_| request.header("Authorization").is_none()) else {
                return shared.transport.send(request).await;
            };
            let answer = shared.transport.send(with_token(request.clone(), &token)).await?;
            if answer.status != 401 {
                return Ok(answer);
            }
            match newer(&shared, sent).await? {
                Some(token) => shared.transport.send(with_token(request, &token)).await,
                None => Ok(answer),
            }
        })
    }
}

fn with_token(mut request: PreparedRequest, token: &str) -> PreparedRequest {
    request.headers.push(("Authorization".to_owned(), format!("Bearer {token}")));
    request
}

/// Returns the token that follows the one that was sent; `None` where nobody is signed in any more, or perhaps somebody else.
async fn newer(shared: &Arc<Shared>, (generation, people): (u64, u64)) -> Result<Option<Arc<str>>, QueryError> {
    let (renewal, is_new) = {
        let mut state = lock(&shared.session.state);
        if state.generation != generation {
            return Ok(state.of(people));
        }
        let is_new = state.renewal.is_none();
        (state.renewal.get_or_insert_default().clone(), is_new)
    };
    if is_new {
        start(shared, renewal.clone());
    }
    renewal.finished().await?;
    Ok(lock(&shared.session.state).of(people))
}

fn start(shared: &Arc<Shared>, renewal: Arc<Renewal>) {
    let unfinished = Unfinished { session: shared.session.clone(), renewal: Some(renewal) };
    let env = match shared.env.clone().map_or_else(Env::detect, Ok) {
        Ok(env) => env,
        Err(error) => return unfinished.finish(Err(error)),
    };
    let (shared, spawner) = (shared.clone(), env.clone());
    let task = async move {
        let context = RenewalContext { transport: shared.transport.clone(), env };
        let result = shared.renew.renew(context).await;
        unfinished.finish(result);
    };
    spawner.spawn(Box::pin(task)).detach();
}

/// Lets nobody wait for ever, should the task be dropped or the program's function panic.
struct Unfinished {
    session: Session,
    renewal: Option<Arc<Renewal>>,
}

impl Unfinished {
    fn finish(mut self, result: Result<String, QueryError>) {
        if let Some(renewal) = self.renewal.take() {
            self.session.renewed(&renewal, result);
        }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(renewal) = self.renewal.take() {
            self.session.renewed(&renewal, Err(QueryError::message("the session could not be renewed")));
        }
    }
}
