//! What is the state of everything at one instant?

use std::collections::BTreeMap;

use query_runtime::{Json, MutationFilter, MutationResult, MutationState, MutationStatus, QueryFilter};
use serde_json::{Map, json};

use super::{
    cache,
    mutations::Variables,
    run::Run,
    watching::{Reference, error, fetch_status, members, put, status},
};

/// The samples that were taken.
#[derive(Default)]
pub(crate) struct Samples {
    pub(crate) taken: Vec<Json>,
    pub(crate) identities: BTreeMap<String, Vec<i64>>,
    last: Option<Map<String, Json>>,
    references: BTreeMap<String, Reference>,
}

impl Samples {
    fn add(&mut self, t: i64, state: Map<String, Json>) {
        if self.last.as_ref() == Some(&state) {
            return;
        }
        let mut sample = state.clone();
        sample.insert("t".to_owned(), t.into());
        self.taken.push(Json::Object(sample));
        self.last = Some(state);
    }

    fn saw(&mut self, t: i64, id: &str, reference: Reference) {
        if self.references.get(id).is_none_or(|last| !last.is_same(&reference)) {
            self.identities.entry(id.to_owned()).or_default().push(t);
        }
        self.references.insert(id.to_owned(), reference);
    }
}

impl Run<'_> {
    /// Takes a sample.
    pub(crate) fn sample(&mut self, t: i64) {
        let mut observers = Map::new();
        for (id, watching) in &self.observers {
            let shown = watching.shown(self.timeline);
            if let Some(reference) = shown.reference {
                self.samples.saw(t, id, reference);
            }
            observers.insert(id.clone(), Json::Object(shown.state));
        }
        let mut queries = Map::new();
        for query in self.client.states(QueryFilter::all()) {
            // A trace knows no stale time of what nobody observes.
            let is_stale = match query.observers {
                0 => !query.has_data || query.is_invalidated,
                _ => query.is_stale,
            };
            let mut state = members(json!({
                "status": status(query.status),
                "fetchStatus": fetch_status(query.fetch_status),
                "error": error(query.error.as_ref()),
                "isInvalidated": query.is_invalidated,
                "observers": query.observers,
                "isActive": query.active > 0,
                "isStale": is_stale,
                "dataUpdatedAt": self.timeline.written(query.data_updated_at),
                "fetchFailureCount": query.failure_count,
            }));
            put(&mut state, "data", cache::data(&self.client, &self.kinds, &query.key));
            queries.insert(query.key.to_string(), Json::Object(state));
        }
        let shown = self.mutations.iter();
        let mutation_observers: Map<String, Json> =
            shown.map(|(id, mutating)| (id.clone(), Json::Object(mutation(&mutating.current())))).collect();
        let all = self.client.mutations(MutationFilter::all());
        let mutations: Vec<Json> = all.iter().map(|one| Json::Object(self.listed(one))).collect();
        let state = members(json!({
            "observers": observers,
            "queries": queries,
            "mutations": mutations,
            "mutationObservers": mutation_observers,
            "promises": self.promises.all(),
            "isFetching": self.client.is_fetching(QueryFilter::all()),
            "isMutating": self.client.is_mutating(MutationFilter::all()),
        }));
        self.samples.add(t, state);
    }
}

impl Run<'_> {
    /// Returns a mutation of the cache.
    fn listed(&self, one: &MutationState) -> Map<String, Json> {
        let mut state = members(json!({
            "id": self.mutation_names.get(&one.id),
            "status": mutation_status(one.status),
            "isPaused": one.is_paused,
            "failureCount": one.failure_count,
            "error": error(one.error.as_ref()),
        }));
        put(&mut state, "data", one.data::<Json>().as_deref().cloned());
        // What was restored without a function has its variables as they were saved.
        let variables = match one.variables::<Variables>() {
            Some(variables) => variables.json.clone(),
            None => one.variables::<Json>().and_then(|saved| saved.get("json").cloned()),
        };
        put(&mut state, "variables", variables);
        state
    }
}

fn mutation_status(status: MutationStatus) -> &'static str {
    match status {
        MutationStatus::Idle => "idle",
        MutationStatus::Pending => "pending",
        MutationStatus::Success => "success",
        MutationStatus::Error => "error",
    }
}

fn mutation(result: &MutationResult<Variables, Json>) -> Map<String, Json> {
    let mut state = members(json!({
        "status": mutation_status(result.status),
        "isPaused": result.is_paused,
        "failureCount": result.failure_count,
        "error": error(result.error.as_ref()),
    }));
    put(&mut state, "data", result.data.as_deref().cloned());
    put(&mut state, "variables", result.variables.as_deref().and_then(|variables| variables.json.clone()));
    state
}
