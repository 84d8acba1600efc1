//! What does the server hold, what did it hold after each commit, and what does it answer?

use std::collections::{BTreeMap, BTreeSet};

use query_runtime::{Level, Method, PreparedRequest, RawResponse};
use serde::Serialize;
use serde_json::Value;

use super::program::WATERMARK;
use super::rows::{Act, List, PAGE, ROUND, Row};

/// What the rows were, by id.
pub(crate) type Rows = BTreeMap<i64, Row>;

/// Ids that clients choose begin here, so that the server never takes one.
pub(crate) const CHOSEN: i64 = 1_000_000;

/// The place in a sorted list behind which a page begins: the `b` and the id of a row.
pub(crate) type Place = (i64, i64);

/// A server whose reads and writes happen one after the other, with the promises of a level.
pub(crate) struct Server {
    level: Level,
    /// The rows after each commit; the last are the present ones.
    history: Vec<Rows>,
    next_id: i64,
    /// The answer to each idempotency key.
    answered: BTreeMap<String, RawResponse>,
    /// The first commit of each operation of the client.
    pub(crate) commits: BTreeMap<u64, u64>,
    /// The id that each create of the client got.
    pub(crate) created: BTreeMap<u64, i64>,
    /// The operations of the client in the order in which they were carried out first, with their rows.
    pub(crate) order: Vec<(i64, u64)>,
    /// The operations of the client that it has refused.
    pub(crate) refused: BTreeSet<u64>,
    /// What no request may do and one did.
    pub(crate) offence: Option<String>,
}

#[derive(Serialize)]
struct Body<'a> {
    items: Vec<&'a Row>,
    total: u64,
    more: bool,
    at: u64,
    next: Option<String>,
}

fn answer_of(body: &impl Serialize) -> RawResponse {
    let headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
    RawResponse { status: 200, headers, body: serde_json::to_vec(body).unwrap() }
}

fn no_content(status: u16) -> RawResponse {
    RawResponse { status, headers: Vec::new(), body: Vec::new() }
}

impl Server {
    pub(crate) fn new(level: Level) -> Self {
        Self {
            level,
            history: vec![Rows::new()],
            next_id: 1,
            answered: BTreeMap::new(),
            commits: BTreeMap::new(),
            created: BTreeMap::new(),
            order: Vec::new(),
            refused: BTreeSet::new(),
            offence: None,
        }
    }

    /// Returns the number of the last commit.
    pub(crate) fn at(&self) -> u64 {
        self.history.len() as u64 - 1
    }

    /// Returns the rows as they were after a commit.
    pub(crate) fn rows_at(&self, commit: u64) -> &Rows {
        &self.history[usize::try_from(commit).unwrap()]
    }

    pub(crate) fn rows(&self) -> &Rows {
        self.rows_at(self.at())
    }

    /// Carries something out; `None` where there is no such row.
    fn commit(&mut self, id: i64, act: Act) -> Option<u64> {
        let old = self.rows().get(&id);
        if old.is_none() && !act.creates() {
            return None;
        }
        let new = act.kept().over(id, old.copied());
        let mut rows = self.rows().clone();
        let at = self.at() + 1;
        match new {
            Some(row) => rows.insert(id, Row { ver: at, ..row }),
            None => rows.remove(&id),
        };
        self.history.push(rows);
        Some(at)
    }

    fn fresh_id(&mut self) -> i64 {
        self.next_id += 1;
        self.next_id - 1
    }

    /// Somebody else writes.
    pub(crate) fn other(&mut self, random: &mut fastrand::Rng) {
        let count = self.rows().len();
        if count == 0 || random.u8(..10) < 3 {
            let id = self.fresh_id();
            self.commit(id, Act::Create { a: random.i64(0..2), b: random.i64(0..ROUND), parent: 0 });
            return;
        }
        let act = match random.u8(..9) {
            0 | 1 => Act::A(random.i64(0..2)),
            2 | 3 => Act::B(random.i64(0..ROUND)),
            4 | 5 => Act::Increment,
            6 => Act::Push(random.u64(1..4)),
            7 => Act::Pull(random.u64(1..4)),
            _ => Act::Delete,
        };
        let id = self.rows().keys().nth(random.usize(..count)).copied();
        id.and_then(|id| self.commit(id, act));
    }

    /// Answers a request; a mutation that it has not seen is refused if `refuse` says so.
    pub(crate) fn answer(&mut self, request: &PreparedRequest, refuse: bool) -> RawResponse {
        let mut answer = if request.method == Method::Get { self.read(request) } else { self.hear(request, refuse) };
        if self.level >= Level::Watermarked {
            answer.headers.push((WATERMARK.to_owned(), self.at().to_string()));
        }
        answer
    }

    fn hear(&mut self, request: &PreparedRequest, refuse: bool) -> RawResponse {
        let body: Value = serde_json::from_slice(request.body.as_deref().unwrap_or_default()).unwrap_or_default();
        let names = |name: &str| body.get(name).and_then(Value::as_i64).is_some_and(|id| id < 0);
        if request.path_and_query.contains("/-") || names("parent") {
            self.offence = Some(format!("a temporary id is on the wire: {} {body}", request.path_and_query));
        }
        let key = request.header("Idempotency-Key").unwrap_or_default().to_owned();
        if self.level >= Level::Keyed
            && let Some(answer) = self.answered.get(&key)
        {
            return answer.clone();
        }
        let number: u64 = request.header("X-Number").unwrap_or_default().parse().unwrap_or_default();
        let answer = if refuse { no_content(422) } else { self.write(request, &body, number) };
        if answer.status >= 400 {
            self.refused.insert(number);
        }
        self.answered.insert(key, answer.clone());
        answer
    }

    fn write(&mut self, request: &PreparedRequest, body: &Value, number: u64) -> RawResponse {
        let mut parts = request.path().trim_start_matches("/items").trim_start_matches('/').split('/');
        let id: Option<i64> = parts.next().and_then(|part| part.parse().ok());
        let field = |name: &str| body.get(name).and_then(Value::as_i64);
        let mark = body.get("mark").and_then(Value::as_u64).unwrap_or_default();
        let act = match (request.method, parts.next(), field("a"), field("b")) {
            (Method::Delete, ..) => Act::Delete,
            (Method::Patch, _, Some(a), _) => Act::A(a),
            (Method::Patch, _, _, Some(b)) => Act::B(b),
            (Method::Post, None, Some(a), Some(b)) => Act::Create { a, b, parent: field("parent").unwrap_or_default() },
            (Method::Put, _, Some(a), Some(b)) => Act::CreateAs { a, b },
            (_, Some("push"), ..) => Act::Push(mark),
            (_, Some("pull"), ..) => Act::Pull(mark),
            _ => Act::Increment,
        };
        let id = id.unwrap_or_else(|| self.fresh_id());
        let Some(at) = self.commit(id, act) else { return no_content(404) };
        if let Some(first) = self.commits.get(&number) {
            if !act.is_idempotent() {
                self.offence = Some(format!("I9: {number} was carried out at {first} and again at {at}"));
            }
        } else {
            self.commits.insert(number, at);
            self.order.push((id, number));
        }
        if matches!(act, Act::Create { .. }) {
            self.created.insert(number, id);
        }
        match self.rows().get(&id) {
            Some(row) => answer_of(row),
            None => no_content(204),
        }
    }

    fn read(&self, request: &PreparedRequest) -> RawResponse {
        let path = request.path();
        if let Some(id) = path.strip_prefix("/items/") {
            return match id.parse().ok().and_then(|id: i64| self.rows().get(&id)) {
                Some(row) => answer_of(row),
                None => no_content(404),
            };
        }
        let list = List::ALL.into_iter().find(|list| list.path() == path).unwrap();
        let parameter = request.path_and_query.split_once('=').map(|(_, text)| text);
        let rows = self.list(list, self.at());
        let from = match list {
            List::Paged => usize::try_from(parameter.unwrap().parse::<u64>().unwrap() * PAGE).unwrap(),
            List::Cursored => {
                let place = parameter.and_then(|text| text.split_once('_'));
                let place = place.map(|(b, id)| (b.parse().unwrap(), id.parse().unwrap()));
                place.map_or(0, |place| behind(&rows, place))
            }
            List::Ones | List::All => 0,
        };
        let size = if list.is_infinite() { usize::try_from(PAGE).unwrap() } else { rows.len() };
        let items: Vec<&Row> = rows.iter().skip(from).take(size).collect();
        let more = from + size < rows.len();
        let last = items.last().filter(|_| more && list == List::Cursored);
        let next = last.map(|row| format!("{}_{}", row.b, row.id));
        answer_of(&Body { items, total: rows.len() as u64, more, at: self.at(), next })
    }

    /// Returns a whole list as it was after a commit.
    pub(crate) fn list(&self, list: List, commit: u64) -> Vec<Row> {
        let mut rows: Vec<Row> = self.rows_at(commit).values().filter(|row| list.holds(row)).copied().collect();
        rows.sort_by(|one, two| list.order(one, two).unwrap_or(std::cmp::Ordering::Equal));
        rows
    }
}

/// Returns how many rows of a list sorted by `b` and id are before the first one behind a place.
pub(crate) fn behind(rows: &[Row], place: Place) -> usize {
    rows.partition_point(|row| (row.b, row.id) <= place)
}
