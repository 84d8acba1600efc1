//! Is no byte of one principal's in a view, an event or a request under another, whatever happens in between?
//!
//! Whatever a principal is told or tells has its name in it. `SEED=7` repeats a run, `SEEDS=10000` runs so many.

use query_runtime::testing::{EventLog, ScriptedRequest};
use query_runtime::{
    DehydratedState, Key, MutationHandle, MutationObserver, Page, QueryFilter, QueryKey, QueryObserver, QueryOptions,
    Request,
};
use serde_json::{Value, json};

use crate::board::{Card, CardChange, Edit, NewComment, column, comment, create, detail, edit};
use crate::stage::Stage;

const NAMES: [&str; 2] = ["ada", "bob"];
const STEPS: usize = 120;

/// A request that nobody has answered, and whose it is.
type Held = (usize, ScriptedRequest);

struct World {
    stage: Stage,
    random: fastrand::Rng,
    now: usize,
    events: EventLog,
    held: Vec<Held>,
    lists: Vec<QueryObserver<Page<Card>>>,
    details: Vec<QueryObserver<Card>>,
    edits: MutationObserver<Edit, Card>,
    handles: Vec<MutationHandle<Card>>,
    comments: Vec<MutationHandle<()>>,
    states: Vec<DehydratedState>,
}

/// A query that only one principal has.
fn own(name: &'static str) -> QueryOptions<String> {
    QueryOptions::new(Key::typed(QueryKey::new(["own", name])), move |context| async move {
        context.send(Request::get("/own/{name}").path("name", name)).await?.json()
    })
    .serializable()
}

impl World {
    fn new(seed: u64) -> Self {
        let stage = Stage::with(|builder| builder.principal(NAMES[0]).max_requests(3));
        let events = EventLog::new();
        let inner = events.clone();
        stage.client.subscribe(move |event| inner.push(format!("{event:?}"))).forever();
        let edits = stage.client.mutation(edit());
        let (held, lists, details, handles, comments, states) = Default::default();
        let random = fastrand::Rng::with_seed(seed);
        Self { stage, random, now: 0, events, held, lists, details, edits, handles, comments, states }
    }

    fn step(&mut self) {
        let client = self.stage.client.clone();
        let name = NAMES[self.now];
        match self.random.u8(..16) {
            0 => self.turn_to(1 - self.now),
            1 => self.lists.push(client.observe(column(self.random.choice(["todo", "done"]).unwrap()))),
            2 => self.details.push(client.observe(detail(self.random.i64(1..4)))),
            3 => drop(self.lists.pop()),
            4 => drop(self.details.pop()),
            5 | 6 => {
                let titles = [["ada's", "ada's own"], ["bob's", "bob's own"]][self.now];
                let change =
                    Edit { id: self.random.i64(1..4), change: CardChange::Title(titles[self.random.usize(..2)]) };
                self.handles.push(self.edits.mutate(change));
            }
            7 => {
                let new = crate::board::NewCard { column: "todo", rank: self.random.i64(..30) };
                self.handles.push(client.mutation(create()).mutate(new));
            }
            8 => {
                let text = ["ada says", "bob says"][self.now];
                self.comments.push(client.mutation(comment()).mutate(NewComment { card: 1, text }));
            }
            9 => client.set_online(self.random.bool()),
            10 => drop(client.invalidate(QueryFilter::all())),
            11 => drop(client.observe(own(name))),
            12 => {
                if let Some(state) = self.states.pop() {
                    client.hydrate(state);
                }
                self.states.push(client.dehydrate());
            }
            13 => self.stage.advance(self.random.u64(..40)),
            _ => self.answer_one(false),
        }
        self.check();
    }

    fn turn_to(&mut self, who: usize) {
        self.check();
        self.now = who;
        self.stage.client.set_principal(Some(NAMES[who]));
    }

    /// The server answers some request as it is to be for whom it was sent.
    fn answer_one(&mut self, kindly: bool) {
        if self.held.is_empty() {
            return;
        }
        let (whose, request) = self.held.swap_remove(self.random.usize(..self.held.len()));
        let name = NAMES[whose];
        let row =
            |id: i64, column: &str| json!({"id": id, "column": column, "rank": id, "title": format!("{name} {id}")});
        if !kindly && self.random.u8(..5) == 0 {
            return if self.random.bool() { request.fail_network() } else { request.respond_json(503, &json!(name)) };
        }
        let line = request.line();
        let answer: Value = match line.split(['?', '/']).collect::<Vec<_>>()[..] {
            ["GET ", "cards", "column=todo"] => json!([row(1, "todo"), row(2, "todo")]),
            ["GET ", "cards", _] if line.contains('?') => json!([row(3, "done")]),
            ["GET ", "own", _] => json!(format!("{name}'s own")),
            [_, "cards", id] => row(id.parse().unwrap_or(1), "todo"),
            ["POST ", "cards"] => row(self.random.i64(50..99), "todo"),
            _ => Value::Null,
        };
        request.respond_json(200, &answer);
    }

    /// Nothing that can be seen now has the name of somebody else in it.
    fn check(&mut self) {
        let (client, other) = (&self.stage.client, NAMES[1 - self.now]);
        self.stage.runtime.run_until_stalled();
        while let Some(request) = self.stage.transport.take_request() {
            let sent = format!("{} {}", request.line(), request.json());
            assert!(!sent.contains(other), "sent for {}: {sent}", NAMES[self.now]);
            self.held.push((self.now, request));
        }
        let mut seen = self.events.take();
        seen.extend(self.lists.iter().map(|list| format!("{:?}", list.current())));
        seen.extend(self.details.iter().map(|detail| format!("{:?}", detail.current())));
        seen.push(format!("{:?}", self.edits.current()));
        seen.push(format!("{:?}", client.mutations(query_runtime::MutationFilter::all())));
        seen.extend(client.keys(QueryFilter::all()).iter().map(|key| format!("{key} {:?}", client.get_json(key))));
        for text in seen {
            assert!(!text.contains(other), "seen by {}: {text}", NAMES[self.now]);
        }
    }

    /// Everybody comes back with a network and a server that work, and nothing of theirs is lost.
    fn drain(&mut self) {
        self.stage.client.set_online(true);
        for who in [0, 1] {
            self.turn_to(who);
            for _ in 0..60 {
                self.stage.advance(40);
                self.check();
                self.answer_one(true);
            }
        }
        for handle in self.handles.drain(..) {
            drop(self.stage.runtime.block_on(handle).expect("a mutation that nobody ends"));
        }
        for handle in self.comments.drain(..) {
            drop(self.stage.runtime.block_on(handle).expect("a mutation that nobody ends"));
        }
    }
}

#[test]
fn no_byte_of_one_principal_is_in_a_view_an_event_or_a_request_of_another() {
    let number = |variable: &str| std::env::var(variable).ok().and_then(|text| text.parse::<u64>().ok());
    let seeds = match number("SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("SEEDS").unwrap_or(50),
    };
    for seed in seeds {
        let run = std::panic::catch_unwind(|| {
            let mut world = World::new(seed);
            for _ in 0..STEPS {
                world.step();
            }
            world.drain();
        });
        assert!(run.is_ok(), "SEED={seed}");
    }
}
