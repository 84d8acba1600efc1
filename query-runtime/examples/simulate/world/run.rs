//! What happens in one run, step by step?

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use query_runtime::testing::TestRuntime;
use query_runtime::{
    CacheAction, CacheEvent, Level, MutationFilter, MutationScope, QueryClient, QueryKey, RetryPolicy, Spawner as _,
    Subscription,
};

use super::chance::{Profile, Step};
use super::program::{self, Ending, Manner, Program};
use super::rows::{Act, Deed, List, ROUND};
use super::server::{CHOSEN, Server};
use super::watch::{Subject, Watch};
use super::wire::Wire;
use super::{Counts, Settings};

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

impl Outcome {
    fn of((result, is_uncertain): &Ending) -> Self {
        match result {
            Ok(()) => Self::Done,
            Err(error) if *is_uncertain || error.is_cancelled() => Self::Lost,
            Err(_) => Self::Refused,
        }
    }
}

/// An operation of the client's user.
pub(crate) struct Operation {
    pub(crate) deed: Deed,
    pub(crate) outcome: Outcome,
    /// Whether the program has cleared the cache while it was pending: it shows no more, and may still be carried out.
    pub(crate) is_forgotten: bool,
}

/// What the client's own code has noted since it was asked last.
#[derive(Default)]
pub(crate) struct Notes {
    /// How each call of a mutation ended: one end each, in the end.
    pub(crate) ends: BTreeMap<u64, Vec<Outcome>>,
    /// How often the last callback of each call ran.
    pub(crate) settled: BTreeMap<u64, u32>,
    new_ends: Vec<(u64, Outcome)>,
    counts: Counts,
    refused: Vec<QueryKey>,
    pub(crate) removed: Vec<QueryKey>,
    log: Option<Vec<String>>,
}

pub(crate) type Shared = Arc<Mutex<Notes>>;

pub(crate) fn notes(shared: &Shared) -> std::sync::MutexGuard<'_, Notes> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How the scopes of a run's mutations are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scopes {
    /// Each row has its own.
    Rows,
    /// All are in one that has a name.
    One,
    /// All are in one that stops when one of them fails.
    OneThatStops,
}

/// One run.
#[expect(clippy::struct_excessive_bools, reason = "each is drawn by itself; all combinations occur")]
pub(crate) struct World {
    pub(crate) settings: Settings,
    pub(crate) profile: Profile,
    pub(crate) random: fastrand::Rng,
    pub(crate) runtime: TestRuntime,
    pub(crate) client: QueryClient,
    pub(crate) server: Server,
    pub(crate) watches: Vec<Watch>,
    pub(crate) operations: Vec<Operation>,
    /// The operations on each row, by the name under which it shows now.
    pub(crate) by_row: HashMap<i64, Vec<usize>>,
    /// Larger whenever the program has learnt what became of an operation.
    pub(crate) learnt: u64,
    /// Rows whose data was set by hand.
    pub(crate) set: BTreeSet<i64>,
    /// Whether the program has given fetches up: what they were to prove is proven by the next ones.
    pub(crate) has_cancelled: bool,
    /// Others have written, and nobody has told the client.
    pub(crate) untold: bool,
    pub(crate) program: Box<dyn Program>,
    pub(crate) wire: Wire,
    pub(crate) shared: Shared,
    _events: Subscription,
    has_callbacks: bool,
    invalidates: bool,
    pub(crate) gives_up: bool,
    pub(crate) lossy: bool,
    pub(crate) online: bool,
    keeps_log: bool,
    pub(crate) scopes: Scopes,
}

impl World {
    pub(crate) fn new(seed: u64, settings: &Settings, keeps_log: bool) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let profile = settings.profile.unwrap_or_else(|| Profile::draw(&mut random));
        let (runtime, wire) = (TestRuntime::new(), Wire::default());
        let mut builder = QueryClient::builder().env(runtime.env()).transport(wire.clone()).seed(seed);
        if let Some(rule) = settings.without {
            builder = builder.without_rule(rule);
        }
        let client = builder.build();
        let shared = Shared::default();
        notes(&shared).log = keeps_log.then(Vec::new);
        let events = client.subscribe(listening(&shared));
        let mut server = Server::new(settings.level);
        for _ in 0..5 {
            server.other(&mut random);
        }
        let is_calm = matches!(profile, Profile::Idempotent | Profile::Storm);
        Self {
            settings: *settings,
            profile,
            has_callbacks: random.bool(),
            invalidates: random.bool() && profile != Profile::Storm,
            gives_up: random.bool() && !is_calm,
            lossy: random.u8(..4) > 0 && profile != Profile::Storm,
            scopes: match random.u8(..8) {
                0 if !is_calm => Scopes::One,
                1 if !is_calm => Scopes::OneThatStops,
                _ => Scopes::Rows,
            },
            program: program::program(settings.level, wire.clone()),
            random,
            runtime,
            client,
            wire,
            server,
            watches: Vec::new(),
            operations: Vec::new(),
            by_row: HashMap::new(),
            learnt: 0,
            set: BTreeSet::new(),
            shared,
            _events: events,
            has_cancelled: false,
            untold: false,
            online: true,
            keeps_log,
        }
    }

    /// Plays the whole run.
    ///
    /// # Errors
    ///
    /// Something is not as it must be; the text begins with the name of what does not hold.
    pub(crate) fn play(&mut self) -> Result<(), String> {
        for _ in 0..self.profile.steps() {
            let step = self.profile.step(&mut self.random);
            self.step(step)?;
            self.check()?;
        }
        self.drain()?;
        self.check_rest()?;
        if self.untold {
            self.tell();
            self.drain()?;
        }
        self.check_claims()?;
        self.tell();
        self.drain()?;
        self.check_end()
    }

    pub(crate) fn counts(&self) -> Counts {
        let noted = notes(&self.shared).counts;
        Counts { mutations: self.operations.len() as u64, commits: self.server.at(), ..noted }
    }

    pub(crate) fn take_log(&mut self) -> Vec<String> {
        notes(&self.shared).log.take().unwrap_or_default()
    }

    pub(crate) fn log(&self, text: impl FnOnce() -> String) {
        if self.keeps_log {
            let line = format!("{:?} {}", self.runtime.now(), text());
            notes(&self.shared).log.get_or_insert_default().push(line);
        }
    }

    /// Lets everything happen that can, and notes how mutations ended.
    pub(crate) fn stall(&mut self) {
        self.runtime.run_until_stalled();
        let ended = std::mem::take(&mut notes(&self.shared).new_ends);
        for (number, outcome) in ended {
            let index = usize::try_from(number).unwrap() - 1;
            self.operations[index].outcome = outcome;
            self.learnt += 1;
            if let Act::Create { .. } = self.operations[index].deed.act
                && outcome == Outcome::Done
            {
                let temporary = self.operations[index].deed.id;
                let own = self.by_row.remove(&temporary).unwrap_or_default();
                let named = self.by_row.entry(self.server.created[&number]).or_default();
                named.extend(own);
                named.sort_unstable();
            }
        }
    }

    fn step(&mut self, step: Step) -> Result<(), String> {
        match step {
            Step::Act => self.act(),
            Step::Other => self.other(),
            Step::Tell => self.tell(),
            Step::Come => self.come(),
            Step::Go => self.go(),
            Step::Request => self.request(),
            Step::Answer => self.answer(),
            Step::Pass => return self.pass(),
            Step::Refetch => self.refetch(),
            Step::Connection => self.connection(),
            Step::Focus => self.focus(),
            Step::Cancel => self.cancel(),
            Step::Write => self.write(),
            Step::GiveUp => self.give_up(),
            Step::TimeOut if self.lossy => self.wire.time_out(&mut self.random),
            Step::TimeOut => {}
            Step::More => self.more(),
        }
        self.stall();
        Ok(())
    }

    /// The user does something to a row.
    fn act(&mut self) {
        let number = self.operations.len() as u64 + 1;
        let own = -i64::try_from(number).unwrap();
        let ids = self.known_ids();
        let creates =
            self.profile.creates_one_of().is_some_and(|one_of| ids.is_empty() || self.random.u8(..one_of) == 0);
        if ids.is_empty() && !creates {
            return;
        }
        let (id, act) = if creates {
            let (a, b) = (self.random.i64(0..2), self.random.i64(0..2 * ROUND));
            let has_parent = !ids.is_empty() && self.random.u8(..3) == 0;
            let parent = if has_parent { ids[self.random.usize(..ids.len())] } else { 0 };
            match self.random.u8(..3) {
                0 => (CHOSEN - own, Act::CreateAs { a, b }),
                _ => (own, Act::Create { a, b, parent }),
            }
        } else {
            (ids[self.random.usize(..ids.len())], self.profile.change(&mut self.random))
        };
        let parent = if let Act::Create { parent, .. } = act { parent } else { 0 };
        let deed = Deed { number, id, act, parent };
        self.log(|| format!("mutate {deed:?}"));
        let row = self.present_id(id);
        self.by_row.entry(row).or_default().push(self.operations.len());
        self.operations.push(Operation { deed: deed.clone(), outcome: Outcome::Pending, is_forgotten: false });
        self.mutate(deed);
    }

    fn mutate(&mut self, deed: Deed) {
        let retry = if self.gives_up && self.random.u8(..4) == 0 {
            RetryPolicy::default().max(1)
        } else {
            RetryPolicy::forever().backoff(Duration::from_millis(500), 2.0, Duration::from_secs(4))
        };
        let number = deed.number;
        let settled = self.has_callbacks.then(|| {
            let shared = self.shared.clone();
            let note = move || *notes(&shared).settled.entry(number).or_default() += 1;
            Box::new(note) as Box<dyn Fn() + Send + Sync>
        });
        if settled.is_none() {
            notes(&self.shared).settled.insert(number, 1);
        }
        let manner = Manner {
            retry,
            repeats: self.settings.level >= Level::Keyed || deed.act.is_idempotent(),
            invalidates: self.invalidates,
            scope: match self.scopes {
                Scopes::Rows => None,
                Scopes::One => Some(MutationScope::named("all")),
                Scopes::OneThatStops => Some(MutationScope::named("all").stop_on_failure()),
            },
        };
        let ending = self.program.mutate(&self.client, deed, manner, settled);
        let shared = self.shared.clone();
        let ended = async move {
            let outcome = Outcome::of(&ending.await);
            let mut notes = notes(&shared);
            notes.ends.entry(number).or_default().push(outcome);
            notes.new_ends.push((number, outcome));
        };
        self.runtime.spawn(Box::pin(ended)).detach();
    }

    /// Returns the ids that the user can see, and a temporary one that was seen before.
    pub(crate) fn known_ids(&mut self) -> Vec<i64> {
        let mut ids: Vec<i64> = Vec::new();
        for watch in &self.watches {
            ids.extend(watch.look().rows().map(|row| row.id));
        }
        let creates = |one: &&Operation| matches!(one.deed.act, Act::Create { .. }) && !one.is_forgotten;
        if self.random.u8(..8) == 0 {
            let temporary: Vec<i64> = self.operations.iter().filter(creates).map(|one| one.deed.id).collect();
            if !temporary.is_empty() {
                ids.push(temporary[self.random.usize(..temporary.len())]);
            }
        }
        ids
    }

    /// Lets the network come to rest, with nothing lost any more.
    ///
    /// # Errors
    ///
    /// It does not, or something is not as it must be on the way.
    fn drain(&mut self) -> Result<(), String> {
        self.log(|| "drain".to_owned());
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
            self.check()?;
            if self.wire.is_quiet() {
                if self.client.is_mutating(MutationFilter::all()) == 0
                    && self.client.is_fetching(program::all_items()) == 0
                {
                    return Ok(());
                }
                self.runtime.advance(Duration::from_secs(1));
                self.stall();
                self.check()?;
            }
        }
        let mutating = self.client.is_mutating(MutationFilter::all());
        let fetching = self.client.is_fetching(program::all_items());
        Err(format!("I17: never comes to rest: {mutating} mutations, {fetching} fetches"))
    }

    /// Returns the lists whose fetches were refused since this was asked last.
    pub(crate) fn take_refused_lists(&self) -> Vec<List> {
        let refused = std::mem::take(&mut notes(&self.shared).refused);
        if refused.is_empty() {
            return Vec::new();
        }
        let is_refused = |list: &List| refused.contains(&program::key_of(Subject::List(*list)));
        List::ALL.into_iter().filter(is_refused).collect()
    }

    /// Returns how each call of a mutation ended, and how often its last callback ran.
    pub(crate) fn ends(&self) -> (BTreeMap<u64, Vec<Outcome>>, BTreeMap<u64, u32>) {
        let notes = notes(&self.shared);
        (notes.ends.clone(), notes.settled.clone())
    }

    /// Returns whether an operation was given up that the server may carry out later.
    pub(crate) fn lost_any(&self) -> bool {
        self.operations.iter().any(|one| one.outcome == Outcome::Lost || one.is_forgotten)
    }
}

fn listening(shared: &Shared) -> impl Fn(&CacheEvent) + Send + Sync + 'static {
    let shared = shared.clone();
    move |event| {
        let mut notes = notes(&shared);
        match event {
            CacheEvent::Updated(_, CacheAction::Success) => notes.counts.landed += 1,
            CacheEvent::Updated(_, CacheAction::Park) => notes.counts.parked += 1,
            CacheEvent::Updated(key, CacheAction::Refuse) => {
                notes.counts.refused += 1;
                notes.refused.push(key.clone());
            }
            CacheEvent::Removed(key) => notes.removed.push(key.clone()),
            _ => {}
        }
        if let Some(log) = &mut notes.log {
            log.push(format!("    {event:?}"));
        }
    }
}
