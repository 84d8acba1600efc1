//! Is the world as a scenario expects it to be, and as it must be at any time?

use std::collections::BTreeSet;

use query_runtime::{MutationFilter, MutationStatus, QueryError};
use serde_json::{Value, json};

use super::{
    expect::{Expectation, Expected, ExpectedRequest, Facts, Log, compare_row, compare_view, differs, projected},
    queries::{View, lock},
    rows::{Resource, RowId},
    scenario::Shape,
    wire::Sent,
    world::World,
};

impl<const LEVEL: u8> World<'_, LEVEL> {
    /// Checks an expectation.
    pub(super) fn check(&mut self, expected: &Expected, path: &str) -> Result<(), String> {
        match expected {
            Expected::View(views) => views.iter().try_for_each(|(name, expected)| {
                let value = self.resolve(&expected.value)?;
                compare_view(&expected.path, &value, &self.entry(name)?.view(&self.client))
            }),
            Expected::Log(logs) => logs.iter().try_for_each(|(name, log)| self.check_log(name, log)),
            Expected::Wire { requests, any_order } => self.check_wire(requests, *any_order, path),
            Expected::Event { kind, query, times } => {
                let key = query.as_ref().map(|name| self.entry(name).map(super::queries::Entry::key)).transpose()?;
                let mut events = lock(&self.events);
                let before = events.len();
                events.retain(|(own, of)| own != kind || key.as_ref().is_some_and(|key| of != key));
                let seen = before - events.len();
                if seen as u64 == *times { Ok(()) } else { differs(path, &json!(times), &json!(seen)) }
            }
            Expected::Mutation(mutations) => {
                mutations.iter().try_for_each(|(name, facts)| self.check_mutation(name, facts))
            }
            Expected::State(states) => states.iter().try_for_each(|(name, facts)| self.check_state(name, facts)),
            Expected::Told(told) => told.iter().try_for_each(|(name, times)| {
                let seen = std::mem::take(&mut self.entry(name)?.told().times);
                if seen == *times { Ok(()) } else { differs(&format!("{path}.{name}"), &json!(times), &json!(seen)) }
            }),
            Expected::Same(same) => same.iter().try_for_each(|(name, ids)| self.check_same(name, ids, path)),
            Expected::Server(rows) => rows.iter().try_for_each(|(id, expected)| self.check_server(id, expected)),
        }
    }

    fn check_log(&self, name: &str, log: &Log) -> Result<(), String> {
        let mut told = self.entry(name)?.told();
        let views: Vec<Value> = told.views.iter().map(|view| projected(view, &log.fields)).collect();
        told.views = told.views.pop().into_iter().collect();
        drop(told);
        // The first is what it showed before.
        let mut saw: Vec<Value> = Vec::new();
        let mut last = views.first();
        for view in &views {
            if last != Some(view) {
                saw.push(view.clone());
            }
            last = Some(view);
        }
        let (expected, saw) = (self.resolve(&log.saw.value)?, json!(saw));
        if saw == expected { Ok(()) } else { differs(&log.saw.path, &expected, &saw) }
    }

    fn check_wire(&mut self, requests: &[ExpectedRequest], any_order: bool, path: &str) -> Result<(), String> {
        let mut sent: Vec<Sent> = self.wire.sent[self.wire_seen..].to_vec();
        self.wire_seen = self.wire.sent.len();
        let lines = json!(sent.iter().map(Sent::line).collect::<Vec<_>>());
        let wanted = requests.iter().map(|request| self.line(&request.line)).collect::<Result<Vec<_>, _>>()?;
        if wanted.len() != sent.len() {
            return differs(path, &json!(wanted), &lines);
        }
        for (request, line) in requests.iter().zip(&wanted) {
            let at = if any_order { sent.iter().position(|sent| sent.line() == *line) } else { Some(0) };
            let Some(at) = at.filter(|at| sent[*at].line() == *line) else {
                return differs(path, &json!(wanted), &lines);
            };
            self.check_request(request, &sent.remove(at))?;
        }
        Ok(())
    }

    /// Puts ids in the place of names in a line such as `PATCH /items/$m1`.
    fn line(&self, line: &str) -> Result<String, String> {
        let Some((before, name)) = line.split_once('$') else { return Ok(line.to_owned()) };
        let end = name.find(|c: char| !c.is_alphanumeric() && c != '.').unwrap_or(name.len());
        Ok(format!("{before}{}{}", self.id(&json!(format!("${}", &name[..end])))?, &name[end..]))
    }

    fn check_request(&self, expected: &ExpectedRequest, sent: &Sent) -> Result<(), String> {
        let path = &expected.path;
        if let Some(body) = &expected.body {
            let body = self.resolve(body)?;
            if body != sent.body() {
                return differs(&format!("{path}.body"), &body, &sent.body());
            }
        }
        for (name, there) in &expected.headers {
            if sent.request.header(name).is_some() != *there {
                return differs(&format!("{path}.headers.{name}"), &json!(there), &json!(!there));
            }
        }
        if let Some(same_as) = &expected.same_as {
            let (name, number) = same_as.split_once('#').unwrap_or((same_as, "1"));
            let nth = number.parse::<usize>().unwrap_or(1).saturating_sub(1);
            let other = self.wire.sent.iter().filter(|sent| sent.name == name).nth(nth);
            let other = other.ok_or_else(|| format!("{path}.same_as: `{same_as}` was not sent"))?;
            if other.whole() != sent.whole() {
                return Err(format!("{path}.same_as: it differs from `{same_as}` in its line, headers or body"));
            }
        }
        Ok(())
    }

    fn check_mutation(&self, name: &str, facts: &Facts) -> Result<(), String> {
        let mut calls = lock(&self.calls);
        let call = calls.get_mut(name).ok_or_else(|| format!("no mutation is called `{name}`"))?;
        let state = self.client.mutations(MutationFilter::all()).into_iter().find(|state| state.id == call.id());
        let outcome = call.outcome(&self.runtime);
        drop(calls);
        for (fact, expected) in facts {
            let seen = match fact.as_str() {
                "status" => json!(match (&state, &outcome) {
                    (Some(state), _) => word_of(state.status),
                    (None, None) => "pending",
                    (None, Some(Ok(()))) => "success",
                    (None, Some(Err(_))) => "error",
                }),
                "paused" => json!(state.as_ref().is_some_and(|state| state.is_paused)),
                "uncertain" => json!(state.as_ref().is_some_and(|state| state.is_uncertain)),
                "failures" => json!(state.as_ref().map_or(0, |state| state.failure_count)),
                _ => error_word(outcome.as_ref().and_then(|outcome| outcome.as_ref().err())),
            };
            compare_fact(expected, &seen)?;
        }
        Ok(())
    }

    fn check_state(&self, name: &str, facts: &Facts) -> Result<(), String> {
        let entry = self.entry(name)?;
        let state = entry.state(&self.client);
        for (fact, expected) in facts {
            if fact == "age_at_most" {
                let age = state.updated_at.map(|at| self.runtime.now().since(at).as_millis());
                let most = expected.value.as_u64().unwrap_or_default();
                if age.is_none_or(|age| age > u128::from(most)) {
                    return differs(&expected.path, &expected.value, &json!(age.map(|age| age.to_string())));
                }
                continue;
            }
            let seen = match fact.as_str() {
                "status" => json!(state.status),
                "fetching" => json!(state.fetching),
                "paused" => json!(state.paused),
                "stale" => json!(state.stale),
                "gone" => json!(state.gone),
                "optimistic" => json!(state.optimistic),
                "observed" => json!(entry.is_observed()),
                _ => error_word(state.error.as_ref()),
            };
            compare_fact(expected, &seen)?;
        }
        Ok(())
    }

    fn check_same(&self, name: &str, ids: &[Value], path: &str) -> Result<(), String> {
        let before = self.remembered.get(name).ok_or_else(|| format!("nothing of `{name}` is remembered"))?;
        let entry = self.entry(name)?;
        let told = entry.told();
        for id in ids {
            let id = self.id(id)?;
            let (old, new) = (before.get(&id), told.addresses.get(&id));
            if old.is_none() || old != new {
                return Err(format!("{path}.{name}: row {id} is not the very one that it was"));
            }
        }
        Ok(())
    }

    fn check_server(&self, id: &str, expected: &Expectation) -> Result<(), String> {
        let (resource, id) = match id.split_once('/') {
            Some(("notes", id)) => (Resource::Notes, id),
            Some((_, id)) => (Resource::Items, id),
            None => (Resource::Items, id),
        };
        let id = if id.starts_with('$') {
            self.id(&json!(id))?
        } else {
            id.parse().map_or_else(|_| RowId::Text(id.to_owned()), RowId::Number)
        };
        match self.server.row(resource, &id) {
            None if expected.value.is_null() => Ok(()),
            None => differs(&expected.path, &expected.value, &Value::Null),
            Some(row) => compare_row(&expected.path, &self.resolve(&expected.value)?, row),
        }
    }

    /// Checks what holds after each step, whatever the scenario: no temporary id is sent, no list holds a row twice or one that
    /// its filter excludes.
    pub(super) fn check_always(&mut self) -> Result<(), String> {
        for sent in &self.wire.sent[self.wire_searched.min(self.wire.sent.len())..] {
            if sent.line().contains("temp-") || sent.body().to_string().contains("\"temp-") {
                return Err(format!("a temporary id was sent: {} {}", sent.line(), sent.body()));
            }
        }
        self.wire_searched = self.wire.sent.len();
        for (name, entry) in &self.entries {
            let Some(Shape::List(spec)) = self.queries.get(name).map(|query| &query.shape) else { continue };
            let mut views = entry.told().views.clone();
            views.push(entry.view(&self.client));
            for view in &views {
                let mut ids = BTreeSet::new();
                for row in view.rows() {
                    let id = row.get("id").and_then(RowId::of);
                    if !ids.insert(id) {
                        return Err(format!("`{name}` shows a row twice: {}", json!(view.rows())));
                    }
                    if spec.excludes(row) {
                        return Err(format!("`{name}` shows a row that its filter excludes: {}", json!(row)));
                    }
                }
            }
        }
        Ok(())
    }

    /// Checks that everything that is looked at shows what the server has.
    pub(super) fn check_converged(&self) -> Result<(), String> {
        for (name, entry) in self.entries.iter().filter(|(_, entry)| entry.is_observed()) {
            let query = &self.queries[name];
            let id = match &query.shape {
                Shape::Detail(_, id) => {
                    let Some(id) = self.real(&self.id(id)?) else { continue };
                    Some(id)
                }
                Shape::List(_) => None,
            };
            let expected = self.server.shown(query, id.as_ref());
            let (state, view) = (entry.state(&self.client), entry.view(&self.client));
            let path = format!("`{name}`, when everything was answered");
            if state.optimistic {
                return Err(format!("{path}: a mutation still shows: {}", json!(view.rows())));
            }
            let seen = match &view {
                // Of a row that somebody else has deleted, the last that was known may stay beside the error.
                View::Nothing | View::Row(_) if expected.is_null() => continue,
                View::Nothing => Value::Null,
                View::Row(row) => json!(row),
                View::Rows { rows, .. } => json!(rows),
                View::Pages { .. } => json!(view.rows()),
            };
            let shown = match (&view, expected.as_array()) {
                (View::Pages { .. }, Some(all)) => json!(all[..view.rows().len().min(all.len())]),
                _ => expected,
            };
            if shown != seen {
                return differs(&path, &shown, &seen);
            }
        }
        Ok(())
    }
}

fn word_of(status: MutationStatus) -> &'static str {
    match status {
        MutationStatus::Idle => "idle",
        MutationStatus::Pending => "pending",
        MutationStatus::Success => "success",
        MutationStatus::Error => "error",
    }
}

/// Returns an error in one word, or its status.
fn error_word(error: Option<&QueryError>) -> Value {
    let Some(error) = error else { return Value::Null };
    if let Some(status) = error.status() {
        return json!(status);
    }
    let words = [
        (error.is_network(), "network"),
        (error.is_timeout(), "timeout"),
        (error.is_cancelled(), "cancelled"),
        (error.is_decode(), "decode"),
        (error.is_rejected(), "rejected"),
        (error.is_invalid_request(), "invalid_request"),
    ];
    json!(words.iter().find(|(is, _)| *is).map_or("other", |(_, word)| word))
}

fn compare_fact(expected: &Expectation, seen: &Value) -> Result<(), String> {
    if *seen == expected.value { Ok(()) } else { differs(&expected.path, &expected.value, seen) }
}
