//! What does the program under test declare: its rows, lists, queries and mutations?

use std::cell::Cell;
use std::cmp::Ordering;

use query_runtime::{
    Change, Entity, Envelope, FetchContext, InfiniteData, InfiniteOptions, InsertAt, Key, KeyPrefix, ListFilter,
    ListReach, ListWindow, Membership, MutationContext, MutationOptions, Page, QueryError, QueryKey, QueryOptions,
    Request,
};
use serde::{Deserialize, Serialize};

/// A row: `a` decides membership of the filtered list, `b` its place, `n` is counted up.
///
/// `ver` is the number of the commit that changed the row last: the checker's eye, which no operation touches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Item {
    pub(crate) id: i64,
    pub(crate) a: i64,
    pub(crate) b: i64,
    pub(crate) n: i64,
    pub(crate) ver: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ItemChange {
    A(i64),
    B(i64),
    Increment,
}

impl Change<Item> for ItemChange {
    fn apply(&self, row: &mut Item) {
        match self {
            Self::A(a) => row.a = *a,
            Self::B(b) => row.b = *b,
            Self::Increment => row.n += 1,
        }
    }

    fn is_idempotent(&self) -> bool {
        *self != Self::Increment
    }
}

impl Entity for Item {
    type Id = i64;
    type Change = ItemChange;
    const ROOT: &'static [&'static str] = &["items"];
    const ENVELOPE: Envelope = Envelope {
        items: Some("items"),
        total: Some("total"),
        has_more: Some("more"),
        page: Some("at"),
        ..Envelope::BARE
    };

    fn id(&self) -> &i64 {
        &self.id
    }

    fn set_id(&mut self, id: i64) {
        self.id = id;
    }
}

/// Which list is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum List {
    /// Rows with `a == 1`, sorted by `b`.
    Ones,
    /// All rows, in the server's order.
    All,
    /// All rows sorted by `b`, in numbered pages.
    Paged,
}

/// Rows on a page of [`List::Paged`].
pub(crate) const PAGE: u64 = 3;

impl List {
    pub(crate) fn holds(self, row: &Item) -> bool {
        self != Self::Ones || row.a == 1
    }

    /// Returns the order, `None` if only the server knows it.
    pub(crate) fn order(self, one: &Item, two: &Item) -> Option<Ordering> {
        (self != Self::All).then(|| one.b.cmp(&two.b))
    }

    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Ones => "/lists/ones",
            Self::All => "/lists/all",
            Self::Paged => "/lists/paged",
        }
    }
}

impl ListFilter<Item> for List {
    fn matches(&self, row: &Item) -> Membership {
        self.holds(row).into()
    }

    fn compare(&self, one: &Item, two: &Item) -> Option<Ordering> {
        self.order(one, two)
    }
}

pub(crate) fn detail_key(id: i64) -> Key<Item> {
    QueryKey::under(Item::ROOT).word("detail").value(&id).key()
}

pub(crate) fn list_key(list: List) -> Key<Page<Item>> {
    QueryKey::under(Item::ROOT).word("list").value(&list.path()).key()
}

pub(crate) fn paged_key() -> Key<InfiniteData<Page<Item>, u64>> {
    QueryKey::under(Item::ROOT).word("list").value(&List::Paged.path()).key()
}

pub(crate) fn all_items() -> KeyPrefix {
    KeyPrefix::from(QueryKey::new(["items"]))
}

async fn fetch_detail(context: FetchContext, id: i64) -> Result<Item, QueryError> {
    context.send(Request::get("/items/{id}").path("id", &id)).await?.json()
}

async fn fetch_list(context: FetchContext, list: List) -> Result<Page<Item>, QueryError> {
    context.send(Request::get(list.path())).await?.page(&Item::ENVELOPE)
}

async fn fetch_page(context: FetchContext, page: u64) -> Result<Page<Item>, QueryError> {
    context.send(Request::get(List::Paged.path()).query("page", &page)).await?.page(&Item::ENVELOPE)
}

pub(crate) fn detail(id: i64) -> QueryOptions<Item> {
    QueryOptions::detail(detail_key(id), id, move |context| fetch_detail(context, id))
}

pub(crate) fn list(list: List) -> QueryOptions<Page<Item>> {
    QueryOptions::list(list_key(list), list, ListWindow::All, move |context| fetch_list(context, list))
}

pub(crate) fn paged() -> InfiniteOptions<Page<Item>, u64> {
    InfiniteOptions::pages(paged_key(), List::Paged, 0, PAGE, fetch_page)
}

/// What the user of the program does to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// Makes one; the server names it.
    Create {
        a: i64,
        b: i64,
    },
    /// Makes one under an id of its own.
    CreateAs {
        a: i64,
        b: i64,
    },
    A(i64),
    B(i64),
    Increment,
    Delete,
}

impl Act {
    /// Returns whether doing it to a row that has it already does no harm.
    pub(crate) fn is_idempotent(self) -> bool {
        !matches!(self, Self::Create { .. } | Self::Increment)
    }
}

/// The variables of all mutations: the operation with this number, on this row.
#[derive(Clone, Debug)]
pub(crate) struct Deed {
    pub(crate) number: u64,
    pub(crate) id: i64,
    pub(crate) act: Act,
}

thread_local! {
    /// The temporary id that the next create takes: the negative number of the operation.
    pub(crate) static TEMPORARY: Cell<i64> = const { Cell::new(0) };
}

fn temporary() -> i64 {
    TEMPORARY.get()
}

fn row_of(deed: &Deed, id: i64) -> Item {
    let (Act::Create { a, b } | Act::CreateAs { a, b }) = deed.act else { panic!("{deed:?} creates nothing") };
    Item { id, a, b, n: 0, ver: 0 }
}

fn change_of(deed: &Deed) -> (i64, ItemChange) {
    let change = match deed.act {
        Act::A(a) => ItemChange::A(a),
        Act::B(b) => ItemChange::B(b),
        _ => ItemChange::Increment,
    };
    (deed.id, change)
}

async fn send_row(context: MutationContext, deed: Deed) -> Result<Item, QueryError> {
    let request = match deed.act {
        Act::Create { a, b } => Request::post("/items").member("a", &a).member("b", &b),
        Act::CreateAs { a, b } => Request::put("/items/{id}").path("id", &deed.id).member("a", &a).member("b", &b),
        Act::A(a) => Request::patch("/items/{id}").path("id", &deed.id).member("a", &a),
        Act::B(b) => Request::patch("/items/{id}").path("id", &deed.id).member("b", &b),
        Act::Increment => Request::post("/items/{id}/increment").path("id", &deed.id),
        Act::Delete => Request::delete("/items/{id}").path("id", &deed.id),
    };
    context.send(request.header("X-Number", &deed.number)).await?.json()
}

async fn send_delete(context: MutationContext, deed: Deed) -> Result<(), QueryError> {
    let request = Request::delete("/items/{id}").path("id", &deed.id);
    context.send(request.header("X-Number", &deed.number)).await?.empty()
}

/// Describes the mutation that answers with a row.
pub(crate) fn writes_row(act: Act) -> MutationOptions<Deed, Item> {
    let options = MutationOptions::new(&["items", "write"], send_row);
    match act {
        Act::Create { .. } => {
            options.creates::<Item>(|deed, id, _| row_of(deed, id), temporary, ListReach::Matching, InsertAt::End)
        }
        Act::CreateAs { .. } => {
            options.creates_with_id::<Item>(|deed, _| row_of(deed, deed.id), ListReach::Matching, InsertAt::End)
        }
        _ => options.changes::<Item>(change_of, ListReach::Matching, true),
    }
}

/// Describes the mutation that answers with nothing.
pub(crate) fn deletes_row() -> MutationOptions<Deed, ()> {
    MutationOptions::new(&["items", "delete"], send_delete).deletes::<Item>(|deed| deed.id, ListReach::Matching, true)
}
