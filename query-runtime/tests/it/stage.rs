//! How does a test play server, clock and program at once?

use std::time::Duration;

use query_runtime::testing::{ScriptedRequest, ScriptedTransport, TestRuntime};
use query_runtime::{
    FetchContext, Key, QueryClient, QueryClientBuilder, QueryError, QueryKey, QueryObserver, QueryOptions, Request,
};
use serde_json::{Value, json};

/// A client whose time, background and network belong to the test.
pub(crate) struct Stage {
    pub(crate) runtime: TestRuntime,
    pub(crate) transport: ScriptedTransport,
    pub(crate) client: QueryClient,
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self::with(|builder| builder)
    }

    pub(crate) fn with(change: impl FnOnce(QueryClientBuilder) -> QueryClientBuilder) -> Self {
        let (runtime, transport) = (TestRuntime::new(), ScriptedTransport::new());
        let builder = QueryClient::builder().env(runtime.env()).transport(transport.clone()).seed(1);
        Self { client: change(builder).build(), runtime, transport }
    }

    /// Lets everything run that can, and takes the next request, which must be this one.
    #[track_caller]
    pub(crate) fn request(&self, line: &str) -> ScriptedRequest {
        self.runtime.run_until_stalled();
        let request = self.transport.take_request().unwrap_or_else(|| panic!("nobody sent {line}"));
        assert_eq!(request.line(), line);
        request
    }

    /// Answers the next request, which must be this one.
    #[track_caller]
    pub(crate) fn answer(&self, line: &str, body: &Value) {
        self.request(line).respond_json(200, body);
        self.runtime.run_until_stalled();
    }

    /// Answers the next request, which must be this one, with a status that says no.
    #[track_caller]
    pub(crate) fn refuse(&self, line: &str, status: u16) {
        self.request(line).respond_json(status, &json!(null));
        self.runtime.run_until_stalled();
    }

    /// Nothing is sent that was not taken yet.
    #[track_caller]
    pub(crate) fn silence(&self) {
        self.runtime.run_until_stalled();
        if let Some(request) = self.transport.take_request() {
            panic!("nobody should have sent {}", request.line());
        }
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.runtime.advance(Duration::from_secs(seconds));
        self.runtime.run_until_stalled();
    }

    /// Observes a number and answers its first fetch.
    #[track_caller]
    pub(crate) fn observed(&self, options: QueryOptions<u64>, line: &str, first: u64) -> QueryObserver<u64> {
        let observer = self.client.observe(options);
        self.answer(line, &json!(first));
        observer
    }
}

pub(crate) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) fn key(name: &'static str) -> Key<u64> {
    Key::typed(QueryKey::new(["number", name]))
}

async fn fetch(context: FetchContext, name: &'static str) -> Result<u64, QueryError> {
    context.send(Request::get("/{name}").path("name", name)).await?.json()
}

/// A number that `GET /name` tells.
pub(crate) fn number(name: &'static str) -> QueryOptions<u64> {
    QueryOptions::new(key(name), move |context| fetch(context, name))
}
