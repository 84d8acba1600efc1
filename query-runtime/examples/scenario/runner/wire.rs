//! Which requests were sent, which wait for their answer, and which of them is meant?

use std::collections::BTreeMap;

use query_runtime::{
    Moment, PreparedRequest, QueryError, RawResponse,
    testing::{ScriptedRequest, ScriptedTransport},
};
use serde_json::Value;

use super::steps::Failure;

/// A request as it was sent.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    /// The mutation or the query that sent it.
    pub(super) name: String,
    pub(super) request: PreparedRequest,
}

impl Sent {
    pub(super) fn line(&self) -> String {
        format!("{} {}", self.request.method, self.request.path_and_query)
    }

    /// Returns all of it, with the headers in one order.
    pub(super) fn whole(&self) -> PreparedRequest {
        let mut request = self.request.clone();
        request.headers.sort();
        request
    }

    pub(super) fn body(&self) -> Value {
        serde_json::from_slice(self.request.body.as_deref().unwrap_or_default()).unwrap_or_default()
    }
}

/// A request that was not answered yet.
struct Held {
    name: String,
    /// The how manieth of its name it is, from 1.
    number: usize,
    request: ScriptedRequest,
    /// What the server has answered, where that is on its way.
    answer: Option<RawResponse>,
    /// When the server carries it out, and when its answer arrives, where that goes by itself.
    due: Option<(Moment, Moment)>,
}

/// The wire between the program and the server.
#[derive(Default)]
pub(super) struct Wire {
    pub(super) transport: ScriptedTransport,
    pub(super) sent: Vec<Sent>,
    held: Vec<Held>,
    counts: BTreeMap<String, usize>,
    /// Whose requests are answered by themselves, and after how many milliseconds.
    answered: BTreeMap<String, u64>,
}

/// What the wire wants done.
pub(super) enum Wanted {
    /// The server carries a request out.
    Process(usize),
    /// Its answer arrives.
    Deliver(usize),
}

impl Wire {
    /// Forgets what was sent so far.
    pub(super) fn start_counting(&mut self) {
        self.sent.clear();
        self.counts.clear();
    }

    pub(super) fn answer_by_itself(&mut self, names: &[String], after: u64) {
        self.answered.extend(names.iter().map(|name| (name.clone(), after)));
    }

    pub(super) fn hold(&mut self, names: &[String]) {
        if names.iter().any(|name| name == "all") {
            self.answered.clear();
        }
        for name in names {
            self.answered.remove(name);
        }
    }

    /// Takes in what was sent; returns whether there was anything.
    pub(super) fn take(&mut self, now: Moment) -> bool {
        let before = self.sent.len();
        while let Some(request) = self.transport.take_request() {
            let prepared = request.request().clone();
            let name = prepared.header("X-Name").unwrap_or_default().to_owned();
            let count = self.counts.entry(name.clone()).or_default();
            *count += 1;
            let kind = if prepared.method == query_runtime::Method::Get { "fetches" } else { "mutations" };
            let after = [name.as_str(), kind, "all"].iter().find_map(|word| self.answered.get(*word));
            let due = after.map(|after| {
                let time = |part: u64| now + std::time::Duration::from_millis(part);
                (time(after / 2), time(*after))
            });
            self.held.push(Held { name: name.clone(), number: *count, request, answer: None, due });
            self.sent.push(Sent { name, request: prepared });
        }
        self.sent.len() > before
    }

    /// Returns what is due, and when something will be.
    pub(super) fn due(&self, now: Moment) -> Option<Wanted> {
        let live = || self.held.iter().enumerate().filter(|(_, held)| !held.request.is_aborted());
        let process = live().find(|(_, held)| held.answer.is_none() && held.due.is_some_and(|(at, _)| at <= now));
        let deliver = live().find(|(_, held)| held.due.is_some_and(|(_, at)| at <= now));
        process.map(|(at, _)| Wanted::Process(at)).or(deliver.map(|(at, _)| Wanted::Deliver(at)))
    }

    pub(super) fn next_due(&self) -> Option<Moment> {
        let live = self.held.iter().filter(|held| !held.request.is_aborted());
        live.filter_map(|held| held.due.map(|(first, then)| if held.answer.is_none() { first } else { then })).min()
    }

    /// Finds the request that is meant: `m1` is the oldest of that name that waits, `m1#2` the second that was sent.
    pub(super) fn find(&self, to: &str) -> Result<usize, String> {
        let (name, number) = match to.split_once('#') {
            Some((name, number)) => (name, number.parse::<usize>().ok()),
            None => (to, None),
        };
        let meant = |held: &Held| held.name == name && number.is_none_or(|number| number == held.number);
        let live = self.held.iter().position(|held| meant(held) && !held.request.is_aborted());
        live.or_else(|| self.held.iter().position(meant)).ok_or_else(|| {
            let waiting: Vec<String> = self.held.iter().map(|held| format!("{}#{}", held.name, held.number)).collect();
            format!("no request of `{to}` waits for an answer; those that do: [{}]", waiting.join(", "))
        })
    }

    /// Returns the request that waits here, and who sent it.
    pub(super) fn request(&self, at: usize) -> (&str, &PreparedRequest) {
        (&self.held[at].name, self.held[at].request.request())
    }

    pub(super) fn is_processed(&self, at: usize) -> bool {
        self.held[at].answer.is_some()
    }

    /// The server has answered; the answer is on its way.
    pub(super) fn processed(&mut self, at: usize, answer: RawResponse) {
        self.held[at].answer = Some(answer);
    }

    /// The answer arrives.
    pub(super) fn deliver(&mut self, at: usize, change: impl FnOnce(RawResponse) -> RawResponse) {
        let held = self.held.remove(at);
        let nothing = RawResponse { status: 200, headers: Vec::new(), body: Vec::new() };
        held.request.respond(change(held.answer.unwrap_or(nothing)));
    }

    /// The request ends without an answer.
    pub(super) fn fail(&mut self, at: usize, how: Failure) {
        let held = self.held.remove(at);
        match how {
            Failure::Network => held.request.fail_network(),
            Failure::Timeout => held.request.fail(QueryError::timeout(std::time::Duration::from_secs(30))),
        }
    }

    /// Returns the key that a mutation's requests carry.
    pub(super) fn key_of(&self, mutation: &str) -> Option<String> {
        let sent = self.sent.iter().find(|sent| sent.name == mutation)?;
        sent.request.header("Idempotency-Key").map(str::to_owned)
    }

    /// Returns the oldest request that somebody still waits for.
    pub(super) fn oldest(&self) -> Option<usize> {
        self.held.iter().position(|held| !held.request.is_aborted())
    }
}
