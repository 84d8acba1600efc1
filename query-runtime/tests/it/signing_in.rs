//! What happens to requests when the token that they carry is no longer taken?

use std::sync::{Arc, Mutex};

use query_runtime::testing::{ScriptedRequest, ScriptedTransport, TestRuntime};
use query_runtime::{
    QueryClient, QueryError, QueryObserver, QueryOptions, RawResponse, RenewalContext, Request, RetryPolicy, Session,
    SessionTransport,
};
use serde_json::json;

use crate::board::{CardChange, Edit, edit};
use crate::stage::number;

/// A client that is signed in with the token `old`.
struct Door {
    runtime: TestRuntime,
    server: ScriptedTransport,
    session: Session,
    client: QueryClient,
}

async fn renew(context: RenewalContext) -> Result<String, QueryError> {
    context.send(Request::post("/renewal")).await?.json()
}

impl Door {
    fn new() -> Self {
        let (runtime, server, session) = (TestRuntime::new(), ScriptedTransport::new(), Session::new());
        session.sign_in("old");
        let transport = SessionTransport::new(server.clone(), session.clone(), renew).env(runtime.env());
        let client = QueryClient::builder().env(runtime.env()).transport(transport).seed(1).build();
        Self { runtime, server, session, client }
    }

    fn observe(&self, name: &'static str) -> QueryObserver<u64> {
        self.client.observe(once(name))
    }

    /// Takes the next request, which must be this one and carry this token.
    #[track_caller]
    fn request(&self, line: &str, token: Option<&str>) -> ScriptedRequest {
        self.runtime.run_until_stalled();
        let request = self.server.take_request().unwrap_or_else(|| panic!("nobody sent {line}"));
        assert_eq!(request.line(), line);
        assert_eq!(request.header("Authorization"), token.map(|token| format!("Bearer {token}")).as_deref());
        request
    }

    #[track_caller]
    fn refuse(&self, line: &str, token: &str) {
        self.request(line, Some(token)).respond_empty(401);
        self.runtime.run_until_stalled();
    }

    #[track_caller]
    fn answer(&self, line: &str, token: &str, number: u64) {
        self.request(line, Some(token)).respond_json(200, &json!(number));
        self.runtime.run_until_stalled();
    }

    #[track_caller]
    fn renew(&self) {
        self.request("POST /renewal", None).respond_json(200, &json!("new"));
        self.runtime.run_until_stalled();
    }

    #[track_caller]
    fn silence(&self) {
        self.runtime.run_until_stalled();
        assert!(self.server.take_request().is_none());
    }
}

fn once(name: &'static str) -> QueryOptions<u64> {
    number(name).retry(RetryPolicy::never())
}

#[test]
fn many_refusals_at_once_are_one_renewal_and_each_request_goes_on() {
    let door = Door::new();
    let observers = ["a", "b", "c"].map(|name| door.observe(name));
    let early = [("GET /a", 1), ("GET /b", 2)];
    for (line, _) in early {
        door.refuse(line, "old");
    }
    let late = door.request("GET /c", Some("old"));
    let renewal = door.request("POST /renewal", None);
    late.respond_empty(401);
    door.silence();
    renewal.respond_json(200, &json!("new"));
    for (line, number) in early.into_iter().chain([("GET /c", 3)]) {
        door.answer(line, "new", number);
    }
    door.silence();
    let shown: Vec<_> = observers.iter().map(|observer| observer.current().data.as_deref().copied()).collect();
    assert_eq!(shown, [Some(1), Some(2), Some(3)]);
}

#[test]
fn refusal_of_an_older_token_is_no_reason_to_renew_the_newer() {
    let door = Door::new();
    let (_a, b) = (door.observe("a"), door.observe("b"));
    door.refuse("GET /a", "old");
    let slow = door.request("GET /b", Some("old"));
    door.renew();
    door.answer("GET /a", "new", 1);
    slow.respond_empty(401);
    door.answer("GET /b", "new", 2);
    door.silence();
    assert!(b.current().is_success());
}

#[test]
fn second_refusal_is_the_answer_and_a_403_always_is() {
    let door = Door::new();
    let a = door.observe("a");
    door.refuse("GET /a", "old");
    door.renew();
    door.refuse("GET /a", "new");
    door.silence();
    assert_eq!(a.current().error.and_then(|error| error.status()), Some(401));
    let b = door.observe("b");
    door.request("GET /b", Some("new")).respond_empty(403);
    door.silence();
    assert_eq!(b.current().error.and_then(|error| error.status()), Some(403));
}

#[test]
fn refused_renewal_ends_the_session_once_and_for_all_who_waited() {
    let door = Door::new();
    let ends = Arc::new(Mutex::new(0));
    let (count, session) = (ends.clone(), door.session.clone());
    let _subscription = door.session.subscribe(move || *count.lock().unwrap() += u32::from(!session.is_signed_in()));
    let observers = ["a", "b"].map(|name| door.observe(name));
    door.refuse("GET /a", "old");
    door.refuse("GET /b", "old");
    door.request("POST /renewal", None).respond_empty(401);
    door.silence();
    for observer in &observers {
        assert_eq!(observer.current().error.and_then(|error| error.status()), Some(401));
    }
    assert!(!door.session.is_signed_in());
    assert_eq!(*ends.lock().unwrap(), 1);
    let _open = door.observe("open");
    door.request("GET /open", None).respond_empty(401);
    door.silence();
}

#[test]
fn renewal_that_does_not_reach_the_server_keeps_the_session() {
    let door = Door::new();
    let a = door.observe("a");
    door.refuse("GET /a", "old");
    door.request("POST /renewal", None).fail_network();
    door.silence();
    assert!(a.current().error.is_some_and(|error| error.is_network()), "it may pass, and is retried by its policy");
    assert!(door.session.is_signed_in());
    a.refetch();
    door.refuse("GET /a", "old");
    door.renew();
    door.answer("GET /a", "new", 1);
    assert!(a.current().is_success());
}

#[test]
fn who_gives_up_waiting_does_not_stop_the_renewal() {
    let door = Door::new();
    let a = door.observe("a");
    door.refuse("GET /a", "old");
    let renewal = door.request("POST /renewal", None);
    drop(a);
    assert!(!renewal.is_aborted());
    renewal.respond_json(200, &json!("new"));
    door.silence();
    let _b = door.observe("b");
    door.answer("GET /b", "new", 1);
}

#[test]
fn renewal_that_ends_after_signing_out_or_in_counts_for_nothing() {
    let door = Door::new();
    let a = door.observe("a");
    door.refuse("GET /a", "old");
    let renewal = door.request("POST /renewal", None);
    door.session.sign_out();
    door.silence();
    assert_eq!(a.current().error.and_then(|error| error.status()), Some(401), "nobody waits for it any more");
    door.session.sign_in("other");
    renewal.respond_json(200, &json!("new"));
    door.silence();
    a.refetch();
    door.answer("GET /a", "other", 1);
    assert!(a.current().is_success());
}

#[test]
fn mutation_is_sent_again_with_its_key_and_body() {
    let door = Door::new();
    let handle = door.client.mutation(edit()).mutate(Edit { id: 1, change: CardChange::Rank(2) });
    let first = door.request("PATCH /cards/1", Some("old"));
    let (key, body) = (first.header("Idempotency-Key").map(str::to_owned), first.json());
    first.respond_empty(401);
    door.renew();
    let second = door.request("PATCH /cards/1", Some("new"));
    assert_eq!((second.header("Idempotency-Key").map(str::to_owned), second.json()), (key, body));
    second.respond_json(200, &json!({"id": 1, "column": "todo", "rank": 2, "title": "card 1"}));
    door.runtime.run_until_stalled();
    assert!(door.runtime.block_on(handle).unwrap().is_ok());
}

#[tokio::test]
async fn panic_while_renewing_lets_nobody_wait_for_ever() {
    let (server, session) =
        (ScriptedTransport::answering(|_| Some(RawResponse::json(401, &json!(null)))), Session::new());
    session.sign_in("old");
    let transport = SessionTransport::new(server, session.clone(), |_| async { panic!("a function that panics") });
    let client = QueryClient::builder().transport(transport).build();
    let error = client.fetch(once("a")).await.unwrap_err();
    assert!(error.status().is_none() && session.is_signed_in());
}

#[test]
fn no_token_is_printed() {
    let session = Session::new();
    session.sign_in("secret");
    let transport = SessionTransport::new(ScriptedTransport::new(), session.clone(), renew);
    assert!(!format!("{session:?} {transport:?}").contains("secret"));
}

#[test]
fn request_of_before_signing_out_is_not_sent_again_for_who_comes_next() {
    let door = Door::new();
    let observer = door.observe("a");
    let sent = door.request("GET /a", Some("old"));
    door.session.sign_out();
    door.session.sign_in("another's");
    sent.respond_empty(401);
    door.silence();
    assert_eq!(observer.current().error.and_then(|error| error.status()), Some(401));
}
