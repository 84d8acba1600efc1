//! How does the program under test describe its queries, look at them, and read what they show?

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use query_runtime::{
    Cursor, Envelope, FetchContext, GcTime, InfiniteData, InfiniteObserver, InfiniteOptions, Key, Moment, Page,
    QueryClient, QueryData, QueryError, QueryKey, QueryObserver, QueryOptions, QueryResult, Request, Response,
    RetryPolicy, Spawner as _, Subscription, testing::TestRuntime,
};
use serde_json::Value;

use super::{
    lists::{ListSpec, Piece},
    rows::{ENVELOPE, Fields, Record, RowId},
    scenario::{Given, Query},
};

/// What a query shows.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum View {
    Nothing,
    Row(Fields),
    Rows { rows: Vec<Fields>, total: Option<u64> },
    Pages { pages: Vec<Vec<Fields>>, total: Option<u64> },
}

impl View {
    /// Returns all rows, page after page.
    pub(super) fn rows(&self) -> Vec<&Fields> {
        match self {
            Self::Nothing => Vec::new(),
            Self::Row(row) => vec![row],
            Self::Rows { rows, .. } => rows.iter().collect(),
            Self::Pages { pages, .. } => pages.iter().flatten().collect(),
        }
    }
}

/// What can be seen of a query beside its data.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct State {
    pub(super) status: String,
    pub(super) fetching: bool,
    pub(super) paused: bool,
    pub(super) stale: bool,
    pub(super) gone: bool,
    pub(super) optimistic: bool,
    pub(super) error: Option<QueryError>,
    pub(super) updated_at: Option<Moment>,
}

/// What an observer was told.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// The views, as long as each differs from the one before.
    pub(super) views: Vec<View>,
    /// How often other data was told of.
    pub(super) times: u64,
    /// The addresses of the rows that were shown last, by id.
    pub(super) addresses: BTreeMap<RowId, usize>,
    last: usize,
}

/// What is done when a query is told of next.
pub(super) type Armed = Arc<Mutex<Vec<(String, Box<dyn FnOnce() + Send>)>>>;

pub(super) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A query of the program under test, whatever it holds.
pub(super) trait Entry {
    fn key(&self) -> QueryKey;
    fn observe(&mut self, client: &QueryClient, armed: &Armed);
    fn unobserve(&mut self);
    fn is_observed(&self) -> bool;
    fn fetch(&self, client: &QueryClient, runtime: &TestRuntime);
    fn refetch(&self, join: bool) -> bool;
    fn next_page(&self) -> bool;
    fn set(&self, client: &QueryClient, data: &Value) -> bool;
    fn view(&self, client: &QueryClient) -> View;
    fn state(&self, client: &QueryClient) -> State;
    fn told(&self) -> MutexGuard<'_, Told>;
}

/// How data is shown.
struct Look<T> {
    view: fn(&T) -> View,
    /// Returns where each row lies.
    addresses: fn(&T) -> BTreeMap<RowId, usize>,
}

impl<T> Clone for Look<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Look<T> {}

fn address<T>(row: &T) -> usize {
    std::ptr::from_ref(row).addr()
}

fn row_look<E: Record>() -> Look<E> {
    Look { view: |row| View::Row(row.fields().clone()), addresses: |row| [(row.id().clone(), address(row))].into() }
}

fn list_look<E: Record>() -> Look<Page<E>> {
    Look {
        view: |page| View::Rows {
            rows: page.items.iter().map(|row| row.fields().clone()).collect(),
            total: page.total,
        },
        addresses: |page| page.items.iter().map(|row| (row.id().clone(), address(row))).collect(),
    }
}

fn pages_look<E: Record, P>() -> Look<InfiniteData<Page<E>, P>> {
    Look {
        view: |data| {
            let pages = data.pages.iter().map(|page| page.items.iter().map(|row| row.fields().clone()).collect());
            View::Pages { pages: pages.collect(), total: data.pages.first().and_then(|page| page.total) }
        },
        addresses: |data| data.rows().map(|row| (row.id().clone(), address(row))).collect(),
    }
}

/// A query that is no infinite one.
struct Plain<T: QueryData> {
    name: String,
    options: QueryOptions<T>,
    observer: Option<(QueryObserver<T>, Subscription)>,
    told: Arc<Mutex<Told>>,
    look: Look<T>,
    read: fn(&Value) -> Option<T>,
}

/// An infinite query.
struct Infinite<E: Record, P: QueryData + Clone> {
    name: String,
    options: InfiniteOptions<Page<E>, P>,
    observer: Option<(InfiniteObserver<Page<E>, P>, Subscription)>,
    told: Arc<Mutex<Told>>,
}

/// Notes what an observer shows, and does what was armed.
fn tell<T>(name: &str, result: &QueryResult<T>, look: Look<T>, told: &Mutex<Told>, armed: &Armed) {
    let now = result.data.as_ref().map_or(0, |data| Arc::as_ptr(data).addr());
    let mut guard = lock(told);
    let is_new = guard.last != now;
    if is_new {
        guard.last = now;
        guard.times += 1;
        guard.addresses = result.data.as_deref().map(look.addresses).unwrap_or_default();
    }
    let view = result.data.as_deref().map_or(View::Nothing, look.view);
    if guard.views.last() != Some(&view) {
        guard.views.push(view);
    }
    drop(guard);
    if is_new {
        let mut waiting = lock(armed);
        let (due, rest) = std::mem::take(&mut *waiting).into_iter().partition(|(query, _)| query == name);
        *waiting = rest;
        drop(waiting);
        let due: Vec<(String, Box<dyn FnOnce() + Send>)> = due;
        for (_, act) in due {
            act();
        }
    }
}

fn state_of<T>(result: &QueryResult<T>) -> State {
    State {
        status: format!("{:?}", result.status).to_lowercase(),
        fetching: result.is_fetching(),
        paused: result.is_paused(),
        stale: result.is_stale,
        gone: result.is_gone,
        optimistic: result.is_optimistic,
        error: result.error.clone(),
        updated_at: result.data_updated_at,
    }
}

/// Returns what can be seen of a query that nobody looks at.
fn unobserved_state(client: &QueryClient, key: &QueryKey) -> State {
    client.state(key).map_or_else(State::default, |state| State {
        status: format!("{:?}", state.status).to_lowercase(),
        fetching: state.fetch_status == query_runtime::FetchStatus::Fetching,
        paused: state.fetch_status == query_runtime::FetchStatus::Paused,
        stale: state.is_stale || state.is_invalidated,
        gone: false,
        optimistic: state.is_optimistic,
        error: state.error,
        updated_at: state.data_updated_at,
    })
}

impl<T: QueryData> Entry for Plain<T> {
    fn key(&self) -> QueryKey {
        self.options.key().untyped().clone()
    }

    fn observe(&mut self, client: &QueryClient, armed: &Armed) {
        let observer = client.observe(self.options.clone());
        let (name, look, told, armed) = (self.name.clone(), self.look, self.told.clone(), armed.clone());
        tell(&name, &observer.current(), look, &told, &armed);
        let subscription = observer.subscribe(move |result| tell(&name, result, look, &told, &armed));
        self.observer = Some((observer, subscription));
    }

    fn unobserve(&mut self) {
        self.observer = None;
    }

    fn is_observed(&self) -> bool {
        self.observer.is_some()
    }

    fn fetch(&self, client: &QueryClient, runtime: &TestRuntime) {
        let (client, options) = (client.clone(), self.options.clone().stale_time(Duration::ZERO));
        let task = runtime.spawn(Box::pin(async move { drop(client.fetch(options).await) }));
        task.detach();
    }

    fn refetch(&self, join: bool) -> bool {
        let Some((observer, _)) = &self.observer else { return false };
        drop(if join { observer.join_refetch() } else { observer.refetch() });
        true
    }

    fn next_page(&self) -> bool {
        false
    }

    fn set(&self, client: &QueryClient, data: &Value) -> bool {
        (self.read)(data).is_some_and(|data| client.set(self.options.key(), data).is_some())
    }

    fn view(&self, client: &QueryClient) -> View {
        let data = match &self.observer {
            Some((observer, _)) => observer.current().data,
            None => client.get(self.options.key()),
        };
        data.as_deref().map_or(View::Nothing, self.look.view)
    }

    fn state(&self, client: &QueryClient) -> State {
        match &self.observer {
            Some((observer, _)) => state_of(&observer.current()),
            None => unobserved_state(client, &self.key()),
        }
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        lock(&self.told)
    }
}

impl<E: Record, P: QueryData + Clone> Entry for Infinite<E, P> {
    fn key(&self) -> QueryKey {
        self.options.key().untyped().clone()
    }

    fn observe(&mut self, client: &QueryClient, armed: &Armed) {
        let observer = client.observe_infinite(self.options.clone());
        let (name, look, told, armed) = (self.name.clone(), pages_look(), self.told.clone(), armed.clone());
        tell(&name, &observer.current(), look, &told, &armed);
        let subscription = observer.subscribe(move |result| tell(&name, result, look, &told, &armed));
        self.observer = Some((observer, subscription));
    }

    fn unobserve(&mut self) {
        self.observer = None;
    }

    fn is_observed(&self) -> bool {
        self.observer.is_some()
    }

    fn fetch(&self, client: &QueryClient, runtime: &TestRuntime) {
        let (client, options) = (client.clone(), self.options.clone().stale_time(Duration::ZERO));
        let task = runtime.spawn(Box::pin(async move { drop(client.fetch_infinite(options).await) }));
        task.detach();
    }

    fn refetch(&self, join: bool) -> bool {
        let Some((observer, _)) = &self.observer else { return false };
        drop(if join { observer.join_refetch() } else { observer.refetch() });
        true
    }

    fn next_page(&self) -> bool {
        self.observer.as_ref().map(|(observer, _)| drop(observer.fetch_next_page())).is_some()
    }

    fn set(&self, _client: &QueryClient, _data: &Value) -> bool {
        false
    }

    fn view(&self, client: &QueryClient) -> View {
        let data = match &self.observer {
            Some((observer, _)) => observer.current().data.clone(),
            None => client.get(self.options.key()),
        };
        data.as_deref().map_or(View::Nothing, pages_look().view)
    }

    fn state(&self, client: &QueryClient) -> State {
        match &self.observer {
            Some((observer, _)) => state_of(&observer.current()),
            None => unobserved_state(client, &self.key()),
        }
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        lock(&self.told)
    }
}

/// Returns the path with the parameters of a list.
fn request(query: &Query, spec: &ListSpec) -> Request {
    let path = if spec.query.is_empty() { query.path.clone() } else { format!("{}?{}", query.path, spec.query) };
    Request::url(&path).header("X-Name", &query.name)
}

/// Returns an answer's rows, wrapped or bare.
fn page<E: Record>(response: &Response, wrapped: bool) -> Result<Page<E>, QueryError> {
    response.page(if wrapped { &ENVELOPE } else { &Envelope::BARE })
}

fn key_of<T>(query: &Query, root: &'static [&'static str]) -> Key<T> {
    QueryKey::under(root).word("list").value(&query.name).key()
}

/// What all queries of a scenario have in common.
macro_rules! settled {
    ($options:expr, $given:expr) => {{
        let options = $options.stale_forever().retry(retry($given));
        match $given.gc_ms {
            Some(time) => options.gc_time(GcTime::For(Duration::from_millis(time))),
            None => options,
        }
    }};
}

fn retry(given: &Given) -> RetryPolicy {
    RetryPolicy::default().jitter(false).max(given.retries)
}

/// Returns the key of a row's detail.
pub(super) fn detail_key<E: Record>(id: &RowId) -> Key<E> {
    QueryKey::under(E::ROOT).word("detail").value(id).key()
}

/// Describes the detail of a row.
pub(super) fn detail<E: Record>(query: &Query, id: RowId, given: &Given) -> Box<dyn Entry> {
    let (name, path) = (query.name.clone(), query.path.clone());
    let row = id.clone();
    let options = QueryOptions::detail(detail_key::<E>(&id), id, move |context: FetchContext| {
        let request = Request::get(format!("{path}/{{id}}")).path("id", &row).header("X-Name", &name);
        async move { context.send(E::asked(request)).await?.json() }
    });
    Box::new(Plain {
        name: query.name.clone(),
        options: settled!(options, given),
        observer: None,
        told: Arc::default(),
        look: row_look::<E>(),
        read: |data| data.as_object().map(|fields| E::of(fields.clone())),
    })
}

/// Describes a list.
pub(super) fn list<E: Record>(query: &Query, spec: &ListSpec, given: &Given) -> Box<dyn Entry> {
    let (asked, wrapped) = (E::asked(request(query, spec)), spec.is_wrapped());
    let name = query.name.clone();
    match spec.piece {
        Piece::All | Piece::Page { .. } => {
            let asked = match spec.piece {
                Piece::Page { index, .. } => asked.query("page", &(index + 1)),
                _ => asked,
            };
            let fetch = move |context: FetchContext| {
                let asked = asked.clone();
                async move { page(&context.send(asked).await?, wrapped) }
            };
            let options = QueryOptions::list(key_of(query, E::ROOT), spec.clone(), spec.window(), fetch);
            Box::new(Plain {
                name,
                options: settled!(options, given),
                observer: None,
                told: Arc::default(),
                look: list_look::<E>(),
                read: |data| {
                    let rows = data.as_array()?.iter().map(|row| row.as_object().map(|row| E::of(row.clone())));
                    rows.collect::<Option<Page<E>>>()
                },
            })
        }
        Piece::Numbered { size, pages } => {
            let fetch = move |context: FetchContext, number: u64| {
                let asked = asked.clone().query("page", &number);
                async move { page(&context.send(asked).await?, wrapped) }
            };
            let key = key_of::<InfiniteData<Page<E>, u64>>(query, E::ROOT);
            let options = InfiniteOptions::pages(key, spec.clone(), 1, size as u64, fetch).first_pages(pages);
            Box::new(Infinite { name, options: settled!(options, given), observer: None, told: Arc::default() })
        }
        Piece::Cursors { size, pages } => {
            let fetch = move |context: FetchContext, cursor: Option<Cursor>| {
                let asked = asked.clone().query("cursor", &cursor);
                async move { page(&context.send(asked).await?, wrapped) }
            };
            let key = key_of::<InfiniteData<Page<E>, Option<Cursor>>>(query, E::ROOT);
            let options = InfiniteOptions::cursors(key, spec.clone(), size as u64, fetch).first_pages(pages);
            Box::new(Infinite { name, options: settled!(options, given), observer: None, told: Arc::default() })
        }
    }
}
