//! What do steps and callbacks read from the cache and write into it, and which queries do they mean?

use std::{collections::BTreeSet, sync::Arc};

use query_runtime::{FetchStatus, Json, Key, Moment, QueryClient, QueryFilter, QueryKey, RefetchType, Write};

use super::{
    fill::Environment,
    scenario::{Activity, Do, FetchWord, Scenario, Step, needs},
    settings::{Pages, pages, pages_json},
};

/// Which keys hold pages. Cloning shares it.
#[derive(Clone, Debug)]
pub(crate) struct Kinds(Arc<BTreeSet<QueryKey>>);

impl Kinds {
    /// Finds the keys that a scenario uses for infinite queries.
    pub(crate) fn of(scenario: &Scenario) -> Self {
        let mut ids: BTreeSet<&String> = BTreeSet::new();
        let mut keys = BTreeSet::new();
        for step in &scenario.steps {
            let is_infinite = match step.r#do {
                Do::ObserveInfinite | Do::FetchInfinite | Do::PrefetchInfinite | Do::EnsureInfinite => true,
                Do::SetOptions => step.id.as_ref().is_some_and(|id| ids.contains(id)),
                _ => false,
            };
            if is_infinite {
                ids.extend(&step.id);
                keys.extend(step.key.as_ref().and_then(QueryKey::from_json));
            } else if step.r#do == Do::Observe {
                // An id can be used again.
                step.id.as_ref().map(|id| ids.remove(id));
            }
        }
        Self(Arc::new(keys))
    }

    /// Returns whether a key holds pages.
    pub(crate) fn holds_pages(&self, key: &QueryKey) -> bool {
        self.0.contains(key)
    }
}

/// Returns the key that a step needs.
pub(crate) fn key(step: &Step) -> Result<QueryKey, String> {
    let json = needs("key", step.key.as_ref())?;
    QueryKey::from_json(json).ok_or_else(|| format!("key: {json} is not a list"))
}

/// Returns the filter that a step says.
pub(crate) fn filter(step: &Step) -> Result<QueryFilter, String> {
    let mut filter = match &step.key {
        None => QueryFilter::all(),
        Some(_) if step.exact => QueryFilter::exact(key(step)?),
        Some(_) => QueryFilter::under(key(step)?),
    };
    filter = match step.r#type {
        None | Some(Activity::All) => filter,
        Some(Activity::Active) => filter.active(),
        Some(Activity::Inactive) => filter.inactive(),
        Some(Activity::None) => return Err("type: none is not a type".to_owned()),
    };
    filter = match step.stale {
        None => filter,
        Some(true) => filter.stale(),
        Some(false) => filter.fresh(),
    };
    filter = match step.fetch_status {
        None => filter,
        Some(FetchWord::Fetching) => filter.fetch_status(FetchStatus::Fetching),
        Some(FetchWord::Paused) => filter.fetch_status(FetchStatus::Paused),
        Some(FetchWord::Idle) => filter.fetch_status(FetchStatus::Idle),
    };
    if step.cancel_refetch == Some(false) {
        filter = filter.join_running();
    }
    // What is fetched after an invalidation is what the filter's type says, unless the step says something else.
    let refetch = step.refetch_type.or(step.r#type.filter(|_| step.r#do == Do::Invalidate));
    Ok(match refetch {
        None => filter,
        Some(Activity::Active) => filter.refetch_type(RefetchType::Active),
        Some(Activity::Inactive) => filter.refetch_type(RefetchType::Inactive),
        Some(Activity::All) => filter.refetch_type(RefetchType::All),
        Some(Activity::None) => filter.refetch_type(RefetchType::None),
    })
}

/// Returns the data of a key; what was hydrated and not asked for since has no type yet.
pub(crate) fn data(client: &QueryClient, kinds: &Kinds, key: &QueryKey) -> Option<Json> {
    let has_pages = kinds.holds_pages(key);
    let typed = if has_pages {
        client.get::<Pages>(&Key::typed(key.clone())).map(|data| pages_json(&data))
    } else {
        client.get::<Json>(&Key::typed(key.clone())).map(|data| Json::clone(&data))
    };
    typed.or_else(|| {
        let raw = client.get_json(key)?;
        if has_pages { serde_json::from_value(raw).ok().map(|data| pages_json(&data)) } else { Some(raw) }
    })
}

/// Sets the data of a key.
pub(crate) fn set(
    client: &QueryClient,
    kinds: &Kinds,
    key: &QueryKey,
    data: &Json,
    at: Option<Moment>,
) -> Result<(), String> {
    // What is set there counts as what the server has.
    let write = at.map_or_else(Write::confirmed, |at| Write::confirmed().at(at));
    if kinds.holds_pages(key) {
        client.set_with::<Pages>(&Key::typed(key.clone()), pages(data)?, write);
    } else {
        client.set_with::<Json>(&Key::typed(key.clone()), data.clone(), write);
    }
    Ok(())
}

/// Writes what a step says, `data`, `merge` or `append`, under a key.
pub(crate) fn write(
    client: &QueryClient,
    kinds: &Kinds,
    key: &QueryKey,
    step: &Step,
    environment: &Environment,
    at: Option<Moment>,
) -> Result<(), String> {
    if let Some(data) = &step.data {
        return set(client, kinds, key, &environment.fill(data), at);
    }
    match data(client, kinds, key).and_then(|old| changed(old, step, environment)) {
        Some(new) => set(client, kinds, key, &new, at),
        None => Ok(()),
    }
}

/// Returns data with what a step adds to it; `None` where that is not possible.
fn changed(mut data: Json, step: &Step, environment: &Environment) -> Option<Json> {
    if let Some(members) = &step.merge {
        let target = data.as_object_mut()?;
        for (name, value) in members {
            target.insert(name.clone(), environment.fill(value));
        }
    } else {
        data.as_array_mut()?.push(environment.fill(step.append.as_ref()?));
    }
    Some(data)
}

/// Returns the part of data at a path.
///
/// # Errors
///
/// There is no such part.
pub(crate) fn pick(data: &Json, path: &[Json]) -> Result<Json, &'static str> {
    let mut part = data;
    for step in path {
        let inner = match (part, step) {
            (Json::Array(items), Json::Number(index)) => {
                index.as_u64().and_then(|index| items.get(usize::try_from(index).ok()?))
            }
            (Json::Object(members), Json::String(name)) => members.get(name),
            (Json::Object(members), Json::Number(name)) => members.get(&name.to_string()),
            _ => None,
        };
        part = inner.ok_or("pick: no such path")?;
    }
    Ok(part.clone())
}
