//! What happens in one run: a program, its users, its network and its server, all drawn from one seed?

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use query_runtime::testing::TestRuntime;
use query_runtime::{MutationFilter, MutationObserver, MutationOptions, QueryClient, QueryError, RetryPolicy, Spawner};

use super::items::{self, Act, Deed, Item, List, TEMPORARY};
use super::server::{CHOSEN, Server};
use super::watch::{Subject, Watch};
use super::wire::Wire;

/// What has become of an operation, as far as the program knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Pending,
    Done,
    /// The server refused it, or it was never sent.
    Refused,
    /// Given up: nobody knows whether the server has done it.
    Lost,
}

/// An operation of the client's user.
pub(crate) struct Operation {
    pub(crate) deed: Deed,
    pub(crate) outcome: Outcome,
}

type Ends = Arc<Mutex<BTreeMap<u64, Vec<Outcome>>>>;

/// One run.
pub(crate) struct World {
    pub(crate) random: fastrand::Rng,
    pub(crate) runtime: TestRuntime,
    pub(crate) client: QueryClient,
    pub(crate) wire: Wire,
    pub(crate) server: Server,
    pub(crate) watches: Vec<Watch>,
    pub(crate) operations: Vec<Operation>,
    /// How each call of a mutation ended: one end each, in the end.
    pub(crate) ends: Ends,
    /// How often the last callback of each call ran.
    pub(crate) settled: Ends,
    /// Others have written, and nobody has told the client.
    pub(crate) untold: bool,
    has_callbacks: bool,
    invalidates: bool,
    gives_up: bool,
    lossy: bool,
    online: bool,
    trace: bool,
}

fn note(ends: &Ends, number: u64, outcome: Outcome) {
    ends.lock().unwrap_or_else(PoisonError::into_inner).entry(number).or_default().push(outcome);
}

fn outcome_of<T>(result: &Result<T, QueryError>, is_uncertain: bool) -> Outcome {
    match result {
        Ok(_) => Outcome::Done,
        Err(_) if is_uncertain => Outcome::Lost,
        Err(_) => Outcome::Refused,
    }
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let (runtime, wire) = (TestRuntime::new(), Wire::default());
        let client = QueryClient::builder().env(runtime.env()).transport(wire.clone()).seed(seed).build();
        let mut server = Server::new();
        for _ in 0..5 {
            server.other(&mut random);
        }
        Self {
            has_callbacks: random.bool(),
            invalidates: random.bool(),
            gives_up: random.bool(),
            lossy: random.u8(..4) > 0,
            trace: std::env::var_os("TRACE").is_some(),
            random,
            runtime,
            client,
            wire,
            server,
            watches: Vec::new(),
            operations: Vec::new(),
            ends: Ends::default(),
            settled: Ends::default(),
            untold: false,
            online: true,
        }
    }

    pub(crate) fn trace(&self, text: impl FnOnce() -> String) {
        if self.trace {
            eprintln!("{:?} {}", self.runtime.now(), text());
        }
    }

    /// Lets everything happen that can, and notes how mutations ended.
    pub(crate) fn stall(&mut self) {
        self.runtime.run_until_stalled();
        let ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        for operation in &mut self.operations {
            if let Some(ended) = ends.get(&operation.deed.number) {
                operation.outcome = ended[0];
            }
        }
    }

    /// Does one thing.
    pub(crate) fn step(&mut self) {
        match self.random.u8(..100) {
            0..20 => self.act(),
            20..25 => self.other(),
            25..31 => self.tell(),
            31..39 => self.come(),
            39..43 => self.go(),
            43..60 => self.request(),
            60..77 => self.answer(),
            77..83 => self.pass(),
            83..88 => self.refetch(),
            88..91 => self.connection(),
            91..93 => self.focus(),
            93..95 => self.cancel(),
            95..97 if self.lossy => self.wire.time_out(&mut self.random),
            _ => self.more(),
        }
        self.stall();
    }

    /// The user does something to a row.
    fn act(&mut self) {
        let number = self.operations.len() as u64 + 1;
        let own = -i64::try_from(number).unwrap();
        let values = (self.random.i64(0..2), self.random.i64(0..4));
        let ids = self.known_ids();
        let (id, act) = if ids.is_empty() || self.random.u8(..4) == 0 {
            let (a, b) = values;
            if self.random.u8(..3) == 0 { (CHOSEN - own, Act::CreateAs { a, b }) } else { (own, Act::Create { a, b }) }
        } else {
            let act = match self.random.u8(..9) {
                0..3 => Act::A(values.0),
                3..5 => Act::B(values.1),
                5..8 => Act::Increment,
                _ => Act::Delete,
            };
            (ids[self.random.usize(..ids.len())], act)
        };
        let deed = Deed { number, id, act };
        self.trace(|| format!("mutate {deed:?}"));
        self.operations.push(Operation { deed: deed.clone(), outcome: Outcome::Pending });
        TEMPORARY.set(own);
        if act == Act::Delete {
            self.mutate(items::deletes_row(), deed);
        } else {
            self.mutate(items::writes_row(act), deed);
        }
    }

    fn mutate<T: Send + Sync + 'static>(&mut self, options: MutationOptions<Deed, T>, deed: Deed) {
        let retry = if self.gives_up && self.random.u8(..4) == 0 {
            RetryPolicy::default().max(1)
        } else {
            RetryPolicy::forever().backoff(Duration::from_millis(500), 2.0, Duration::from_secs(4))
        };
        let mut options = options.retry(retry).idempotent(true);
        if self.invalidates {
            options = options.invalidates(|_, _| vec![items::all_items()]);
        }
        let settled = Arc::clone(&self.settled);
        if self.has_callbacks {
            options = options.on_settled(move |event| {
                let settled = Arc::clone(&settled);
                async move {
                    note(&settled, event.variables.number, Outcome::Done);
                    Ok(())
                }
            });
        } else {
            note(&settled, deed.number, Outcome::Done);
        }
        let (ends, number) = (Arc::clone(&self.ends), deed.number);
        let observer: MutationObserver<Deed, T> = self.client.mutation(options);
        let mut handle = observer.mutate(deed);
        let ended = async move {
            let result = (&mut handle).await;
            note(&ends, number, outcome_of(&result, handle.is_uncertain()));
        };
        self.runtime.spawn(Box::pin(ended)).detach();
    }

    /// Returns the ids that the user can see, and a temporary one that was seen before.
    fn known_ids(&mut self) -> Vec<i64> {
        let mut ids: Vec<i64> =
            self.watches.iter().flat_map(|watch| watch.look().rows().map(|row| row.id).collect::<Vec<_>>()).collect();
        let creates = |one: &&Operation| matches!(one.deed.act, Act::Create { .. });
        let temporary: Vec<i64> = self.operations.iter().filter(creates).map(|one| one.deed.id).collect();
        if !temporary.is_empty() && self.random.u8(..8) == 0 {
            ids.push(temporary[self.random.usize(..temporary.len())]);
        }
        ids
    }

    fn other(&mut self) {
        self.server.other(&mut self.random);
        self.untold = true;
        self.trace(|| format!("other: {:?}", self.server.rows()));
    }

    /// The client hears that others have written.
    pub(crate) fn tell(&mut self) {
        self.trace(|| "invalidate".to_owned());
        self.untold = false;
        drop(self.client.invalidate(items::all_items()));
    }

    /// An observer comes. Rows are opened under ids that are on the screen: a row that the user can reach under its real
    /// id before the answer to its create is a known limit of what keys and epochs can do (section 2.4 of the rules).
    fn come(&mut self) {
        if self.watches.len() >= 7 {
            return;
        }
        let ids: Vec<i64> = self.known_ids().into_iter().filter(|id| *id > 0).collect();
        let subject = match self.random.u8(..6) {
            0 => Subject::List(List::Ones),
            1 => Subject::List(List::All),
            2 => Subject::List(List::Paged),
            _ if ids.is_empty() => Subject::List(List::All),
            _ => Subject::Detail(ids[self.random.usize(..ids.len())]),
        };
        self.trace(|| format!("observe {subject:?}"));
        let watch = Watch::new(&self.client, subject, &mut self.random);
        self.watches.push(watch);
    }

    fn go(&mut self) {
        if !self.watches.is_empty() {
            let gone = self.watches.swap_remove(self.random.usize(..self.watches.len()));
            self.trace(|| format!("unobserve {:?}", gone.subject));
        }
    }

    /// A request arrives at the server, or is lost, or meets a server that is down.
    fn request(&mut self) {
        let Some((number, request)) = self.wire.take_request(&mut self.random) else { return };
        let fate = if self.lossy { self.random.u8(..20) } else { 19 };
        self.trace(|| format!("request {number} {} {} fate {fate}", request.method, request.path_and_query));
        if fate < 2 {
            self.wire.settle(number, Err(QueryError::network("the request was lost")));
        } else if fate == 2 {
            let down = query_runtime::RawResponse::json(503, &serde_json::json!(null));
            self.wire.put_answer(number, down);
        } else {
            let refuse = self.random.u8(..100) < 15;
            let answer = self.server.answer(&request, refuse);
            self.wire.put_answer(number, answer);
        }
    }

    fn answer(&mut self) {
        let lose = self.lossy && self.random.u8(..10) == 0;
        if self.wire.deliver(&mut self.random, lose) {
            self.trace(|| format!("answer lost {lose}"));
        }
    }

    fn pass(&mut self) {
        let time = Duration::from_millis(self.random.u64(1..4000));
        self.trace(|| format!("pass {time:?}"));
        self.runtime.advance(time);
    }

    fn refetch(&mut self) {
        if self.watches.is_empty() {
            return;
        }
        let watch = &self.watches[self.random.usize(..self.watches.len())];
        self.trace(|| format!("refetch {:?}", watch.subject));
        watch.refetch();
    }

    fn connection(&mut self) {
        self.online = !self.online;
        self.trace(|| format!("online {}", self.online));
        self.client.set_online(self.online);
        if !self.online && self.lossy && self.random.bool() {
            self.wire.break_all(&mut self.random);
        }
    }

    fn focus(&mut self) {
        self.trace(|| "focus".to_owned());
        self.client.set_focused(false);
        self.client.set_focused(true);
    }

    fn cancel(&mut self) {
        let reset = self.random.u8(..8) == 0;
        self.trace(|| format!("cancel, reset {reset}"));
        drop(if reset { self.client.reset(items::all_items()) } else { self.client.cancel(items::all_items()) });
        if reset {
            for watch in &mut self.watches {
                watch.had_data = false;
            }
        }
    }

    fn more(&mut self) {
        if let Some(watch) = self.watches.iter().find(|watch| watch.subject == Subject::List(List::Paged)) {
            self.trace(|| "next page".to_owned());
            watch.next_page();
        }
    }

    /// Lets the network come to rest, with nothing lost any more.
    ///
    /// # Errors
    ///
    /// It never does.
    pub(crate) fn drain(&mut self, mut check: impl FnMut(&mut Self) -> Result<(), String>) -> Result<(), String> {
        self.lossy = false;
        self.online = true;
        self.client.set_online(true);
        self.client.set_focused(true);
        self.stall();
        for _ in 0..3000 {
            if self.random.bool() {
                self.request();
            } else {
                self.answer();
            }
            self.stall();
            check(self)?;
            if self.wire.is_quiet() {
                if self.client.is_mutating(MutationFilter::all()) == 0
                    && self.client.is_fetching(items::all_items()) == 0
                {
                    return Ok(());
                }
                self.runtime.advance(Duration::from_secs(1));
                self.stall();
                check(self)?;
            }
        }
        let (mutating, fetching) =
            (self.client.is_mutating(MutationFilter::all()), self.client.is_fetching(items::all_items()));
        Err(format!("I17: never comes to rest: {mutating} mutations, {fetching} fetches"))
    }

    /// Returns whether an operation was given up that the server may carry out later.
    pub(crate) fn lost_any(&self) -> bool {
        self.operations.iter().any(|one| one.outcome == Outcome::Lost)
    }

    /// Returns the row under this id as the server has it now.
    pub(crate) fn row(&self, id: i64) -> Option<&Item> {
        self.server.rows().get(&id)
    }
}
