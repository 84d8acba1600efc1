//! Does every rule of the projections hold?
//!
//! A list is written as its ids, then `of` its total, `+` if it says that there is more, and what the projection says: `stale`, `untouched`.

mod absorb;
mod change;
mod create;
mod delete;
mod detail;
mod infinite;
mod limits;
mod oracle;

use std::cmp::Ordering;
use std::fmt::Write as _;
use std::sync::Arc;

use super::{ListProjector, Op, Projected, Projector, RowId, Value, project_safely};
use crate::page::{InfiniteData, Page};
use crate::resource::{Change, Entity, InsertAt, ListFilter, ListReach, ListWindow, Membership};

/// What tests ask of a projector beside what the heart asks.
trait Asked: Projector {
    fn row_with(&self, base: &Value, id: u32) -> Option<Value> {
        self.row(base, &RowId::new::<Item>(&id))
    }

    fn holds(&self, base: &Value, id: u32) -> bool {
        self.row_with(base, id).is_some()
    }

    fn project(&self, shown: Option<&Value>, op: &Op) -> Projected {
        self.project_beside(shown, op, None)
    }
}

impl<P: Projector + ?Sized> Asked for P {}

/// A row: it is in the list of its group, ordered by its rank.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Item {
    id: u32,
    group: u8,
    rank: i64,
    name: &'static str,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum ItemChange {
    Rank(i64),
    Group(u8),
    Name(&'static str),
    /// Not idempotent.
    Raise(i64),
    Panic,
}

impl Entity for Item {
    type Id = u32;
    type Change = ItemChange;
    const ROOT: &'static [&'static str] = &["items"];

    fn id(&self) -> &u32 {
        &self.id
    }

    fn set_id(&mut self, id: u32) {
        self.id = id;
    }
}

impl Change<Item> for ItemChange {
    fn apply(&self, row: &mut Item) {
        match self {
            Self::Rank(rank) => row.rank = *rank,
            Self::Group(group) => row.group = *group,
            Self::Name(name) => row.name = name,
            Self::Raise(by) => row.rank += by,
            Self::Panic => panic!("a change of the user's panics"),
        }
    }

    fn is_idempotent(&self) -> bool {
        !matches!(self, Self::Raise(_))
    }

    fn settled(&self, row: &Item) -> Self {
        match self {
            Self::Name(_) => Self::Name(row.name),
            change => change.clone(),
        }
    }
}

/// Which rows a list holds: those of a group, perhaps also filtered by the server, perhaps in the server's order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Filter {
    group: Option<u8>,
    opaque: bool,
    server_order: bool,
    shaped: bool,
}

impl ListFilter<Item> for Filter {
    fn matches(&self, row: &Item) -> Membership {
        Membership::all([crate::filter::eq(self.group.as_ref(), Some(&row.group)), crate::filter::unknown(self.opaque)])
    }

    fn compare(&self, a: &Item, b: &Item) -> Option<Ordering> {
        (!self.server_order).then(|| a.rank.cmp(&b.rank))
    }

    fn is_shaped(&self) -> bool {
        self.shaped
    }
}

const FIRST_OF_3: ListWindow = ListWindow::Page { index: 0, size: 3 };
const SECOND_OF_3: ListWindow = ListWindow::Page { index: 1, size: 3 };

/// A row whose rank is ten times its id.
fn item(id: u32) -> Item {
    Item { id, group: 1, rank: i64::from(id) * 10, name: "" }
}

fn page(ids: &[u32], total: impl Into<Option<u64>>) -> Page<Item> {
    let items = ids.iter().map(|id| item(*id)).collect();
    Page { items, total: total.into(), ..Page::default() }
}

fn list(filter: Filter, window: ListWindow) -> ListProjector<Item, Filter> {
    ListProjector::new(filter, window)
}

fn sorted(window: ListWindow) -> ListProjector<Item, Filter> {
    list(Filter { group: Some(1), ..Filter::default() }, window)
}

fn server_order(window: ListWindow) -> ListProjector<Item, Filter> {
    list(Filter { group: Some(1), server_order: true, ..Filter::default() }, window)
}

fn create(row: Item) -> Op {
    Op::create_temporary(row, ListReach::Matching, InsertAt::Sorted)
}

fn insert(row: Item, insert: InsertAt) -> Op {
    Op::create(row, ListReach::Matching, insert)
}

fn change(id: u32, change: ItemChange) -> Op {
    Op::change::<Item>(id, change, ListReach::Matching, true)
}

fn delete(id: u32) -> Op {
    Op::delete::<Item>(id, ListReach::Matching, true)
}

fn write_page(text: &mut String, page: &Page<Item>) {
    let ids: Vec<String> = page.items.iter().map(|row| row.id.to_string()).collect();
    text.push_str(&ids.join(" "));
    if let Some(total) = page.total {
        let _ = write!(text, " of {total}");
    }
    if page.has_more == Some(true) {
        text.push_str(" +");
    }
}

fn text(value: Option<&Value>) -> String {
    let Some(value) = value else { return "nothing".to_owned() };
    let mut text = String::new();
    if let Some(page) = value.downcast_ref::<Page<Item>>() {
        write_page(&mut text, page);
    } else if let Some(row) = value.downcast_ref::<Item>() {
        let _ = write!(text, "{}: group {}, rank {}", row.id, row.group, row.rank);
    } else {
        let pages = value
            .downcast_ref::<InfiniteData<Page<Item>, u64>>()
            .map(|data| &data.pages)
            .or_else(|| {
                let data = value.downcast_ref::<InfiniteData<Page<Item>, Option<crate::Cursor>>>();
                data.map(|data| &data.pages)
            })
            .expect("a value of a test is a row or a list");
        for (index, page) in pages.iter().enumerate() {
            text.push_str(if index == 0 { "" } else { " | " });
            write_page(&mut text, page);
        }
    }
    text
}

fn said(projected: &Projected) -> String {
    let mut said = text(projected.value.as_ref());
    for (is, word) in [(projected.stale, " stale"), (!projected.touched, " untouched"), (projected.failed, " failed")] {
        said.push_str(if is { word } else { "" });
    }
    said
}

/// Projects operations one after the other and compares what the list shows and says in the end.
#[track_caller]
fn check<T: Send + Sync + 'static>(
    projector: &dyn Projector,
    base: T,
    ops: impl IntoIterator<Item = Op>,
    expect: &str,
) {
    let mut projected = Projected::untouched(Some(&(Arc::new(base) as Value)));
    for op in ops {
        projected = project_safely(projector, projected.value.as_ref(), &op, None);
    }
    assert_eq!(said(&projected), expect);
}

/// Like [`check`], with one operation on a row that another entry knows.
#[track_caller]
fn check_beside(projector: &dyn Projector, base: Page<Item>, op: &Op, elsewhere: Item, expect: &str) {
    let (base, elsewhere): (Value, Value) = (Arc::new(base), Arc::new(elsewhere));
    let projected = project_safely(projector, Some(&base), op, Some(&elsewhere));
    assert_eq!(said(&projected), expect);
}
