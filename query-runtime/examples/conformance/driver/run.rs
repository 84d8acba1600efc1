//! How does a scenario run?

use std::collections::BTreeMap;

use query_runtime::{Json, MutationId, MutationObserver, QueryClient, QueryKey, Select, testing::TestRuntime};

use super::{
    cache::Kinds,
    functions::Functions,
    mutations::Variables,
    promises::Promises,
    sample::Samples,
    scenario::{Retry, Scenario, Settings},
    settings::{Pages, policy},
    time::Timeline,
    trace::Trace,
    watching::Watching,
};

/// A scenario that runs.
pub(crate) struct Run<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) runtime: TestRuntime,
    pub(crate) timeline: Timeline,
    pub(crate) functions: Functions,
    pub(crate) kinds: Kinds,
    pub(crate) client: QueryClient,
    pub(crate) observers: BTreeMap<String, Watching>,
    pub(crate) mutations: BTreeMap<String, MutationObserver<Variables, Json>>,
    /// What the scenario calls each mutation.
    pub(crate) mutation_names: BTreeMap<MutationId, String>,
    pub(crate) promises: Promises,
    /// What was dehydrated, by name.
    pub(crate) snapshots: BTreeMap<String, Snapshot>,
    /// The projections by their text: the same words are the same projection.
    pub(crate) selects: BTreeMap<String, Select<Json, Json>>,
    pub(crate) selects_of_pages: BTreeMap<String, Select<Pages, Json>>,
    /// The settings of keys, in the order in which their keys were first given some.
    pub(crate) defaults: Vec<(QueryKey, Settings)>,
    /// The same of mutations.
    pub(crate) mutation_defaults: Vec<(QueryKey, Settings)>,
    pub(crate) focused: bool,
    pub(crate) online: bool,
    pub(crate) samples: Samples,
}

/// What was dehydrated.
pub(crate) struct Snapshot {
    /// It, as JSON.
    pub(crate) text: String,
    /// The names of the mutations in it, as a trace writes them once they are hydrated.
    pub(crate) mutations: Vec<String>,
}

/// Runs a scenario and returns its trace.
///
/// # Errors
///
/// Says which step cannot be carried out, and why.
pub(crate) fn run(scenario: &Scenario) -> Result<Trace, String> {
    let runtime = TestRuntime::new();
    let timeline = Timeline::begin(&runtime);
    let client = client(scenario, &runtime)?;
    let mut run = Run {
        scenario,
        functions: Functions::new(&runtime, timeline, scenario.functions.clone()),
        runtime,
        timeline,
        kinds: Kinds::of(scenario),
        client,
        observers: BTreeMap::new(),
        mutations: BTreeMap::new(),
        mutation_names: BTreeMap::new(),
        promises: Promises::default(),
        snapshots: BTreeMap::new(),
        selects: BTreeMap::new(),
        selects_of_pages: BTreeMap::new(),
        defaults: Vec::new(),
        mutation_defaults: Vec::new(),
        focused: true,
        online: true,
        samples: Samples::default(),
    };
    run.all()?;
    Ok(Trace {
        name: scenario.name.clone(),
        calls: run.functions.calls(),
        samples: std::mem::take(&mut run.samples.taken),
        identities: std::mem::take(&mut run.samples.identities),
    })
}

/// Returns a new client with the scenario's defaults.
fn client(scenario: &Scenario, runtime: &TestRuntime) -> Result<QueryClient, String> {
    let (settings, mutations) = (&scenario.client.queries, &scenario.client.mutations);
    // What nobody fetches by name is retried three times, and a scenario's times have no jitter.
    let retry = policy(settings.retry.unwrap_or(Retry::Count(3)), settings.retry_delay);
    let defaults = settings.defaults().map_err(|error| format!("client.queries: {error}"))?.retry(retry);
    let builder = QueryClient::builder().env(runtime.env()).seed(0).defaults(defaults);
    let builder = builder.mutation_defaults(mutations.mutation_defaults());
    builder.try_build().map_err(|error| error.to_string())
}

impl Run<'_> {
    fn all(&mut self) -> Result<(), String> {
        let scenario = self.scenario;
        let until = i64::try_from(scenario.until).map_err(|_| "until: too late".to_owned())?;
        let every = i64::try_from(scenario.sample_every).map_err(|_| "sample_every: too long".to_owned())?;
        let samples = (0..).map(|k| k * every + 5).take_while(|t| *t <= until);
        let mut instants: BTreeMap<i64, bool> = samples.map(|t| (t, true)).collect();
        let mut steps: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
        for (index, step) in scenario.steps.iter().enumerate() {
            let at = i64::try_from(step.at).map_err(|_| format!("steps[{index}]: at is too late"))?;
            instants.entry(at).or_default();
            steps.entry(at).or_default().push(index);
        }
        for (t, is_sampled) in instants {
            self.runtime.advance_to(self.timeline.moment(t));
            for index in steps.remove(&t).unwrap_or_default() {
                let step = &scenario.steps[index];
                self.step(step).map_err(|error| format!("steps[{index}] {:?} at {t}: {error}", step.r#do))?;
                self.runtime.run_until_stalled();
            }
            if is_sampled {
                self.sample(t);
            }
        }
        Ok(())
    }

    /// Drops the client and all that belongs to it, and begins with a new one.
    pub(crate) fn new_client(&mut self) -> Result<(), String> {
        self.observers.clear();
        self.mutations.clear();
        self.mutation_names.clear();
        self.mutation_defaults.clear();
        self.promises = Promises::default();
        self.defaults.clear();
        self.client.clear();
        self.client = client(self.scenario, &self.runtime)?;
        self.client.set_focused(self.focused);
        self.client.set_online(self.online);
        Ok(())
    }

    /// Returns the settings of a mutation, with the retries of its defaults where it does not say them.
    pub(crate) fn own_of_mutation(&self, own: &Settings) -> Settings {
        let key = QueryKey::from_json(&Json::from(own.mutation_key.clone().unwrap_or_default()));
        let meant = self.mutation_defaults.iter().rev();
        let meant = meant.filter(|(prefix, _)| key.as_ref().is_some_and(|key| key.starts_with(prefix)));
        let settings = meant.fold(own.clone(), |upper, (_, lower)| upper.with_retry_of(lower));
        settings.with_retry_of(&self.scenario.client.mutations)
    }

    /// Returns the settings of a key that are not the step's own: the client's, and above them those of its prefixes.
    pub(crate) fn below(&self, key: &QueryKey) -> Settings {
        let meant = self.defaults.iter().rev().filter(|(prefix, _)| key.starts_with(prefix));
        let settings = meant.fold(Settings::default(), |upper, (_, lower)| upper.with_retry_of(lower));
        settings.with_retry_of(&self.scenario.client.queries)
    }
}
