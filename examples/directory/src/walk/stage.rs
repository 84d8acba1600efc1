//! What does a chapter of the walk play on, and how does it wait?

use std::{error::Error, fmt::Debug};

use query_runtime::{
    DateTime, Entity, HttpTransport, InfiniteData, InfiniteObserver, InfiniteResult, Page, QueryApi, QueryClient,
    QueryData, QueryDefaults, QueryObserver, QueryResult, RetryPolicy,
};

use crate::{
    api::{Directory, Role, UserFilter, UserListParams, UserSort},
    server::{Ending, Server},
    timeline::Timeline,
};

/// How a chapter ends: what went wrong that was not a value on the screen.
pub(crate) type Chapter = Result<(), Box<dyn Error + Send + Sync>>;

/// A server of its own, a client with an empty cache, and the timeline that all chapters share.
pub(crate) struct Stage<'a> {
    pub(crate) server: Server,
    pub(crate) client: QueryClient,
    timeline: &'a mut Timeline,
    told: usize,
    /// Requests that had no answer when they were told.
    open: Vec<usize>,
}

impl<'a> Stage<'a> {
    /// Starts a server and a client for a chapter.
    pub(crate) async fn open(timeline: &'a mut Timeline, chapter: &str) -> Result<Self, Box<dyn Error + Send + Sync>> {
        timeline.chapter(chapter);
        let server = Server::start().await?;
        let transport = HttpTransport::builder(&server.base_url()).header("X-Client", Directory::NAME).build()?;
        let client = QueryClient::builder()
            .transport(transport)
            .defaults(QueryDefaults::new().retry(RetryPolicy::never()))
            .seed(1)
            .build();
        Ok(Self { server, client, timeline, told: 0, open: Vec::new() })
    }

    /// Begins a step: what somebody does.
    pub(crate) fn step(&mut self, what: &str) {
        self.tell_wire();
        self.timeline.step(what);
    }

    /// Checks what the screen shows.
    pub(crate) fn check<T: Debug + PartialEq<U>, U: Debug>(&mut self, what: &str, found: T, expected: U) {
        self.timeline.check(what, found, expected);
    }

    /// Checks how often the server was asked.
    pub(crate) fn check_asked(&mut self, named: &str, expected: usize) {
        let found = self.server.count(named);
        self.timeline.check(&format!("requests `{named}` so far"), found, expected);
    }

    /// Ends the chapter.
    pub(crate) fn close(mut self) {
        self.tell_wire();
    }

    /// Tells what went over the wire since this was done last.
    fn tell_wire(&mut self) {
        let exchanges = self.server.since(0);
        let (open, told) = (std::mem::take(&mut self.open), self.told);
        self.told = exchanges.len();
        for place in open.into_iter().chain(told..exchanges.len()) {
            let exchange = &exchanges[place];
            let is_open = exchange.ending == Ending::Open;
            if is_open {
                self.open.push(place);
            }
            if place >= told || !is_open {
                self.timeline.wire(exchange.to_string());
            }
        }
    }
}

/// Waits until an observer shows what is wanted.
pub(crate) async fn shows<T: QueryData, R: QueryData>(
    observer: &QueryObserver<T, R>,
    wanted: impl Fn(&QueryResult<R>) -> bool,
) -> QueryResult<R> {
    let mut result = observer.current();
    while !wanted(&result) {
        result = observer.changed().await;
    }
    result
}

/// Waits until an observer of an infinite list shows what is wanted.
pub(crate) async fn scrolls<T: QueryData, P: QueryData + Clone>(
    observer: &InfiniteObserver<T, P>,
    wanted: impl Fn(&InfiniteResult<InfiniteData<T, P>>) -> bool,
) -> InfiniteResult<InfiniteData<T, P>> {
    let mut result = observer.current();
    while !wanted(&result) {
        result = observer.changed().await;
    }
    result
}

/// Waits until nothing is fetched and nothing is sent.
pub(crate) async fn quiet<T: QueryData, R: QueryData>(observers: &[&QueryObserver<T, R>]) {
    for observer in observers {
        shows(observer, |result| !result.is_fetching() && !result.is_optimistic).await;
    }
}

/// A row that a screen shows in a line.
pub(crate) trait Shown: Entity {
    fn title(&self) -> &str;
}

impl Shown for crate::api::User {
    fn title(&self) -> &str {
        &self.name
    }
}

impl Shown for crate::api::Post {
    fn title(&self) -> &str {
        &self.title
    }
}

impl Shown for crate::api::Comment {
    fn title(&self) -> &str {
        &self.text
    }
}

impl Shown for crate::notes::Note {
    fn title(&self) -> &str {
        &self.text
    }
}

/// Returns what a screen shows of a page: the rows, and the total where the server says one.
pub(crate) fn list<E: Shown>(result: &QueryResult<Page<E>>) -> String {
    match &result.data {
        None => "nothing yet".to_owned(),
        Some(page) => lines(page.items.iter(), page.total),
    }
}

/// Returns what a screen shows of an infinite list: the rows of all its pages.
pub(crate) fn roll<E: Shown, P: QueryData>(data: Option<&InfiniteData<Page<E>, P>>) -> String {
    match data {
        None => "nothing yet".to_owned(),
        Some(data) => lines(data.rows(), data.pages.last().and_then(|page| page.total)),
    }
}

fn lines<'r, E: Shown>(rows: impl Iterator<Item = &'r E>, total: Option<u64>) -> String {
    let rows: Vec<&str> = rows.map(Shown::title).collect();
    let total = total.map_or(String::new(), |total| format!(" (of {total})"));
    format!("{}{total}", rows.join(", "))
}

/// Returns the parameters of the first page of all users, by name.
pub(crate) fn first_page(limit: u64) -> UserListParams {
    UserListParams { limit, ..UserListParams::default() }
}

/// Returns the parameters of the first page of the users with a role, by name.
pub(crate) fn with_role(role: Role, limit: u64) -> UserListParams {
    UserListParams { role: Some(role), limit, ..UserListParams::default() }
}

/// Returns the parameters of the first page of the users that a text finds, by name.
pub(crate) fn found_by(text: &str, limit: u64) -> UserListParams {
    UserListParams { search: Some(text.to_owned()), limit, ..UserListParams::default() }
}

/// Returns the filter of all users, newest first.
pub(crate) fn newest_first(limit: u64) -> UserFilter {
    UserFilter {
        sort_by: UserSort::Created,
        sort_order: query_runtime::SortOrder::Desc,
        limit,
        ..UserFilter::default()
    }
}

/// Returns a day of the server's time, in which all was created; the first is 0.
pub(crate) fn day(number: i64) -> DateTime {
    DateTime::from_second(1_577_836_800 + number * 86_400).unwrap_or_default()
}
