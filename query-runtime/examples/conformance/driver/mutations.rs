//! What do the mutations of a scenario send, and what do their callbacks do to the cache?

use query_runtime::{Json, MutationEvent, MutationOptions, QueryClient, QueryError, QueryKey};
use serde::{Deserialize, Serialize};

use super::{
    cache::{self, Kinds},
    fill::Environment,
    functions::Functions,
    scenario::{Do, Settings, Settling, Step, present},
};

/// What a mutation of a scenario is called with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Variables {
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub(crate) json: Option<Json>,
}

/// The data of keys, if they had any, before `onMutate` wrote.
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
    let key = settings.mutation_key.clone().unwrap_or_default();
    let key = QueryKey::from_json(&Json::from(key)).ok_or("a key is a list")?;
    let options = match step.r#fn.clone() {
        None => MutationOptions::by_key(key),
        Some(function) => {
            let functions = functions.clone();
            let send = move |_, variables: Variables| functions.mutation(&function, variables.json);
            MutationOptions::new(&[], send).key(key)
        }
    };
    let options = options.restorable();
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
            let before = event.context::<Before>().unwrap_or_default();
            let mut known = before.iter().filter_map(|(key, data)| Some((key, data.as_ref()?)));
            let done = known.try_for_each(|(key, data)| cache::set(&event.client, &kinds, key, data, None));
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

async fn prepare(event: Event, operations: Vec<Step>, kinds: Kinds) -> Result<Before, QueryError> {
    let mut before = Before::new();
    for one in operations {
        if one.r#do == Do::Cancel {
            event.client.cancel(cache::filter(&one).map_err(QueryError::message)?).await;
            continue;
        }
        if one.r#do != Do::Invalidate {
            let key = cache::key(&one).map_err(QueryError::message)?;
            if !before.iter().any(|(known, _)| *known == key) {
                let data = cache::data(&event.client, &kinds, &key);
                before.push((key, data));
            }
        }
        operate(&event, &one, &kinds).map_err(QueryError::message)?;
    }
    Ok(before)
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
