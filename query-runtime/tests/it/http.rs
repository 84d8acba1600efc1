//! What goes over a real socket, and what never does?
#![expect(clippy::disallowed_methods, reason = "the server that the test asks is no part of the runtime")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, RawQuery};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect};
use axum::routing::{any, delete, get, post};
use query_runtime::{HttpTransport, QueryClient, QueryError, Request, Response, Transport};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use crate::stage::number;

/// Serves routes on a free port until the test's runtime ends.
async fn serve(routes: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    address
}

fn transport(address: SocketAddr) -> HttpTransport {
    HttpTransport::new(&format!("http://{address}/")).unwrap()
}

async fn send(transport: &HttpTransport, request: Request) -> Result<Response, QueryError> {
    let raw = transport.send(request.prepare()?).await.map_err(|error| error.during(request.attempt()))?;
    request.read(raw, "2026-11-22T12:00:00Z".parse().unwrap())
}

#[tokio::test]
async fn json_goes_there_and_comes_back() {
    async fn echo(uri: Uri, headers: HeaderMap, body: Bytes) -> impl IntoResponse {
        let body: Value = serde_json::from_slice(&body).unwrap();
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        axum::Json(json!({
            "uri": uri.to_string(),
            "body": body,
            "type": text("content-type"),
            "accept": text("accept"),
            "client": text("x-client"),
            "trace": text("x-trace"),
            "authorization": text("authorization"),
        }))
    }
    let address = serve(Router::new().route("/v1/users/{id}", post(echo))).await;
    let transport = HttpTransport::builder(&format!("http://{address}/v1/"))
        .header("X-Client", "tests")
        .header("X-Trace", "of the transport")
        .bearer(|| Some("token-1".to_owned()))
        .build()
        .unwrap();
    let request = Request::post("/users/{id}")
        .path("id", "a/b é")
        .query("tag", &["x&y", "z"])
        .header("X-Trace", "of the request")
        .json(&json!({"name": "Ada"}));
    let answer: Value = send(&transport, request).await.unwrap().json().unwrap();
    assert_eq!(
        answer,
        json!({
            "uri": "/v1/users/a%2Fb%20%C3%A9?tag=x%26y&tag=z",
            "body": {"name": "Ada"},
            "type": "application/json",
            "accept": "application/json",
            "client": "tests",
            "trace": "of the request",
            "authorization": "Bearer token-1",
        })
    );
}

#[tokio::test]
async fn no_content_is_success_with_nothing() {
    let address = serve(Router::new().route("/users/{id}", delete(|| async { StatusCode::NO_CONTENT }))).await;
    let answer = send(&transport(address), Request::delete("/users/{id}").path("id", &7)).await.unwrap();
    assert_eq!(answer.status(), 204);
    answer.json::<()>().unwrap();
    assert_eq!(answer.json::<Option<u8>>().unwrap(), None);
}

#[tokio::test]
async fn a_no_of_the_server_carries_its_typed_body() {
    #[derive(Debug, Deserialize, PartialEq)]
    struct ApiError {
        message: String,
    }
    let busy = || async {
        (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "7")], axum::Json(json!({"message": "slow down"})))
    };
    let address = serve(Router::new().route("/users", get(busy))).await;
    let request =
        Request::get("/users").query("token", "canary").error_body::<ApiError>(|error| Some(error.message.clone()));
    let error = send(&transport(address), request).await.unwrap_err();
    assert_eq!((error.status(), error.retry_after()), (Some(429), Some(Duration::from_secs(7))));
    assert_eq!(error.body::<ApiError>(), Some(&ApiError { message: "slow down".to_owned() }));
    assert_eq!(error.to_string(), "GET /users: the server answered with status 429: slow down");
    assert!(!format!("{error:?}").contains("canary"));
}

#[tokio::test]
async fn no_answer_in_time_is_a_timeout() {
    let address = serve(Router::new().route("/slow", get(std::future::pending::<()>))).await;
    let transport =
        HttpTransport::builder(&format!("http://{address}")).timeout(Duration::from_millis(50)).build().unwrap();
    let sending = send(&transport, Request::get("/slow").query("token", "canary"));
    let answer = tokio::time::timeout(Duration::from_secs(10), sending).await.expect("it waits for ever");
    let error = answer.unwrap_err();
    assert!(error.is_timeout() && !error.is_network(), "{error:?}");
    assert_eq!(error.to_string(), "GET /slow: no answer within 50ms");
    assert!(!format!("{error:?}").contains("canary"));
}

#[tokio::test]
async fn a_request_may_wait_longer_than_its_transport_does_and_an_idle_server_is_given_up() {
    let late = || async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        axum::Json(1)
    };
    let routes = Router::new().route("/late", get(late)).route("/never", get(std::future::pending::<()>));
    let address = serve(routes).await;
    let builder = || HttpTransport::builder(&format!("http://{address}"));
    let short = builder().timeout(Duration::from_millis(10)).build().unwrap();
    assert!(send(&short, Request::get("/late")).await.unwrap_err().is_timeout());
    let patient = Request::get("/late").timeout(Duration::from_mins(1));
    assert_eq!(send(&short, patient).await.unwrap().json::<u8>().unwrap(), 1);
    let idle = builder().idle_timeout(Duration::from_millis(50)).build().unwrap();
    let error = tokio::time::timeout(Duration::from_secs(10), send(&idle, Request::get("/never"))).await.unwrap();
    assert_eq!(error.unwrap_err().to_string(), "GET /never: no answer within 50ms");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_a_network_error() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = send(&transport(address), Request::get("/users").query("token", "canary")).await.unwrap_err();
    assert!(error.is_network() && !error.is_timeout(), "{error:?}");
    assert!(std::error::Error::source(&error).is_some());
    assert!(!format!("{error:?}").contains("canary"), "{error:?}");
}

/// Tells when it is dropped.
struct Dropped(Option<oneshot::Sender<()>>);

impl Drop for Dropped {
    fn drop(&mut self) {
        if let Some(sender) = self.0.take() {
            let _ = sender.send(());
        }
    }
}

/// Serves what is never answered; for each request comes what tells that its connection has closed.
async fn serve_slow() -> (SocketAddr, mpsc::Receiver<oneshot::Receiver<()>>) {
    let (arrived, arrivals) = mpsc::channel::<oneshot::Receiver<()>>(1);
    let hold = move || {
        let arrived = arrived.clone();
        async move {
            let (sender, gone) = oneshot::channel();
            let _dropped = Dropped(Some(sender));
            arrived.send(gone).await.unwrap();
            std::future::pending::<()>().await;
        }
    };
    (serve(Router::new().fallback(get(hold))).await, arrivals)
}

/// The server drops its handler only when it sees the connection close.
async fn closed(gone: oneshot::Receiver<()>) {
    tokio::time::timeout(Duration::from_secs(10), gone).await.expect("the connection stayed open").unwrap();
}

#[tokio::test]
async fn dropping_the_future_closes_the_connection() {
    let (address, mut arrivals) = serve_slow().await;
    let sending = transport(address).send(Request::get("/slow").prepare().unwrap());
    let task = tokio::spawn(sending);
    let gone = arrivals.recv().await.unwrap();
    task.abort();
    closed(gone).await;
}

#[tokio::test]
async fn a_query_that_nobody_looks_at_any_more_closes_its_connection() {
    let (address, mut arrivals) = serve_slow().await;
    let client = QueryClient::builder().transport(transport(address)).build();
    let observer = client.observe(number("a"));
    let first = arrivals.recv().await.unwrap();
    observer.set_options(number("b"));
    closed(first).await;
    let second = arrivals.recv().await.unwrap();
    drop(observer);
    closed(second).await;
}

#[tokio::test]
async fn nothing_is_sent_before_the_future_is_polled() {
    let (arrived, mut arrivals) = mpsc::unbounded_channel();
    let note = move |uri: Uri| async move { arrived.send(uri.to_string()).unwrap() };
    let address = serve(Router::new().fallback(any(note))).await;
    let transport = transport(address);
    drop(transport.send(Request::get("/first").prepare().unwrap()));
    send(&transport, Request::get("/second")).await.unwrap();
    assert_eq!(arrivals.recv().await.unwrap(), "/second");
}

#[tokio::test]
async fn requests_that_would_leave_the_base_url_are_never_sent() {
    let hits = Arc::new(Mutex::new(Vec::new()));
    let note = {
        let hits = Arc::clone(&hits);
        move |uri: Uri| async move { hits.lock().unwrap().push(uri.to_string()) }
    };
    let address = serve(Router::new().fallback(any(note))).await;
    let transport = HttpTransport::new(&format!("http://{address}/v1")).unwrap();
    for path in ["@evil.com/x", ".evil.com", "//evil.com", "https://evil.com", "/\\evil.com", "/../admin", "/a#b"] {
        let mut request = Request::get("/x").prepare().unwrap();
        path.clone_into(&mut request.path_and_query);
        let error = transport.send(request).await.unwrap_err();
        assert!(error.is_invalid_request(), "{path}: {error}");
    }
    for id in ["", ".", ".."] {
        assert!(send(&transport, Request::get("/users/{id}").path("id", id)).await.unwrap_err().is_invalid_request());
    }
    assert_eq!(*hits.lock().unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn redirects_of_reads_are_followed_on_the_same_origin_only() {
    let other = serve(Router::new().fallback(any(|| async { "the other server" }))).await;
    let routes = Router::new()
        .route("/old", get(|| async { Redirect::permanent("/new?a=1") }))
        .route("/new", get(|query: RawQuery| async { query.0.unwrap_or_default() }).post(|| async { "created" }))
        .route("/away", get(move || async move { Redirect::temporary(&format!("http://{other}/")) }))
        .route("/named", get(|uri: Uri| async move { Redirect::to(&format!("http://user@{}/new", uri.path())) }))
        .route("/moved", post(|| async { Redirect::temporary("/new") }))
        .route("/loop", get(|| async { Redirect::to("/loop") }));
    let transport = transport(serve(routes).await);
    let followed = send(&transport, Request::get("/old")).await.unwrap();
    assert_eq!(followed.text().unwrap(), "a=1");
    for path in ["/away", "/named"] {
        assert!(matches!(send(&transport, Request::get(path)).await.unwrap_err().status(), Some(303 | 307)), "{path}");
    }
    let error = send(&transport, Request::post("/moved").json(&1)).await.unwrap_err();
    assert_eq!(error.status(), Some(307));
    let error = send(&transport, Request::get("/loop")).await.unwrap_err();
    assert!(error.is_network(), "{error:?}");
}

#[tokio::test]
async fn five_redirects_are_followed_and_a_sixth_is_not() {
    #[derive(Deserialize)]
    struct Left {
        left: u32,
    }
    async fn step(Query(Left { left }): Query<Left>) -> axum::response::Response {
        match left {
            0 => "arrived".into_response(),
            left => Redirect::to(&format!("/step?left={}", left - 1)).into_response(),
        }
    }
    let transport = transport(serve(Router::new().route("/step", get(step))).await);
    let go = |left: u32| send(&transport, Request::get("/step").query("left", &left));
    assert_eq!(go(5).await.unwrap().text().unwrap(), "arrived");
    assert!(go(6).await.unwrap_err().is_network());
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_refused() {
    let told = || async { "x".repeat(101) };
    let exact = || async { "x".repeat(100) };
    // Sent in chunks, without its length at the head.
    let untold = || async {
        let chunks = (0..50).map(|_| Ok::<_, std::convert::Infallible>("x".repeat(10)));
        axum::body::Body::from_stream(Chunks(chunks.collect::<Vec<_>>().into_iter()))
    };
    let routes = Router::new().route("/told", get(told)).route("/exact", get(exact)).route("/untold", get(untold));
    let address = serve(routes).await;
    let transport = HttpTransport::builder(&format!("http://{address}")).longest_answer(100).build().unwrap();
    assert_eq!(send(&transport, Request::get("/exact")).await.unwrap().bytes().len(), 100);
    for path in ["/told", "/untold"] {
        let error = send(&transport, Request::get(path)).await.unwrap_err();
        assert!(error.is_decode(), "{path}: {error:?}");
        assert!(format!("{error:?}").contains("more than 100 bytes"), "{error:?}");
    }
}

/// A stream of what an iterator gives.
struct Chunks<I>(I);

impl<I: Iterator + Unpin> futures_core::Stream for Chunks<I> {
    type Item = I::Item;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<I::Item>> {
        std::task::Poll::Ready(self.0.next())
    }
}

#[tokio::test]
async fn a_bearer_token_is_asked_for_each_time_and_never_shown() {
    let echo = |headers: HeaderMap| async move {
        headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    };
    let address = serve(Router::new().route("/me", get(echo))).await;
    let token = Arc::new(Mutex::new(None));
    let inner = Arc::clone(&token);
    let transport = HttpTransport::builder(&format!("http://{address}"))
        .bearer(move || inner.lock().unwrap().clone())
        .build()
        .unwrap();
    let me = || send(&transport, Request::get("/me"));
    assert_eq!(me().await.unwrap().text().unwrap(), "");
    *token.lock().unwrap() = Some("canary".to_owned());
    assert_eq!(me().await.unwrap().text().unwrap(), "Bearer canary");
    *token.lock().unwrap() = Some("canary\r\nEvil: 1".to_owned());
    let error = me().await.unwrap_err();
    assert!(error.is_invalid_request());
    assert!(!format!("{error:?} {transport:?}").contains("canary"));
}

#[test]
fn outside_of_tokio_sending_is_an_error_and_no_panic() {
    let transport = HttpTransport::new("http://127.0.0.1:1").unwrap();
    let sending = transport.send(Request::get("/users").prepare().unwrap());
    let runtime = query_runtime::testing::TestRuntime::new();
    let error = runtime.block_on(sending).unwrap().unwrap_err();
    assert!(error.to_string().contains("tokio runtime"), "{error}");
}
