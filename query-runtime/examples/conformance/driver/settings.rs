//! What are the settings of a scenario in the words of the crate?

use std::{sync::Arc, time::Duration};

use query_runtime::{
    GcTime, InfiniteData, InfiniteOptions, Json, Maybe, MutationDefaults, MutationOptions, NetworkMode, QueryDefaults,
    QueryOptions, RefetchWhen, RetryPolicy, StaleTime,
};
use serde::{Deserialize, Serialize};
use serde_json::Map;

use super::{
    mutations::Variables,
    scenario::{DelayWord, Interval, Network, Retry, RetryDelay, Settings, Time, TimeWord, When, WhenWord},
    time::Timeline,
};

/// The pages of an infinite query.
pub(crate) type Pages = InfiniteData<PageJson, Json>;

/// A page of an infinite query.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PageJson {
    pub(crate) page: Json,
    /// Of the first page: what a step has written beside the pages, where the type of the data has no place for it.
    beside: Option<Beside>,
}

/// Members that data has beside its pages, until a fetch brings other pages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Beside {
    /// How many pages there were.
    pages: usize,
    members: Map<String, Json>,
}

impl From<Json> for PageJson {
    fn from(page: Json) -> Self {
        Self { page, beside: None }
    }
}

impl Time {
    fn stale(self) -> StaleTime {
        match self {
            Self::Milliseconds(time) => Duration::from_millis(time).into(),
            Self::Word(TimeWord::Infinity) => StaleTime::Forever,
            Self::Word(TimeWord::Static) => StaleTime::Static,
        }
    }

    fn gc(self) -> GcTime {
        match self {
            Self::Milliseconds(time) => Duration::from_millis(time).into(),
            Self::Word(_) => GcTime::Never,
        }
    }
}

impl When {
    fn refetch(self) -> RefetchWhen {
        match self {
            Self::Stale(true) => RefetchWhen::Stale,
            Self::Stale(false) => RefetchWhen::Never,
            Self::Word(WhenWord::Always) => RefetchWhen::Always,
        }
    }
}

impl Network {
    fn mode(self) -> NetworkMode {
        match self {
            Self::Online => NetworkMode::Online,
            Self::Always => NetworkMode::Always,
            Self::OfflineFirst => NetworkMode::OfflineFirst,
        }
    }
}

impl Interval {
    fn time(self) -> Duration {
        match self {
            Self::Milliseconds(time) => Duration::from_millis(time),
            Self::Never(_) => Duration::ZERO,
        }
    }
}

/// Returns the policy that retries every error, as the scenarios' functions fail in one way only.
pub(crate) fn policy(retry: Retry, delay: Option<RetryDelay>) -> RetryPolicy {
    let policy = match retry {
        Retry::Count(count) => RetryPolicy::default().max(count),
        Retry::Always(true) => RetryPolicy::forever(),
        Retry::Always(false) => return RetryPolicy::never(),
    };
    let policy = policy.when(|_, _| true);
    match delay.unwrap_or(RetryDelay::Word(DelayWord::Exponential)) {
        RetryDelay::Milliseconds(time) => policy.delay(move |_, _| Duration::from_millis(time)),
        RetryDelay::Word(DelayWord::Exponential) => policy.jitter(false),
    }
}

/// Passes on what all three kinds of settings can say.
macro_rules! say {
    ($settings:expr, $target:expr) => {{
        let (settings, mut target) = ($settings, $target);
        if let Some(time) = settings.stale_time {
            target = target.stale_time(time.stale());
        }
        if let Some(time) = settings.gc_time {
            target = target.gc_time(time.gc());
        }
        if let Some(enabled) = settings.enabled {
            target = target.enabled(enabled);
        }
        if let Some(retry) = settings.retry {
            target = target.retry(policy(retry, settings.retry_delay));
        }
        if let Some(retries) = settings.retry_on_mount {
            target = target.retry_on_mount(retries);
        }
        if let Some(when) = settings.refetch_on_mount {
            target = target.refetch_on_mount(when.refetch());
        }
        if let Some(when) = settings.refetch_on_window_focus {
            target = target.refetch_on_focus(when.refetch());
        }
        if let Some(when) = settings.refetch_on_reconnect {
            target = target.refetch_on_reconnect(when.refetch());
        }
        if let Some(interval) = settings.refetch_interval {
            target = target.refetch_interval(interval.time());
        }
        if let Some(goes_on) = settings.refetch_interval_in_background {
            target = target.refetch_in_background(goes_on);
        }
        if let Some(network) = settings.network_mode {
            target = target.network(network.mode());
        }
        if let Some(keeps) = settings.structural_sharing {
            target = target.keep_equal_parts(keeps);
        }
        target
    }};
}

/// Passes on what a mutation and the defaults of mutations can say.
macro_rules! mutation {
    ($settings:expr, $target:expr) => {{
        let (settings, mut target) = ($settings, $target);
        if let Some(retry) = settings.retry {
            target = target.retry(policy(retry, settings.retry_delay));
        }
        if let Some(network) = settings.network_mode {
            target = target.network(network.mode());
        }
        if let Some(time) = settings.gc_time {
            target = target.gc_time(time.gc());
        }
        target
    }};
}

impl Settings {
    /// Returns these settings, and for those that were not said the others'.
    ///
    /// Only of what the crate says in one word and a scenario in several: retries and their delay.
    pub(crate) fn with_retry_of(mut self, lower: &Self) -> Self {
        self.retry = self.retry.or(lower.retry);
        self.retry_delay = self.retry_delay.or(lower.retry_delay);
        self
    }

    /// Returns the settings as defaults.
    ///
    /// # Errors
    ///
    /// Names a setting that defaults do not have.
    pub(crate) fn defaults(&self) -> Result<QueryDefaults, String> {
        for (name, is_said) in [
            ("initialData", self.initial_data.is_some()),
            ("placeholderData", self.placeholder_data.is_some()),
            ("select", self.select.is_some()),
        ] {
            if is_said {
                return Err(format!("{name} as a default is not supported"));
            }
        }
        Ok(say!(self, QueryDefaults::new()))
    }

    /// Puts the settings into a query's options.
    pub(crate) fn query(&self, options: QueryOptions<Json>, timeline: Timeline) -> QueryOptions<Json> {
        let mut options = say!(self, options);
        if let Some(initial) = &self.initial_data {
            options = options.initial_data(initial.clone());
        }
        options = match self.initial_data_updated_at {
            Maybe::Absent => options,
            Maybe::Null => options.initial_data_updated_at(None),
            Maybe::Value(at) => options.initial_data_updated_at(timeline.moment(at)),
        };
        if let Some(revalidates) = self.revalidate_if_stale {
            options = options.revalidate_if_stale(revalidates);
        }
        match &self.placeholder_data {
            None => options,
            Some(data) if data == "keepPrevious" => options.keep_previous(),
            Some(data) => options.placeholder(data.clone()),
        }
    }

    /// Puts the settings into an infinite query's options.
    pub(crate) fn infinite(
        &self,
        options: InfiniteOptions<PageJson, Json>,
        timeline: Timeline,
    ) -> Result<InfiniteOptions<PageJson, Json>, String> {
        let mut options = say!(self, options);
        if let Some(initial) = &self.initial_data {
            options = options.initial_data(pages(initial)?);
        }
        options = options.serializable();
        if let Some(most) = self.max_pages {
            options = options.max_pages(most);
        }
        if let Some(pages) = self.pages {
            options = options.first_pages(pages);
        }
        options = match self.initial_data_updated_at {
            Maybe::Absent => options,
            Maybe::Null => options.initial_data_updated_at(None),
            Maybe::Value(at) => options.initial_data_updated_at(timeline.moment(at)),
        };
        if let Some(revalidates) = self.revalidate_if_stale {
            options = options.revalidate_if_stale(revalidates);
        }
        Ok(match &self.placeholder_data {
            None => options,
            Some(data) if data == "keepPrevious" => options.keep_previous(),
            Some(data) => options.placeholder(pages(data)?),
        })
    }

    /// Puts the settings into a mutation's options.
    pub(crate) fn mutation(&self, options: MutationOptions<Variables, Json>) -> MutationOptions<Variables, Json> {
        let mut options = mutation!(self, options);
        if let Some(scope) = self.scope.clone() {
            options = options.scope(move |_| scope.clone());
        }
        options
    }

    /// Returns the settings as defaults of mutations.
    pub(crate) fn mutation_defaults(&self) -> MutationDefaults {
        let mut defaults = mutation!(self, MutationDefaults::new());
        if let Some(scope) = self.scope.clone() {
            defaults = defaults.scope(scope);
        }
        defaults
    }
}

/// Reads the data of an infinite query.
pub(crate) fn pages(json: &Json) -> Result<Pages, String> {
    let list = |name: &str| {
        let list = json.get(name).and_then(Json::as_array);
        list.cloned().ok_or_else(|| format!("{json} is no data of an infinite query"))
    };
    let mut pages: Vec<PageJson> = list("pages")?.into_iter().map(PageJson::from).collect();
    let mut members = json.as_object().cloned().unwrap_or_default();
    members.retain(|name, _| name != "pages" && name != "pageParams");
    let count = pages.len();
    if let Some(first) = pages.first_mut().filter(|_| !members.is_empty()) {
        first.beside = Some(Beside { pages: count, members });
    }
    Ok(InfiniteData { pages: pages.into_iter().map(Arc::new).collect(), page_params: list("pageParams")? })
}

/// Writes the data of an infinite query.
pub(crate) fn pages_json(data: &Pages) -> Json {
    let pages: Vec<&Json> = data.pages.iter().map(|page| &page.page).collect();
    let mut json = serde_json::json!({ "pages": pages, "pageParams": data.page_params });
    let beside = data.pages.first().and_then(|first| first.beside.as_ref());
    if let (Some(beside), Some(members)) = (beside.filter(|beside| beside.pages == pages.len()), json.as_object_mut()) {
        members.extend(beside.members.clone());
    }
    json
}
