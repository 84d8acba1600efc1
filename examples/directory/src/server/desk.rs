//! What happens to every request around its work: it is noted, held, failed or answered from memory as ordered.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{
    journal::Journal,
    orders::{Failure, Orders, When},
    refusal::Refusal,
    world::World,
};

/// The folder that all routes lie in.
pub(super) const BASE: &str = "/api";

/// What all requests share.
#[derive(Debug, Default)]
pub(super) struct Desk {
    /// What went over the wire.
    pub(super) journal: Arc<Journal>,
    /// What the server was told.
    pub(super) orders: Arc<Orders>,
    world: Mutex<World>,
    /// A pair K -> V: the request with the idempotency key K was answered with V.
    answers: Mutex<BTreeMap<String, Answer>>,
    replays: AtomicUsize,
}

#[derive(Clone, Debug)]
struct Answer {
    status: StatusCode,
    body: Bytes,
}

impl Desk {
    /// Returns the rows.
    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts the requests that were answered from memory because their idempotency key was known.
    pub(super) fn replays(&self) -> usize {
        self.replays.load(Ordering::Relaxed)
    }

    fn answers(&self) -> MutexGuard<'_, BTreeMap<String, Answer>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does the work of a request, or answers as before if it was done.
    async fn work(&self, request: Request, next: Next) -> Response {
        let key = request.headers().get("idempotency-key").and_then(|key| key.to_str().ok()).map(str::to_owned);
        let Some(key) = key else { return next.run(request).await };
        let known = self.answers().get(&key).cloned();
        if let Some(known) = known {
            self.replays.fetch_add(1, Ordering::Relaxed);
            return respond(known);
        }
        let (head, body) = next.run(request).await.into_parts();
        let Ok(body) = to_bytes(body, usize::MAX).await else {
            return Refusal::told(500).into_response();
        };
        let answer = Answer { status: head.status, body };
        self.answers().insert(key, answer.clone());
        respond(answer)
    }
}

fn respond(answer: Answer) -> Response {
    let mut response = (answer.status, Body::from(answer.body)).into_response();
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/json"));
    response
}

fn failed(failure: Failure) -> Response {
    let mut response = Refusal::told(failure.status).into_response();
    if let Some(text) = failure.retry_after {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static(text));
    }
    response
}

/// Attends to a request from its arrival to its answer.
///
/// When the client closes the connection, this future is dropped, and with it the open exchange: that is how the journal
/// learns that nobody waits any more.
pub(super) async fn attend(State(desk): State<Arc<Desk>>, request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("?", MatchedPath::as_str);
    let class = format!("{method} {}", route.strip_prefix(BASE).unwrap_or(route));
    let target = request.uri().path_and_query().map_or("", |target| target.as_str());
    let asked = format!("{method} {}", target.strip_prefix(BASE).unwrap_or(target));
    let exchange = desk.journal.open(class.clone(), asked.clone());
    let is_meant = |named: &str| named == class || named == asked;
    let response = if let Some(failure) = desk.orders.obey(is_meant, When::BeforeWork).await {
        failed(failure)
    } else {
        let response = desk.work(request, next).await;
        desk.orders.obey(is_meant, When::AfterWork).await.map_or(response, failed)
    };
    exchange.answered(response.status().as_u16());
    response
}
