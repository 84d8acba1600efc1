//! What does the server answer in a test: what the test says, when it says so.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Waker};

use serde_json::Value;

use super::log::EventLog;
use crate::error::QueryError;
use crate::marker::BoxFuture;
use crate::sync::{Mutex, MutexGuard};
use crate::transport::{PreparedRequest, RawResponse, Transport};

/// A transport that holds every request until the test answers it. Cloning shares it.
///
/// Its log has a line for each request (`-> GET /users`), answer (`<- 200 GET /users`), failure (`<- failed GET /users`) and for each
/// request that nobody wanted any more (`-- aborted GET /users`).
#[derive(Clone, Default)]
pub struct ScriptedTransport {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    log: EventLog,
}

#[derive(Default)]
struct State {
    sent: u64,
    /// Sent and not yet taken by the test.
    inbox: VecDeque<(u64, PreparedRequest)>,
    /// Sent and neither answered nor aborted: what wakes each.
    held: BTreeMap<u64, Waker>,
    answers: BTreeMap<u64, Result<RawResponse, QueryError>>,
    expecting: Vec<Waker>,
    respond: Option<Arc<Respond>>,
}

type Respond = dyn Fn(&PreparedRequest) -> Option<RawResponse> + Send + Sync;

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ScriptedTransport {
    /// Makes a transport that waits for the test.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a transport that answers by a function; a request that it gives `None` for waits for the test.
    pub fn answering(respond: impl Fn(&PreparedRequest) -> Option<RawResponse> + Send + Sync + 'static) -> Self {
        let transport = Self::new();
        transport.shared.lock().respond = Some(Arc::new(respond));
        transport
    }

    /// Returns the log of what went over the wire.
    pub fn log(&self) -> &EventLog {
        &self.shared.log
    }

    /// Returns how many requests were sent so far.
    pub fn sent(&self) -> u64 {
        self.shared.lock().sent
    }

    /// Returns how many requests are neither answered nor aborted.
    pub fn held(&self) -> usize {
        self.shared.lock().held.len()
    }

    /// Takes the oldest request that the test has not taken yet, if there is one.
    pub fn take_request(&self) -> Option<ScriptedRequest> {
        let (number, request) = self.shared.lock().inbox.pop_front()?;
        Some(ScriptedRequest { number, request, shared: Arc::clone(&self.shared) })
    }

    /// Waits for the next request that the test has not taken yet.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future takes nothing.
    pub async fn expect_request(&self) -> ScriptedRequest {
        poll_fn(|context| {
            if let Some(request) = self.take_request() {
                return Poll::Ready(request);
            }
            self.shared.lock().expecting.push(context.waker().clone());
            // A request may have come from another thread between the look and the registration.
            self.take_request().map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

impl Transport for ScriptedTransport {
    fn send(&self, request: PreparedRequest) -> BoxFuture<'static, Result<RawResponse, QueryError>> {
        let shared = Arc::clone(&self.shared);
        let label = format!("{} {}", request.method, request.path_and_query);
        Box::pin(Exchange { shared, label, phase: Phase::New(request) })
    }
}

/// One request as its sender sees it.
struct Exchange {
    shared: Arc<Shared>,
    label: String,
    phase: Phase,
}

enum Phase {
    New(PreparedRequest),
    Sent(u64),
    Over,
}

impl Exchange {
    /// Puts the request where the test finds it, unless a function answers it at once.
    fn begin(&self, request: PreparedRequest, waker: &Waker) -> Result<u64, RawResponse> {
        let mut state = self.shared.lock();
        state.sent += 1;
        let number = state.sent;
        let respond = state.respond.clone();
        drop(state);
        self.shared.log.push(format_args!("-> {}", self.label));
        // The function is the test's own and may use this transport.
        if let Some(answer) = respond.and_then(|respond| respond(&request)) {
            return Err(answer);
        }
        let mut state = self.shared.lock();
        state.inbox.push_back((number, request));
        state.held.insert(number, waker.clone());
        let expecting = std::mem::take(&mut state.expecting);
        drop(state);
        for waker in expecting {
            waker.wake();
        }
        Ok(number)
    }

    fn finish(&mut self, answer: Result<RawResponse, QueryError>) -> Poll<Result<RawResponse, QueryError>> {
        self.phase = Phase::Over;
        match &answer {
            Ok(answer) => self.shared.log.push(format_args!("<- {} {}", answer.status, self.label)),
            Err(_) => self.shared.log.push(format_args!("<- failed {}", self.label)),
        }
        Poll::Ready(answer)
    }
}

impl Future for Exchange {
    type Output = Result<RawResponse, QueryError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match std::mem::replace(&mut self.phase, Phase::Over) {
            Phase::New(request) => match self.begin(request, context.waker()) {
                Ok(number) => {
                    self.phase = Phase::Sent(number);
                    Poll::Pending
                }
                Err(answer) => self.finish(Ok(answer)),
            },
            Phase::Sent(number) => {
                let mut state = self.shared.lock();
                let answer = state.answers.remove(&number);
                if answer.is_none() {
                    state.held.insert(number, context.waker().clone());
                }
                drop(state);
                if let Some(answer) = answer {
                    return self.finish(answer);
                }
                self.phase = Phase::Sent(number);
                Poll::Pending
            }
            Phase::Over => Poll::Pending,
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let Phase::Sent(number) = self.phase else { return };
        let mut state = self.shared.lock();
        let waker = state.held.remove(&number);
        state.answers.remove(&number);
        state.inbox.retain(|(other, _)| *other != number);
        drop(state);
        drop(waker);
        self.shared.log.push(format_args!("-- aborted {}", self.label));
    }
}

/// A request that the test has taken and can answer once. Dropping it leaves the sender waiting.
#[must_use = "a request that is not answered leaves its sender waiting"]
pub struct ScriptedRequest {
    number: u64,
    request: PreparedRequest,
    shared: Arc<Shared>,
}

impl ScriptedRequest {
    /// Returns the request as it was sent.
    pub fn request(&self) -> &PreparedRequest {
        &self.request
    }

    /// Returns the verb, the path and the query: `GET /users?page=2`.
    pub fn line(&self) -> String {
        format!("{} {}", self.request.method, self.request.path_and_query)
    }

    /// Returns the value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.request.header(name)
    }

    /// Returns the body as JSON; `null` if there is none or it is something else.
    pub fn json(&self) -> Value {
        let body = self.request.body.as_deref().unwrap_or_default();
        serde_json::from_slice(body).unwrap_or_default()
    }

    /// Returns whether nobody waits for the answer any more.
    pub fn is_aborted(&self) -> bool {
        !self.shared.lock().held.contains_key(&self.number)
    }

    /// Answers.
    pub fn respond(self, answer: RawResponse) {
        self.settle(Ok(answer));
    }

    /// Answers with a JSON body.
    pub fn respond_json(self, status: u16, body: &Value) {
        self.respond(json_answer(status, body));
    }

    /// Answers without a body.
    pub fn respond_empty(self, status: u16) {
        self.respond(RawResponse { status, headers: Vec::new(), body: Vec::new() });
    }

    /// Fails as if the connection broke.
    pub fn fail_network(self) {
        self.fail(QueryError::network("the test broke the connection"));
    }

    /// Fails.
    pub fn fail(self, error: QueryError) {
        self.settle(Err(error));
    }

    fn settle(self, answer: Result<RawResponse, QueryError>) {
        let mut state = self.shared.lock();
        // An answer to a request that was aborted goes nowhere, as on a real wire.
        let Some(waker) = state.held.remove(&self.number) else { return };
        state.answers.insert(self.number, answer);
        drop(state);
        waker.wake();
    }
}

impl RawResponse {
    /// Makes an answer with a JSON body, for tests.
    pub fn json(status: u16, body: &Value) -> Self {
        json_answer(status, body)
    }
}

fn json_answer(status: u16, body: &Value) -> RawResponse {
    let headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
    RawResponse { status, headers, body: body.to_string().into_bytes() }
}

impl fmt::Debug for ScriptedTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptedTransport").field("sent", &self.sent()).field("held", &self.held()).finish()
    }
}

impl fmt::Debug for ScriptedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptedRequest").field("request", &self.request).finish_non_exhaustive()
    }
}
