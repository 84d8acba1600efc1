//! What do the mutations of a scenario send, and what do their callbacks do to the cache?

use std::sync::{Arc, Mutex, PoisonError};

use query_runtime::{Json, MutationEvent, MutationOptions, QueryClient, QueryError, QueryKey};

use super::{
    cache::{self, Kinds},
    fill::Environment,
    functions::Functions,
    scenario::{Do, Settings, Settling, Step},
};

/// What a mutation of a scenario is called with.
#[derive(Clone, Debug)]
pub(crate) struct Variables {
    pub(crate) json: Option<Json>,
    scope: String,
    /// What `onMutate` found before it wrote.
    before: Arc<Mutex<Before>>,
}

impl Variables {
    pub(crate) fn new(json: Option<Json>, settings: &Settings) -> Self {
        Self { json, scope: settings.scope.clone().unwrap_or_default(), before: Arc::default() }
    }

    /// Returns the scope of the mutation.
    pub(crate) fn scope(&self) -> String {
        self.scope.clone()
    }
}

/// The data of keys, if they had any.
type Before = Vec<(QueryKey, Option<Json>)>;

type Event = MutationEvent<Variables, Json>;

/// Describes the mutation of a step.
///
/// # Errors
///
/// Names what the crate cannot do.
pub(crate) fn options(
    step: &Step,
    settings: &Settings,
    functions: &Functions,
    kinds: &Kinds,
) -> Result<MutationOptions<Variables, Json>, String> {
    let (function, functions) = (step.r#fn.clone(), functions.clone());
    let options = MutationOptions::new(&["scenario"], move |_, variables: Variables| {
        let sent = function.as_ref().map(|name| functions.mutation(name, variables.json.clone()));
        async move {
            match sent {
                Some(sent) => sent.await,
                None => Err(QueryError::message("No mutationFn found")),
            }
        }
    });
    let mut options = settings.mutation(options);
    if let Some(operations) = &step.on_mutate {
        let (operations, kinds) = (operations.clone(), kinds.clone());
        options = options.on_mutate(move |event| prepare(event, operations.clone(), kinds.clone()));
    }
    if let Some(operations) = &step.on_success {
        let (operations, kinds) = (operations.clone(), kinds.clone());
        options = options.on_success(move |event| {
            let done = operations.iter().try_for_each(|one| operate(&event, one, &kinds));
            async move { done.map_err(QueryError::message) }
        });
    }
    if step.rollback_on_error {
        let kinds = kinds.clone();
        options = options.on_error(move |event| {
            let before = std::mem::take(&mut *event.variables.before.lock().unwrap_or_else(PoisonError::into_inner));
            let mut known = before.into_iter().filter_map(|(key, data)| Some((key, data?)));
            let done = known.try_for_each(|(key, data)| cache::set(&event.client, &kinds, &key, &data, None));
            async move { done.map_err(QueryError::message) }
        });
    }
    if let Some(Settling { filter, waits }) = step.settling()? {
        cache::filter(&filter)?;
        options = options.on_settled(move |event| {
            let started = cache::filter(&filter).map(|meant| event.client.invalidate(meant));
            async move {
                let settled = started.map_err(QueryError::message)?;
                if waits {
                    settled.await;
                }
                Ok(())
            }
        });
    }
    Ok(options)
}

async fn prepare(event: Event, operations: Vec<Step>, kinds: Kinds) -> Result<(), QueryError> {
    for one in operations {
        if one.r#do == Do::Cancel {
            event.client.cancel(cache::filter(&one).map_err(QueryError::message)?).await;
            continue;
        }
        if one.r#do != Do::Invalidate {
            let key = cache::key(&one).map_err(QueryError::message)?;
            let mut before = event.variables.before.lock().unwrap_or_else(PoisonError::into_inner);
            if !before.iter().any(|(known, _)| *known == key) {
                let data = cache::data(&event.client, &kinds, &key);
                before.push((key, data));
            }
        }
        operate(&event, &one, &kinds).map_err(QueryError::message)?;
    }
    Ok(())
}

/// Carries one cache operation out.
fn operate(event: &Event, one: &Step, kinds: &Kinds) -> Result<(), String> {
    let client: &QueryClient = &event.client;
    if one.r#do == Do::Invalidate {
        drop(client.invalidate(cache::filter(one)?));
        return Ok(());
    }
    let environment = Environment {
        vars: Some(event.variables.json.clone().unwrap_or(Json::Null)),
        data: event.data.as_deref().cloned(),
        ..Environment::default()
    };
    cache::write(client, kinds, &cache::key(one)?, one, &environment, None)
}
