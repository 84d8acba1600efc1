//! What does the program under test declare: its entity at each level, its queries and its mutations?

use std::cell::Cell;
use std::cmp::Ordering;

use query_runtime::{
    BoxFuture, Change, Cursor, Entity, Envelope, FetchContext, InfiniteData, InfiniteOptions, InsertAt, Key, KeyPrefix,
    Level, ListFilter, ListReach, ListWindow, Membership, Method, MutationContext, MutationOptions, MutationScope,
    Page, QueryClient, QueryError, QueryKey, QueryOptions, Request, Response, Transport as _, Version,
};
use serde::{Deserialize, Serialize};

use super::rows::{Act, Deed, List, PAGE, Row};
use super::watch::{Drawn, Subject, Watch};
use super::wire::Wire;

/// The header in which the server says how far it has seen.
pub(crate) const WATERMARK: &str = "X-Watermark";

/// A row of a server with the promises of the level with this number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Item<const L: u8>(pub(crate) Row);

/// The levels by number.
pub(crate) const LEVELS: [Level; 4] = [Level::Plain, Level::Keyed, Level::Versioned, Level::Watermarked];

impl<const L: u8> Change<Item<L>> for Act {
    fn apply(&self, row: &mut Item<L>) {
        self.change(&mut row.0);
    }

    fn is_idempotent(&self) -> bool {
        (*self).is_idempotent()
    }

    fn settled(&self, row: &Item<L>) -> Self {
        match self {
            Self::A(_) => Self::A(row.0.a),
            Self::B(_) => Self::B(row.0.b),
            other => *other,
        }
    }

    fn moves(&self) -> bool {
        matches!(self, Self::A(_) | Self::B(_))
    }
}

impl<const L: u8> Entity for Item<L> {
    type Id = i64;
    type Change = Act;
    const ROOT: &'static [&'static str] = &["items"];
    const ENVELOPE: Envelope = Envelope {
        items: Some("items"),
        total: Some("total"),
        has_more: Some("more"),
        page: Some("at"),
        next: Some("next"),
        ..Envelope::BARE
    };
    const LEVEL: Level = LEVELS[L as usize];

    fn id(&self) -> &i64 {
        &self.0.id
    }

    fn set_id(&mut self, id: i64) {
        self.0.id = id;
    }

    fn version(&self) -> Option<Version> {
        // What nobody but the client has made has none.
        (Self::LEVEL >= Level::Versioned && self.0.ver > 0).then(|| Version(i128::from(self.0.ver)))
    }
}

impl<const L: u8> ListFilter<Item<L>> for List {
    fn matches(&self, row: &Item<L>) -> Membership {
        self.holds(&row.0).into()
    }

    fn compare(&self, one: &Item<L>, two: &Item<L>) -> Option<Ordering> {
        self.order(&one.0, &two.0)
    }
}

pub(crate) fn all_items() -> KeyPrefix {
    KeyPrefix::from(QueryKey::new(["items"]))
}

pub(crate) fn lists() -> KeyPrefix {
    KeyPrefix::from(QueryKey::new(["items", "list"]))
}

/// Returns the key of what is looked at.
pub(crate) fn key_of(subject: Subject) -> QueryKey {
    let key = QueryKey::under(&["items"]);
    match subject {
        Subject::Detail(id) => key.word("detail").value(&id).key::<()>().into_untyped(),
        Subject::List(list) => key.word("list").value(&list.path()).key::<()>().into_untyped(),
    }
}

fn typed<T>(subject: Subject) -> Key<T> {
    Key::typed(key_of(subject))
}

/// How a mutation is sent.
#[derive(Clone, Debug)]
pub(crate) struct Manner {
    pub(crate) retry: query_runtime::RetryPolicy,
    /// Whether the server may be asked again where it may have done it already.
    pub(crate) repeats: bool,
    pub(crate) invalidates: bool,
    pub(crate) scope: Option<MutationScope>,
}

/// How a mutation ended, and whether the server may have carried it out although it failed.
pub(crate) type Ending = (Result<(), QueryError>, bool);

/// What the world asks of a program, whatever its level.
pub(crate) trait Program: Send + Sync {
    /// Observes.
    fn watch(&self, client: &QueryClient, subject: Subject, drawn: &Drawn) -> Watch;

    /// Begins a mutation and returns how it ends; `settled` is called by its last callback, if it is to have one.
    fn mutate(
        &self,
        client: &QueryClient,
        deed: Deed,
        manner: Manner,
        settled: Option<Box<dyn Fn() + Send + Sync>>,
    ) -> BoxFuture<'static, Ending>;

    /// Sets the data of a row by hand.
    fn set(&self, client: &QueryClient, row: Row);
}

/// The program at one level.
pub(crate) struct Leveled<const L: u8> {
    pub(crate) wire: Wire,
}

/// Returns the program of a level.
pub(crate) fn program(level: Level, wire: Wire) -> Box<dyn Program> {
    match level {
        Level::Plain => Box::new(Leveled::<0> { wire }),
        Level::Keyed => Box::new(Leveled::<1> { wire }),
        Level::Versioned => Box::new(Leveled::<2> { wire }),
        Level::Watermarked => Box::new(Leveled::<3> { wire }),
    }
}

/// Sends without taking the signal that a fetch is given up: such an attempt runs to its end whatever happens.
async fn send_unheeding(wire: Wire, request: Request) -> Result<Response, QueryError> {
    let raw = wire.send(request.prepare()?).await?;
    request.read(raw, query_runtime::DateTime::UNIX_EPOCH)
}

async fn read(context: &FetchContext, wire: Option<Wire>, request: Request) -> Result<Response, QueryError> {
    let response = match wire {
        Some(wire) => send_unheeding(wire, request).await?,
        None => context.send(request).await?,
    };
    if let Some(mark) = mark_of(&response) {
        context.watermark(mark);
    }
    Ok(response)
}

fn mark_of(response: &Response) -> Option<u64> {
    response.header(WATERMARK)?.parse().ok()
}

async fn write(context: &MutationContext, deed: &Deed, repeats: bool) -> Result<Response, QueryError> {
    let response = context.send(request_of(deed, repeats)).await?;
    if let Some(mark) = mark_of(&response) {
        context.watermark(mark);
    }
    Ok(response)
}

impl<const L: u8> Leveled<L> {
    fn detail(&self, id: i64, drawn: &Drawn) -> QueryOptions<Item<L>> {
        let wire = self.wire_for(drawn);
        let options = QueryOptions::detail(typed(Subject::Detail(id)), id, move |context: FetchContext| {
            let wire = wire.clone();
            async move { read(&context, wire, Request::get("/items/{id}").path("id", &id)).await?.json() }
        });
        if drawn.from_list { options.from_list() } else { options }
    }

    fn list(&self, list: List, drawn: &Drawn) -> QueryOptions<Page<Item<L>>> {
        let wire = self.wire_for(drawn);
        QueryOptions::list(typed(Subject::List(list)), list, ListWindow::All, move |context: FetchContext| {
            let wire = wire.clone();
            async move { read(&context, wire, Request::get(list.path())).await?.page(&Item::<L>::ENVELOPE) }
        })
    }

    fn wire_for(&self, drawn: &Drawn) -> Option<Wire> {
        drawn.unheeding.then(|| self.wire.clone())
    }

    fn pages() -> InfiniteOptions<Page<Item<L>>, u64> {
        let list = List::Paged;
        InfiniteOptions::pages(typed(Subject::List(list)), list, 0, PAGE, move |context, page: u64| async move {
            let request = Request::get(list.path()).query("page", &page);
            read(&context, None, request).await?.page(&Item::<L>::ENVELOPE)
        })
    }

    fn cursors() -> InfiniteOptions<Page<Item<L>>, Option<Cursor>> {
        let list = List::Cursored;
        let key: Key<InfiniteData<Page<Item<L>>, Option<Cursor>>> = typed(Subject::List(list));
        InfiniteOptions::cursors(key, list, PAGE, move |context, cursor: Option<Cursor>| async move {
            let request = Request::get(list.path()).query("after", &cursor);
            read(&context, None, request).await?.page(&Item::<L>::ENVELOPE)
        })
    }
}

thread_local! {
    /// The temporary id that the next create takes: the negative number of the operation.
    static TEMPORARY: Cell<i64> = const { Cell::new(0) };
}

fn temporary() -> i64 {
    TEMPORARY.get()
}

fn row_of<const L: u8>(deed: &Deed, id: i64) -> Item<L> {
    Item(deed.act.row(id).unwrap_or_else(|| panic!("{deed:?} creates nothing")))
}

fn request_of(deed: &Deed, repeats: bool) -> Request {
    let of_row = |method, template| Request::new(method, template).path("id", &deed.id);
    let request = match deed.act {
        Act::Create { a, b, parent } => {
            let request = Request::post("/items").member("a", &a).member("b", &b);
            if parent == 0 { request } else { request.member("parent", &parent) }
        }
        Act::CreateAs { a, b } => of_row(Method::Put, "/items/{id}").member("a", &a).member("b", &b),
        Act::A(a) => of_row(Method::Patch, "/items/{id}").member("a", &a),
        Act::B(b) => of_row(Method::Patch, "/items/{id}").member("b", &b),
        Act::Increment => of_row(Method::Post, "/items/{id}/increment"),
        Act::Push(mark) => of_row(Method::Post, "/items/{id}/push").member("mark", &mark),
        Act::Pull(mark) => of_row(Method::Post, "/items/{id}/pull").member("mark", &mark),
        Act::Delete => of_row(Method::Delete, "/items/{id}"),
    };
    request.header("X-Number", &deed.number).idempotent(repeats)
}

async fn send_row<const L: u8>(context: MutationContext, deed: Deed, repeats: bool) -> Result<Item<L>, QueryError> {
    write(&context, &deed, repeats).await?.json()
}

async fn send_delete(context: MutationContext, deed: Deed, repeats: bool) -> Result<(), QueryError> {
    write(&context, &deed, repeats).await?.empty()
}

/// Describes the mutation that answers with a row.
fn writes_row<const L: u8>(act: Act, repeats: bool) -> MutationOptions<Deed, Item<L>> {
    let send = move |context, deed| send_row(context, deed, repeats);
    let options = MutationOptions::new(&["items", "write"], send).serialized();
    let (reach, insert) = (ListReach::Matching, InsertAt::End);
    match act {
        Act::Create { .. } => options.creates::<Item<L>>(|deed, id, _| row_of(deed, id), temporary, reach, insert),
        Act::CreateAs { .. } => options.creates_with_id::<Item<L>>(|deed, _| row_of(deed, deed.id), reach, insert),
        _ => options.changes::<Item<L>>(|deed| (deed.id, deed.act), reach, true),
    }
}

/// Describes the mutation that answers with nothing.
fn deletes_row<const L: u8>(repeats: bool) -> MutationOptions<Deed, ()> {
    let send = move |context, deed| send_delete(context, deed, repeats);
    MutationOptions::new(&["items", "delete"], send).deletes::<Item<L>>(|deed| deed.id, ListReach::Matching, true)
}

fn start<T: Send + Sync + 'static>(
    client: &QueryClient,
    options: MutationOptions<Deed, T>,
    deed: Deed,
    manner: Manner,
    settled: Option<Box<dyn Fn() + Send + Sync>>,
) -> BoxFuture<'static, Ending> {
    let mut options = options.retry(manner.retry).idempotent(manner.repeats);
    if manner.invalidates {
        options = options.invalidates(|_, _| vec![all_items()]);
    }
    if let Some(scope) = manner.scope {
        options = options.scope(move |_| scope.clone());
    }
    if let Some(settled) = settled {
        options = options.on_settled(move |_| {
            settled();
            async { Ok(()) }
        });
    }
    let observer = client.mutation(options);
    let mut handle = observer.mutate(deed);
    Box::pin(async move {
        let result = (&mut handle).await.map(drop);
        (result, handle.is_uncertain())
    })
}

impl<const L: u8> Program for Leveled<L> {
    fn watch(&self, client: &QueryClient, subject: Subject, drawn: &Drawn) -> Watch {
        match subject {
            Subject::Detail(id) => Watch::row(client.observe(drawn.over(self.detail(id, drawn))), subject),
            Subject::List(List::Paged) => {
                Watch::infinite(client.observe_infinite(drawn.over_pages(Self::pages())), subject)
            }
            Subject::List(List::Cursored) => {
                Watch::infinite(client.observe_infinite(drawn.over_pages(Self::cursors())), subject)
            }
            Subject::List(list) => Watch::list(client.observe(drawn.over(self.list(list, drawn))), subject),
        }
    }

    fn mutate(
        &self,
        client: &QueryClient,
        deed: Deed,
        manner: Manner,
        settled: Option<Box<dyn Fn() + Send + Sync>>,
    ) -> BoxFuture<'static, Ending> {
        TEMPORARY.set(deed.id);
        if deed.act == Act::Delete {
            start(client, deletes_row::<L>(manner.repeats), deed, manner, settled)
        } else {
            start(client, writes_row::<L>(deed.act, manner.repeats), deed, manner, settled)
        }
    }

    fn set(&self, client: &QueryClient, row: Row) {
        client.set(&typed(Subject::Detail(row.id)), Item::<L>(row));
    }
}
