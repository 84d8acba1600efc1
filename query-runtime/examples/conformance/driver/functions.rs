//! What do the functions of a scenario do when they are called, and who called them when?

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use query_runtime::{BoxFuture, FetchContext, Json, QueryError, Sleeper, testing::TestRuntime};
use serde_json::Map;

use super::{fill::Environment, scenario::Entry, time::Timeline};

/// The functions of a scenario and every call of them. Cloning shares it.
#[derive(Clone)]
pub(crate) struct Functions {
    runtime: TestRuntime,
    timeline: Timeline,
    state: Arc<Mutex<State>>,
}

struct State {
    entries: BTreeMap<String, Vec<Entry>>,
    counts: BTreeMap<String, usize>,
    calls: Vec<Map<String, Json>>,
}

/// One call.
struct Call {
    number: usize,
    entry: Entry,
    guard: Guard,
}

/// Notes the abort of a call that is dropped before it is over.
struct Guard {
    functions: Functions,
    place: usize,
    over: bool,
}

impl Functions {
    pub(crate) fn new(runtime: &TestRuntime, timeline: Timeline, entries: BTreeMap<String, Vec<Entry>>) -> Self {
        let state = State { entries, counts: BTreeMap::new(), calls: Vec::new() };
        Self { runtime: runtime.clone(), timeline, state: Arc::new(Mutex::new(state)) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns all calls, sorted by time, function and number.
    pub(crate) fn calls(&self) -> Vec<Json> {
        let mut calls = self.lock().calls.clone();
        calls.sort_by_key(super::compare::call_order);
        calls.into_iter().map(Json::Object).collect()
    }

    fn begin(&self, name: &str, more: Vec<(&str, Json)>) -> Option<Call> {
        let mut state = self.lock();
        let count = state.counts.entry(name.to_owned()).or_default();
        *count += 1;
        let number = *count;
        let entries = state.entries.get(name)?;
        let entry = entries.get(number - 1).or(entries.last())?.clone();
        let mut call = Map::new();
        call.insert("t".to_owned(), self.timeline.now(&self.runtime).into());
        call.insert("fn".to_owned(), name.into());
        call.insert("n".to_owned(), number.into());
        for (name, value) in more {
            call.insert(name.to_owned(), value);
        }
        let place = state.calls.len();
        state.calls.push(call);
        drop(state);
        Some(Call { number, entry, guard: Guard { functions: self.clone(), place, over: false } })
    }

    /// Calls a query function; `signal` is called unless the call does not take the signal. A page has a parameter and a
    /// direction.
    pub(crate) fn query(
        &self,
        name: &str,
        key: String,
        page: Option<(Json, &'static str)>,
        signal: impl FnOnce(),
    ) -> BoxFuture<'static, Result<Json, QueryError>> {
        let mut more = vec![("key", Json::from(key))];
        if let Some((param, direction)) = &page {
            more.push(("param", param.clone()));
            more.push(("direction", (*direction).into()));
        }
        let Some(mut call) = self.begin(name, more) else { return missing(name) };
        if call.entry.ignores_abort {
            call.guard.over = true;
        } else {
            signal();
        }
        Box::pin(self.clone().run(call, page.map(|(param, _)| param), None))
    }

    /// Returns a query function.
    pub(crate) fn fetch(
        &self,
        name: String,
    ) -> impl Fn(FetchContext) -> BoxFuture<'static, Result<Json, QueryError>> + Send + Sync + 'static + use<> {
        let functions = self.clone();
        move |context| functions.query(&name, context.key().to_string(), None, || drop(context.signal()))
    }

    /// Calls a mutation function.
    pub(crate) fn mutation(&self, name: &str, vars: Option<Json>) -> BoxFuture<'static, Result<Json, QueryError>> {
        let vars = vars.unwrap_or(Json::Null);
        let Some(call) = self.begin(name, vec![("vars", vars.clone())]) else { return missing(name) };
        Box::pin(self.clone().run(call, None, Some(vars)))
    }

    async fn run(self, call: Call, param: Option<Json>, vars: Option<Json>) -> Result<Json, QueryError> {
        let Call { number, entry, mut guard } = call;
        self.runtime.clock().sleep(Duration::from_millis(entry.after)).await;
        guard.over = true;
        outcome(&entry, &Environment { number: Some(number), param, vars, ..Environment::default() })
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        let now = self.functions.timeline.now(&self.functions.runtime);
        if let Some(call) = self.functions.lock().calls.get_mut(self.place) {
            call.insert("aborted_at".to_owned(), now.into());
        }
    }
}

fn missing(name: &str) -> BoxFuture<'static, Result<Json, QueryError>> {
    let error = QueryError::message(format!("no function {name}"));
    Box::pin(async move { Err(error) })
}

fn outcome(entry: &Entry, environment: &Environment) -> Result<Json, QueryError> {
    if let Some(error) = &entry.error {
        return Err(QueryError::message(error.clone()));
    }
    let data = match &entry.by_param {
        Some(pages) => {
            let param = environment.param.as_ref().unwrap_or(&Json::Null).to_string();
            pages.get(&param).ok_or_else(|| QueryError::message("no page"))?
        }
        None => entry.data.as_ref().unwrap_or(&Json::Null),
    };
    Ok(environment.fill(data))
}
