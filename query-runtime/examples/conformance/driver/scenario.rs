//! What does a scenario file say?

use std::{collections::BTreeMap, fmt::Display};

use query_runtime::{Json, Maybe};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};

/// What happens to a client, step by step.
#[derive(Debug)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    pub(crate) client: Defaults,
    pub(crate) functions: BTreeMap<String, Vec<Entry>>,
    pub(crate) steps: Vec<Step>,
    /// The last instant.
    pub(crate) until: u64,
    /// The time from one sample to the next.
    pub(crate) sample_every: u64,
}

/// The settings that all queries and all mutations of the client have.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Defaults {
    #[serde(default)]
    pub(crate) queries: Settings,
    #[serde(default)]
    pub(crate) mutations: Settings,
}

/// What one call of a function does.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    pub(crate) after: u64,
    #[serde(default, deserialize_with = "present")]
    pub(crate) data: Option<Json>,
    pub(crate) error: Option<String>,
    pub(crate) by_param: Option<BTreeMap<String, Json>>,
    #[serde(default)]
    pub(crate) ignores_abort: bool,
}

/// A time, or that there is none.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(untagged, expecting = "a time must be milliseconds, \"infinity\" or \"static\"")]
pub(crate) enum Time {
    Milliseconds(u64),
    Word(TimeWord),
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum TimeWord {
    Infinity,
    Static,
}

/// How often a failure is retried.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(untagged, expecting = "retry must be a number, true or false")]
pub(crate) enum Retry {
    Count(u32),
    Always(bool),
}

/// How long a retry waits.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(untagged, expecting = "retryDelay must be milliseconds or \"exponential\"")]
pub(crate) enum RetryDelay {
    Milliseconds(u64),
    Word(DelayWord),
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum DelayWord {
    Exponential,
}

/// When an event makes an observer fetch.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(untagged, expecting = "this must be true, false or \"always\"")]
pub(crate) enum When {
    Stale(bool),
    Word(WhenWord),
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum WhenWord {
    Always,
}

/// A time between fetches, or `false`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(untagged, expecting = "refetchInterval must be milliseconds or false")]
pub(crate) enum Interval {
    Milliseconds(u64),
    #[expect(dead_code, reason = "only `false` is written, and it says all")]
    Never(bool),
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Network {
    Online,
    Always,
    OfflineFirst,
}

/// The part of the data that is shown.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Select {
    pub(crate) pick: Vec<Json>,
}

/// Settings of a query or a mutation; what is `None` was not said.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) stale_time: Option<Time>,
    pub(crate) gc_time: Option<Time>,
    pub(crate) enabled: Option<bool>,
    pub(crate) retry: Option<Retry>,
    pub(crate) retry_delay: Option<RetryDelay>,
    pub(crate) retry_on_mount: Option<bool>,
    pub(crate) refetch_on_mount: Option<When>,
    pub(crate) refetch_on_window_focus: Option<When>,
    pub(crate) refetch_on_reconnect: Option<When>,
    pub(crate) refetch_interval: Option<Interval>,
    pub(crate) refetch_interval_in_background: Option<bool>,
    pub(crate) network_mode: Option<Network>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) initial_data: Option<Json>,
    /// Milliseconds from the start; null: never.
    #[serde(default)]
    pub(crate) initial_data_updated_at: Maybe<i64>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) placeholder_data: Option<Json>,
    pub(crate) select: Option<Select>,
    pub(crate) structural_sharing: Option<bool>,
    pub(crate) revalidate_if_stale: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) initial_page_param: Option<Json>,
    pub(crate) max_pages: Option<usize>,
    pub(crate) pages: Option<usize>,
    pub(crate) mutation_key: Option<Vec<Json>>,
    pub(crate) scope: Option<String>,
}

/// What a step does.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Do {
    Observe,
    ObserveInfinite,
    SetOptions,
    Unobserve,
    Refetch,
    FetchNextPage,
    FetchPreviousPage,
    Fetch,
    FetchInfinite,
    Prefetch,
    PrefetchInfinite,
    Ensure,
    EnsureInfinite,
    Set,
    Update,
    SetQueries,
    Invalidate,
    RefetchQueries,
    Cancel,
    Remove,
    Reset,
    Clear,
    Focus,
    Online,
    Mutate,
    UnobserveMutation,
    ResetMutation,
    ResumePausedMutations,
    SetQueryDefaults,
    SetMutationDefaults,
    Dehydrate,
    Hydrate,
    NewClient,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Activity {
    Active,
    Inactive,
    All,
    None,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum FetchWord {
    Fetching,
    Paused,
    Idle,
}

/// One thing that happens: a step, a cache operation of a callback, or what is invalidated when a mutation is over.
///
/// All share one set of fields; which of them are needed depends on what is done.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Step {
    #[serde(default)]
    pub(crate) at: u64,
    pub(crate) r#do: Do,
    pub(crate) id: Option<String>,
    pub(crate) r#as: Option<String>,
    pub(crate) on: Option<String>,
    pub(crate) to: Option<String>,
    pub(crate) from: Option<String>,
    pub(crate) r#fn: Option<String>,
    #[serde(default)]
    pub(crate) options: Settings,
    // Which queries.
    pub(crate) key: Option<Json>,
    #[serde(default)]
    pub(crate) exact: bool,
    pub(crate) r#type: Option<Activity>,
    pub(crate) stale: Option<bool>,
    pub(crate) fetch_status: Option<FetchWord>,
    // How they are fetched or given up.
    pub(crate) refetch_type: Option<Activity>,
    pub(crate) cancel_refetch: Option<bool>,
    pub(crate) throw_on_error: Option<bool>,
    pub(crate) revert: Option<bool>,
    pub(crate) silent: Option<bool>,
    // What is written.
    #[serde(default, deserialize_with = "present")]
    pub(crate) data: Option<Json>,
    pub(crate) merge: Option<serde_json::Map<String, Json>>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) append: Option<Json>,
    pub(crate) updated_at: Option<i64>,
    pub(crate) focused: Option<bool>,
    pub(crate) online: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) variables: Option<Json>,
    #[serde(default)]
    pub(crate) on_mutate: Option<Vec<Self>>,
    #[serde(default)]
    pub(crate) on_success: Option<Vec<Self>>,
    #[serde(default)]
    pub(crate) rollback_on_error: bool,
    pub(crate) invalidate_on_settled: Option<Json>,
}

/// What is invalidated when a mutation is over.
#[derive(Clone, Debug)]
pub(crate) struct Settling {
    pub(crate) filter: Step,
    pub(crate) waits: bool,
}

/// A member that is there is `Some`, also when it is null.
pub(crate) fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    #[expect(dead_code, reason = "for people; a file without it is refused")]
    about: String,
    #[serde(default)]
    client: Json,
    functions: BTreeMap<String, Json>,
    steps: Vec<Json>,
    until: u64,
    sample_every: Option<u64>,
    #[serde(default, rename = "claims")]
    _claims: Json,
}

fn read<T: DeserializeOwned>(place: impl Display, json: Json) -> Result<T, String> {
    serde_json::from_value(json).map_err(|error| format!("{place}: {error}"))
}

impl Scenario {
    /// Reads a scenario.
    ///
    /// # Errors
    ///
    /// Says what is wrong and where: line and column, or the place in the scenario.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let file: File = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let client = if file.client.is_null() { Defaults::default() } else { read("client", file.client)? };
        let mut functions = BTreeMap::new();
        for (name, json) in file.functions {
            let entries: Vec<Entry> = read(format_args!("functions.{name}"), json)?;
            if entries.is_empty() {
                return Err(format!("functions.{name}: no entry"));
            }
            for (index, entry) in entries.iter().enumerate() {
                let outcomes = [entry.data.is_some(), entry.error.is_some(), entry.by_param.is_some()];
                if outcomes.iter().filter(|there| **there).count() != 1 {
                    return Err(format!("functions.{name}[{index}]: needs one of data, error, by_param"));
                }
            }
            functions.insert(name, entries);
        }
        let mut steps: Vec<Step> = Vec::new();
        for (index, json) in file.steps.into_iter().enumerate() {
            let step: Step = read(format_args!("steps[{index}]"), json)?;
            let place = format!("steps[{index}] {:?}", step.r#do);
            if steps.last().is_some_and(|last| last.at > step.at) {
                return Err(format!("{place}: earlier than the step before it"));
            }
            if step.at > file.until {
                return Err(format!("{place}: later than until"));
            }
            if let Some(name) = step.r#fn.as_ref().filter(|name| !functions.contains_key(*name)) {
                return Err(format!("{place}: no function {name}"));
            }
            step.settling().map_err(|error| format!("{place}: {error}"))?;
            steps.push(step);
        }
        let sample_every = file.sample_every.unwrap_or(10);
        if sample_every == 0 {
            return Err("sample_every: must not be 0".to_owned());
        }
        Ok(Self { name: file.name, client, functions, steps, until: file.until, sample_every })
    }
}

impl Step {
    /// Returns what is invalidated when the mutation is over.
    pub(crate) fn settling(&self) -> Result<Option<Settling>, String> {
        let Some(mut json) = self.invalidate_on_settled.clone() else { return Ok(None) };
        let members = json.as_object_mut().ok_or("invalidateOnSettled: not an object")?;
        let waits = match members.remove("await") {
            None => true,
            Some(Json::Bool(waits)) => waits,
            Some(other) => return Err(format!("invalidateOnSettled.await: {other} is not true or false")),
        };
        members.insert("do".to_owned(), "invalidate".into());
        Ok(Some(Settling { filter: read("invalidateOnSettled", json)?, waits }))
    }
}

/// Returns a field of a step that cannot do without it.
pub(crate) fn needs<T>(name: &str, field: Option<T>) -> Result<T, String> {
    field.ok_or_else(|| format!("lacks {name}"))
}
