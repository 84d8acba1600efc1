//! What has a mutation sent, so that each attempt sends the same (rule R9)?

use std::sync::Arc;

use crate::{
    signal::lock,
    sync::Mutex,
    transport::{Method, PreparedRequest},
};

/// The name of the header by which a server can tell that it has seen a request.
const KEY: &str = "Idempotency-Key";

/// The name of the header that goes with a body.
const CONTENT_TYPE: &str = "Content-Type";

/// A request that was sent.
struct Sent {
    method: Method,
    path_and_query: String,
    body: Option<Vec<u8>>,
    content_type: Option<String>,
    is_idempotent: bool,
    /// Whether the current attempt has sent it.
    is_current: bool,
}

struct State {
    key: Arc<str>,
    sent: Vec<Sent>,
    /// The verb of the request that was sent last.
    last: Option<Method>,
}

/// What the attempts of one mutation have sent.
pub(crate) struct Journal {
    state: Mutex<State>,
}

impl Journal {
    /// Returns an empty journal with a key by which a server can tell the mutation: its own, or the one that was saved with it.
    pub(crate) fn new(key: Option<&str>) -> Self {
        let key = key.map_or_else(fresh_key, Arc::from);
        Self { state: Mutex::new(State { key, sent: Vec::new(), last: None }) }
    }

    /// Returns the key.
    pub(crate) fn key(&self) -> Arc<str> {
        lock(&self.state).key.clone()
    }

    /// An attempt begins.
    pub(crate) fn begin(&self) {
        for sent in &mut lock(&self.state).sent {
            sent.is_current = false;
        }
    }

    /// The mutation asks for something else from now on: for a server it is another one.
    pub(crate) fn renew(&self) {
        let mut state = lock(&self.state);
        *state = State { key: fresh_key(), sent: Vec::new(), last: None };
    }

    /// The mutation is over: what it has sent is not sent again.
    pub(crate) fn close(&self) {
        let sent = std::mem::take(&mut lock(&self.state).sent);
        drop(sent);
    }

    /// Gives a request its key and, where an attempt before has sent it, the bytes that it had then.
    ///
    /// The first request has the key of the mutation, further ones their own: a server refuses one key with two payloads.
    pub(crate) fn stamp(&self, request: &mut PreparedRequest, is_idempotent: bool) {
        let mut state = lock(&self.state);
        state.last = Some(request.method);
        let is_same = |sent: &Sent| {
            !sent.is_current && sent.method == request.method && sent.path_and_query == request.path_and_query
        };
        let index = if let Some(index) = state.sent.iter().position(is_same) {
            let sent = &mut state.sent[index];
            sent.is_current = true;
            request.body.clone_from(&sent.body);
            request.headers.retain(|(name, _)| !name.eq_ignore_ascii_case(CONTENT_TYPE));
            request.headers.extend(sent.content_type.clone().map(|value| (CONTENT_TYPE.to_owned(), value)));
            index
        } else {
            state.sent.push(Sent {
                method: request.method,
                path_and_query: request.path_and_query.clone(),
                body: request.body.clone(),
                content_type: request.header(CONTENT_TYPE).map(str::to_owned),
                is_idempotent,
                is_current: true,
            });
            state.sent.len() - 1
        };
        let key = if index == 0 { state.key.to_string() } else { format!("{}-{index}", state.key) };
        request.headers.push((KEY.to_owned(), key));
    }

    /// Returns whether doing all that was sent twice is doing it once, by the verbs.
    pub(crate) fn is_idempotent(&self) -> bool {
        let state = lock(&self.state);
        !state.sent.is_empty() && state.sent.iter().all(|sent| sent.is_idempotent)
    }

    /// Returns whether the last request was to delete something.
    pub(crate) fn ended_with_delete(&self) -> bool {
        lock(&self.state).last == Some(Method::Delete)
    }
}

fn fresh_key() -> Arc<str> {
    uuid::Uuid::new_v4().to_string().into()
}

#[cfg(test)]
mod tests {
    use super::Journal;
    use crate::request::Request;

    fn stamped(journal: &Journal, request: &Request) -> (Option<String>, Option<Vec<u8>>) {
        let mut prepared = request.prepare().expect("a sound request");
        journal.stamp(&mut prepared, request.is_idempotent());
        (prepared.header(super::KEY).map(str::to_owned), prepared.body)
    }

    #[test]
    fn each_attempt_sends_the_bytes_of_the_first_whatever_the_program_makes_of_it() {
        let journal = Journal::new(Some("key"));
        let note = |text: &str| Request::post("/notes").json(&text);
        journal.begin();
        let first = stamped(&journal, &note("a"));
        assert_eq!(first, (Some("key".to_owned()), Some(b"\"a\"".to_vec())));
        journal.begin();
        assert_eq!(stamped(&journal, &note("b")), first);
        journal.renew();
        let (key, body) = stamped(&journal, &note("b"));
        assert_eq!(body, Some(b"\"b\"".to_vec()));
        assert_ne!(key.as_deref(), Some("key"));
    }

    #[test]
    fn requests_of_one_mutation_have_their_own_keys_also_when_one_is_left_out_later() {
        let journal = Journal::new(Some("key"));
        let (one, two) = (Request::post("/one"), Request::put("/two"));
        journal.begin();
        assert_eq!(stamped(&journal, &one).0.as_deref(), Some("key"));
        assert_eq!(stamped(&journal, &one).0.as_deref(), Some("key-1"));
        assert_eq!(stamped(&journal, &two).0.as_deref(), Some("key-2"));
        assert!(!journal.is_idempotent());
        journal.begin();
        assert_eq!(stamped(&journal, &two).0.as_deref(), Some("key-2"));
        assert_eq!(stamped(&journal, &one).0.as_deref(), Some("key"));
    }

    #[test]
    fn verbs_say_whether_all_may_be_sent_again() {
        let journal = Journal::new(None);
        assert!(!journal.is_idempotent(), "what sends by itself is not known");
        stamped(&journal, &Request::put("/one"));
        assert!(journal.is_idempotent() && !journal.ended_with_delete());
        stamped(&journal, &Request::delete("/one"));
        assert!(journal.is_idempotent() && journal.ended_with_delete());
    }
}
