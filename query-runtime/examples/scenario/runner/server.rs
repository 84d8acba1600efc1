//! What does the server of a scenario hold, and what does it answer?

use std::collections::HashMap;

use query_runtime::{Method, PreparedRequest, RawResponse};
use serde_json::{Value, json};

use super::{
    lists::{ListSpec, Piece},
    rows::{Edit, Fields, Resource, RowId, WATERMARK},
    scenario::{Given, Query, ServerLevel, Shape},
    steps::Write,
};

/// A row, in the order in which it came.
#[derive(Clone, Debug)]
struct Stored {
    number: u64,
    resource: Resource,
    id: RowId,
    fields: Fields,
}

/// The server: rows, how often they were changed, and what it has answered already.
#[derive(Debug)]
pub(super) struct Server {
    level: ServerLevel,
    rows: Vec<Stored>,
    commits: u64,
    came: u64,
    next_id: i64,
    /// What was answered to which key.
    done: HashMap<String, RawResponse>,
    /// The versions of rows that are no more.
    buried: HashMap<(Resource, RowId), i64>,
    /// The last row before each cursor.
    cursors: HashMap<String, (u64, Fields)>,
}

impl Server {
    pub(super) fn new(given: &Given, level: ServerLevel) -> Self {
        let mut server = Self {
            level,
            rows: Vec::new(),
            commits: 1,
            came: 0,
            next_id: given.next_id,
            done: HashMap::new(),
            buried: HashMap::new(),
            cursors: HashMap::new(),
        };
        for (resource, fields) in &given.rows {
            server.put(*resource, fields.clone());
        }
        server
    }

    fn find(&self, resource: Resource, id: &RowId) -> Option<usize> {
        self.rows.iter().position(|row| row.resource == resource && row.id == *id)
    }

    /// Returns a row as it is.
    pub(super) fn row(&self, resource: Resource, id: &RowId) -> Option<&Fields> {
        self.find(resource, id).map(|at| &self.rows[at].fields)
    }

    /// Returns the version of a row that is no more.
    fn buried(&self, resource: Resource, id: &RowId) -> Option<i64> {
        self.buried.get(&(resource, id.clone())).copied()
    }

    fn put(&mut self, resource: Resource, fields: Fields) -> Option<()> {
        let id = fields.get("id").and_then(RowId::of)?;
        if let Some(at) = self.find(resource, &id) {
            self.rows[at].fields = fields;
        } else {
            self.came += 1;
            self.rows.push(Stored { number: self.came, resource, id, fields });
        }
        Some(())
    }

    fn commit(&mut self, resource: Resource, id: &RowId, mut fields: Fields) {
        self.commits += 1;
        let before = self.row(resource, id).and_then(|row| row.get("ver")?.as_i64());
        let version = before.or(self.buried(resource, id)).unwrap_or(0) + 1;
        fields.insert("ver".to_owned(), json!(version));
        fields.insert("id".to_owned(), id.to_json());
        self.put(resource, fields);
    }

    fn remove(&mut self, resource: Resource, id: &RowId) -> bool {
        let Some(at) = self.find(resource, id) else { return false };
        let row = self.rows.remove(at);
        self.commits += 1;
        let version = row.fields.get("ver").and_then(Value::as_i64).unwrap_or(0) + 1;
        self.buried.insert((resource, id.clone()), version);
        true
    }

    /// Somebody else changes something; `None`: there is no such row.
    pub(super) fn write(&mut self, write: &Write) -> Option<()> {
        match write {
            Write::Put(resource, row) => {
                let fields = row.as_object()?.clone();
                let id = fields.get("id").and_then(RowId::of)?;
                self.commit(*resource, &id, fields);
            }
            Write::Change(resource, id, set) => {
                let id = RowId::of(id)?;
                let mut fields = self.row(*resource, &id)?.clone();
                fields.extend(set.as_object()?.clone());
                self.commit(*resource, &id, fields);
            }
            Write::Delete(resource, id) => {
                self.remove(*resource, &RowId::of(id)?).then_some(())?;
            }
        }
        Some(())
    }

    /// Carries a request out and answers; `with`: fields that the server sets of its own accord.
    pub(super) fn answer(
        &mut self,
        request: &PreparedRequest,
        query: Option<&Query>,
        with: Option<&Value>,
    ) -> RawResponse {
        let key = request.header("Idempotency-Key").filter(|_| self.level >= ServerLevel::Keyed).map(str::to_owned);
        if let Some(done) = key.as_ref().and_then(|key| self.done.get(key)) {
            return done.clone();
        }
        let (status, body) = match query {
            Some(query) => self.read(request, query),
            None => self.carry_out(request, with),
        };
        let mut answer = RawResponse::json(status, &body);
        if status == 204 {
            answer.body.clear();
        }
        answer.headers.push((WATERMARK.to_owned(), self.commits.to_string()));
        if let Some(key) = key {
            self.done.insert(key, answer.clone());
        }
        answer
    }

    fn read(&mut self, request: &PreparedRequest, query: &Query) -> (u16, Value) {
        match &query.shape {
            Shape::Detail(resource, _) => {
                let row = id_in(request.path()).and_then(|id| self.row(*resource, &id));
                row.map_or((404, Value::Null), |row| (200, json!(row)))
            }
            Shape::List(spec) => (200, self.list(spec, request)),
        }
    }

    /// Returns the rows that the server puts into a list, in order, and their numbers.
    fn listed(&self, spec: &ListSpec) -> Vec<(u64, Fields)> {
        let mut rows: Vec<&Stored> =
            self.rows.iter().filter(|row| row.resource == spec.resource && spec.holds(&row.fields)).collect();
        rows.sort_by(|one, two| spec.order(&one.fields, &two.fields).then(one.number.cmp(&two.number)));
        rows.into_iter().map(|row| (row.number, row.fields.clone())).collect()
    }

    fn list(&mut self, spec: &ListSpec, request: &PreparedRequest) -> Value {
        let all = self.listed(spec);
        let total = all.len();
        let rows = |rows: &[(u64, Fields)]| rows.iter().map(|(_, row)| json!(row)).collect::<Value>();
        let mut wrapped = Fields::new();
        match spec.piece {
            Piece::All => wrapped.insert("items".to_owned(), rows(&all)),
            Piece::Page { index, size } => wrapped.insert("items".to_owned(), rows(piece(&all, index * size, size))),
            Piece::Numbered { size, .. } => {
                let page: usize = parameter(request, "page").and_then(|page| page.parse().ok()).unwrap_or(1);
                wrapped.insert("more".to_owned(), json!(page * size < total));
                wrapped.insert("items".to_owned(), rows(piece(&all, (page - 1) * size, size)))
            }
            Piece::Cursors { size, .. } => {
                let after = parameter(request, "cursor").and_then(|cursor| self.cursors.get(&cursor).cloned());
                let is_after = |(number, row): &&(u64, Fields)| {
                    after.as_ref().is_none_or(|(last, before)| spec.order(row, before).then(number.cmp(last)).is_gt())
                };
                let rest: Vec<(u64, Fields)> = all.iter().filter(is_after).cloned().collect();
                let page = piece(&rest, 0, size);
                if let Some(last) = page.last().filter(|_| rest.len() > size) {
                    let cursor = format!(
                        "after-{}",
                        last.1.get("id").and_then(RowId::of).map_or(String::new(), |id| id.to_string())
                    );
                    wrapped.insert("next".to_owned(), json!(cursor));
                    self.cursors.insert(cursor, last.clone());
                }
                wrapped.insert("items".to_owned(), rows(page))
            }
        };
        if !spec.is_wrapped() {
            return wrapped.remove("items").unwrap_or_default();
        }
        if spec.total {
            wrapped.insert("total".to_owned(), json!(total));
        }
        Value::Object(wrapped)
    }

    /// Returns what a query should show when all is over: a row or nothing, or rows.
    pub(super) fn shown(&self, query: &Query, id: Option<&RowId>) -> Value {
        match &query.shape {
            Shape::Detail(resource, _) => {
                id.and_then(|id| self.row(*resource, id)).map_or(Value::Null, |row| json!(row))
            }
            Shape::List(spec) => {
                let all = self.listed(spec);
                let rows = match spec.piece {
                    Piece::Page { index, size } => piece(&all, index * size, size),
                    _ => &all,
                };
                rows.iter().map(|(_, row)| json!(row)).collect()
            }
        }
    }

    fn carry_out(&mut self, request: &PreparedRequest, with: Option<&Value>) -> (u16, Value) {
        let body: Value =
            request.body.as_deref().and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default();
        if request.path() == "/batch" {
            return self.carry_out_batch(body.as_array().map_or(&[][..], Vec::as_slice), with);
        }
        let mut parts = request.path().trim_start_matches('/').splitn(2, '/');
        let resource = if parts.next() == Some("notes") { Resource::Notes } else { Resource::Items };
        let id = id_in(request.path());
        match (request.method, id) {
            (Method::Post, None) => self.create(resource, &body, with),
            (Method::Put, Some(id)) => {
                self.commit(resource, &id, over(body.as_object(), with));
                self.tell(resource, &id)
            }
            (Method::Patch, Some(id)) => self.apply(resource, &id, &json!({"set": body}), with),
            (Method::Post, Some(id)) => self.apply(resource, &id, &body, with),
            (Method::Delete, Some(id)) => (if self.remove(resource, &id) { 204 } else { 404 }, Value::Null),
            _ => (405, Value::Null),
        }
    }

    /// Carries several operations out, or none.
    fn carry_out_batch(&mut self, ops: &[Value], with: Option<&Value>) -> (u16, Value) {
        let (rows, commits, buried) = (self.rows.clone(), self.commits, self.buried.clone());
        let mut answer = (204, Value::Null);
        for op in ops {
            let resource = if op.get("resource") == Some(&json!("notes")) { Resource::Notes } else { Resource::Items };
            let id = |name: &str| op.get(name).and_then(RowId::of);
            let done = match (op.get("create"), id("delete"), id("id")) {
                (Some(row), ..) => match row.get("id").and_then(RowId::of) {
                    Some(id) => {
                        self.commit(resource, &id, over(row.as_object(), with));
                        (204, Value::Null)
                    }
                    None => self.create(resource, row, with),
                },
                (None, Some(id), _) => (if self.remove(resource, &id) { 204 } else { 404 }, Value::Null),
                (None, None, Some(id)) => self.apply(resource, &id, op.get("apply").unwrap_or(&Value::Null), with),
                _ => (400, Value::Null),
            };
            match done.0 {
                201 => answer = done,
                200 | 204 => {}
                _ => {
                    (self.rows, self.commits, self.buried) = (rows, commits, buried);
                    return done;
                }
            }
        }
        answer
    }

    fn create(&mut self, resource: Resource, row: &Value, with: Option<&Value>) -> (u16, Value) {
        let id = RowId::Number(self.next_id);
        self.next_id += 1;
        self.commit(resource, &id, over(row.as_object(), with));
        (201, self.tell(resource, &id).1)
    }

    fn apply(&mut self, resource: Resource, id: &RowId, verbs: &Value, with: Option<&Value>) -> (u16, Value) {
        let Some(mut fields) = self.row(resource, id).cloned() else { return (404, Value::Null) };
        for (verb, changes) in verbs.as_object().into_iter().flatten() {
            for (field, value) in changes.as_object().into_iter().flatten() {
                let edit = match verb.as_str() {
                    "set" => Edit::Set(value.clone()),
                    "increment" => Edit::Increment(value.as_i64().unwrap_or_default()),
                    "push" => Edit::Push(value.clone()),
                    "unshift" => Edit::Unshift(value.clone()),
                    _ => Edit::Remove(value.clone()),
                };
                edit.apply(fields.entry(field.clone()).or_insert(Value::Null));
            }
        }
        self.commit(resource, id, over(Some(&fields), with));
        self.tell(resource, id)
    }

    fn tell(&self, resource: Resource, id: &RowId) -> (u16, Value) {
        (200, self.row(resource, id).map_or(Value::Null, |row| json!(row)))
    }
}

/// Returns fields with others in their place.
fn over(fields: Option<&Fields>, with: Option<&Value>) -> Fields {
    let mut fields = fields.cloned().unwrap_or_default();
    fields.extend(with.and_then(Value::as_object).cloned().unwrap_or_default());
    fields
}

fn piece(all: &[(u64, Fields)], start: usize, size: usize) -> &[(u64, Fields)] {
    let start = start.min(all.len());
    &all[start..(start + size).min(all.len())]
}

/// Returns the id in `/items/{id}`.
fn id_in(path: &str) -> Option<RowId> {
    let text = path.trim_start_matches('/').split('/').nth(1)?;
    Some(text.parse().map_or_else(|_| RowId::Text(text.to_owned()), RowId::Number))
}

fn parameter(request: &PreparedRequest, name: &str) -> Option<String> {
    let query = request.path_and_query.split_once('?')?.1;
    query
        .split('&')
        .find_map(|pair| pair.split_once('=').filter(|(own, _)| *own == name))
        .map(|(_, value)| value.to_owned())
}
