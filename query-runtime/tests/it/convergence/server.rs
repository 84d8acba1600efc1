//! What does the server hold, what did it hold after each commit, and what does it answer?

use std::collections::BTreeMap;

use query_runtime::{Method, PreparedRequest, RawResponse};
use serde_json::{Value, json};

use super::items::{Act, Item, List, PAGE};

/// What the rows were, by id.
pub(crate) type Rows = BTreeMap<i64, Item>;

/// Ids that clients choose begin here, so that the server never takes one.
pub(crate) const CHOSEN: i64 = 1_000_000;

/// A linearisable server that honours idempotency keys.
#[derive(Default)]
pub(crate) struct Server {
    /// The rows after each commit; the last are the present ones.
    history: Vec<Rows>,
    next_id: i64,
    /// The answer to each idempotency key.
    answered: BTreeMap<String, RawResponse>,
    /// The commit of each operation of the client.
    pub(crate) commits: BTreeMap<u64, u64>,
    /// The id that each create of the client got.
    pub(crate) created: BTreeMap<u64, i64>,
    /// The operations of the client in the order in which they were carried out, with their rows.
    pub(crate) order: Vec<(i64, u64)>,
    /// What no request may do and one did.
    pub(crate) offence: Option<String>,
}

impl Server {
    pub(crate) fn new() -> Self {
        Self { history: vec![Rows::new()], next_id: 1, ..Self::default() }
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
        let mut rows = self.rows().clone();
        let at = self.at() + 1;
        match act {
            Act::Create { a, b } | Act::CreateAs { a, b } => {
                rows.insert(id, Item { id, a, b, n: 0, ver: at });
            }
            Act::Delete => {
                rows.remove(&id)?;
            }
            Act::A(_) | Act::B(_) | Act::Increment => {
                let row = rows.get_mut(&id)?;
                row.ver = at;
                match act {
                    Act::A(a) => row.a = a,
                    Act::B(b) => row.b = b,
                    _ => row.n += 1,
                }
            }
        }
        self.history.push(rows);
        Some(at)
    }

    fn fresh_id(&mut self) -> i64 {
        self.next_id += 1;
        self.next_id - 1
    }

    /// Somebody else writes.
    pub(crate) fn other(&mut self, random: &mut fastrand::Rng) {
        let ids: Vec<i64> = self.rows().keys().copied().collect();
        if ids.is_empty() || random.u8(..10) < 3 {
            let id = self.fresh_id();
            self.commit(id, Act::Create { a: random.i64(0..2), b: random.i64(0..4) });
            return;
        }
        let act = match random.u8(..7) {
            0 | 1 => Act::A(random.i64(0..2)),
            2 | 3 => Act::B(random.i64(0..4)),
            4 | 5 => Act::Increment,
            _ => Act::Delete,
        };
        self.commit(ids[random.usize(..ids.len())], act);
    }

    /// Answers a request; a mutation that it has not seen is refused if `refuse` says so.
    pub(crate) fn answer(&mut self, request: &PreparedRequest, refuse: bool) -> RawResponse {
        let body: Value = serde_json::from_slice(request.body.as_deref().unwrap_or_default()).unwrap_or_default();
        if request.path_and_query.contains("/-") || body.to_string().contains(":-") {
            self.offence = Some(format!("a temporary id is on the wire: {} {body}", request.path_and_query));
        }
        if request.method == Method::Get {
            return self.read(request);
        }
        let key = request.header("Idempotency-Key").unwrap_or_default().to_owned();
        if let Some(answer) = self.answered.get(&key) {
            return answer.clone();
        }
        let answer = if refuse { RawResponse::json(422, &json!(null)) } else { self.write(request, &body) };
        self.answered.insert(key, answer.clone());
        answer
    }

    fn write(&mut self, request: &PreparedRequest, body: &Value) -> RawResponse {
        let number: u64 = request.header("X-Number").unwrap_or_default().parse().unwrap_or_default();
        let mut parts = request.path().trim_start_matches("/items").trim_start_matches('/').split('/');
        let id: Option<i64> = parts.next().and_then(|part| part.parse().ok());
        let field = |name: &str| body.get(name).and_then(Value::as_i64);
        let act = match (request.method, field("a"), field("b")) {
            (Method::Delete, ..) => Act::Delete,
            (Method::Patch, Some(a), _) => Act::A(a),
            (Method::Patch, _, Some(b)) => Act::B(b),
            (Method::Post, Some(a), Some(b)) => Act::Create { a, b },
            (Method::Put, Some(a), Some(b)) => Act::CreateAs { a, b },
            _ => Act::Increment,
        };
        let id = id.unwrap_or_else(|| self.fresh_id());
        let Some(at) = self.commit(id, act) else { return RawResponse::json(404, &json!(null)) };
        self.commits.insert(number, at);
        self.order.push((id, number));
        if matches!(act, Act::Create { .. }) {
            self.created.insert(number, id);
        }
        match self.rows().get(&id) {
            Some(row) => RawResponse::json(200, &json!(row)),
            None => RawResponse { status: 204, headers: Vec::new(), body: Vec::new() },
        }
    }

    fn read(&self, request: &PreparedRequest) -> RawResponse {
        let path = request.path();
        if let Some(id) = path.strip_prefix("/items/") {
            return match id.parse().ok().and_then(|id: i64| self.rows().get(&id)) {
                Some(row) => RawResponse::json(200, &json!(row)),
                None => RawResponse::json(404, &json!(null)),
            };
        }
        let list = [List::Ones, List::All, List::Paged].into_iter().find(|list| list.path() == path).unwrap();
        let rows = self.list(list, self.at());
        let total = rows.len() as u64;
        let number: u64 = request.path_and_query.rsplit_once('=').map_or(0, |(_, page)| page.parse().unwrap());
        let (from, size) = if list == List::Paged { (number * PAGE, PAGE) } else { (0, u64::MAX) };
        let items: Vec<&Item> = rows
            .iter()
            .skip(usize::try_from(from).unwrap())
            .take(usize::try_from(size).unwrap_or(usize::MAX))
            .collect();
        let more = list == List::Paged && from + PAGE < total;
        RawResponse::json(200, &json!({"items": items, "total": total, "more": more, "at": self.at()}))
    }

    /// Returns a whole list as it was after a commit.
    pub(crate) fn list(&self, list: List, commit: u64) -> Vec<Item> {
        let mut rows: Vec<Item> = self.rows_at(commit).values().filter(|row| list.holds(row)).cloned().collect();
        rows.sort_by(|one, two| list.order(one, two).unwrap_or(std::cmp::Ordering::Equal));
        rows
    }
}
