//! How does a program do something with every query, or with every request?

use std::sync::{Arc, Mutex};

use query_runtime::testing::{ScriptedTransport, TestRuntime};
use query_runtime::{
    BoxFuture, PreparedRequest, QueryClient, QueryData, QueryError, QueryOptions, RawResponse, RetryPolicy, Transport,
};
use serde_json::json;

use crate::stage::{Stage, number, seconds};

/// Notes what is sent and what comes of it.
struct Noting {
    inner: ScriptedTransport,
    notes: Arc<Mutex<Vec<String>>>,
}

impl Transport for Noting {
    fn send(&self, mut request: PreparedRequest) -> BoxFuture<'static, Result<RawResponse, QueryError>> {
        request.headers.push(("X-Trace".to_owned(), "7".to_owned()));
        let (line, notes) = (format!("{} {}", request.method, request.path()), self.notes.clone());
        let answer = self.inner.send(request);
        Box::pin(async move {
            let answer = answer.await?;
            notes.lock().unwrap().push(format!("{line}: {}", answer.status));
            Ok(answer)
        })
    }
}

#[test]
fn transport_that_holds_another_sees_every_request_and_answer() {
    let (runtime, inner, notes) = (TestRuntime::new(), ScriptedTransport::new(), Arc::<Mutex<Vec<_>>>::default());
    let noting = Noting { inner: inner.clone(), notes: notes.clone() };
    let client = QueryClient::builder().env(runtime.env()).transport(noting).seed(1).build();
    let observer = client.observe(number("a"));
    runtime.run_until_stalled();
    let request = inner.take_request().unwrap();
    assert_eq!(request.request().header("x-trace"), Some("7"));
    request.respond_json(200, &json!(1));
    runtime.run_until_stalled();
    assert_eq!(observer.current().data.as_deref(), Some(&1));
    assert_eq!(*notes.lock().unwrap(), ["GET /a: 200"]);
}

/// What this program does with each of its queries.
fn patient<T: QueryData>(options: QueryOptions<T>) -> QueryOptions<T> {
    options.retry(RetryPolicy::never()).stale_time(seconds(60))
}

#[test]
fn options_are_values_that_functions_of_the_program_change() {
    let stage = Stage::new();
    let observer = stage.observed(patient(number("a")), "GET /a", 1);
    assert!(!observer.current().is_stale);
    let failing = stage.client.observe(patient(number("b")));
    stage.refuse("GET /b", 503);
    assert!(failing.current().is_error());
}
