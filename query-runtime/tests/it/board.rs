//! Which rows, queries and mutations do the tests of mutations use: a board of cards, with comments.

use std::cmp::Ordering;

use query_runtime::{
    Change, Entity, FetchContext, InfiniteData, InfiniteObserver, InfiniteOptions, InsertAt, Key, KeyPrefix,
    ListFilter, ListReach, ListWindow, Membership, MutationContext, MutationOptions, Page, QueryError, QueryKey,
    QueryObserver, QueryOptions, Request, temp_id,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Card {
    pub(crate) id: i64,
    pub(crate) column: String,
    pub(crate) rank: i64,
    pub(crate) title: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) enum CardChange {
    Title(&'static str),
    Column(&'static str),
    Rank(i64),
    /// Not idempotent.
    Raise(i64),
}

impl Change<Card> for CardChange {
    fn apply(&self, row: &mut Card) {
        match self {
            Self::Title(title) => (*title).clone_into(&mut row.title),
            Self::Column(column) => (*column).clone_into(&mut row.column),
            Self::Rank(rank) => row.rank = *rank,
            Self::Raise(by) => row.rank += by,
        }
    }

    fn is_idempotent(&self) -> bool {
        !matches!(self, Self::Raise(_))
    }
}

impl Entity for Card {
    type Id = i64;
    type Change = CardChange;
    const ROOT: &'static [&'static str] = &["cards"];

    fn id(&self) -> &i64 {
        &self.id
    }

    fn set_id(&mut self, id: i64) {
        self.id = id;
    }
}

/// The cards of a column, or all, by rank.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct In(pub(crate) Option<&'static str>);

impl ListFilter<Card> for In {
    fn matches(&self, row: &Card) -> Membership {
        self.0.is_none_or(|column| row.column == column).into()
    }

    fn compare(&self, a: &Card, b: &Card) -> Option<Ordering> {
        Some(a.rank.cmp(&b.rank))
    }
}

/// A card as the server tells it; its title is its id's letter.
pub(crate) fn card(id: i64, column: &str, rank: i64) -> Value {
    json!({"id": id, "column": column, "rank": rank, "title": format!("card {id}")})
}

/// The cards of the column *todo*, by rank, under `GET /cards?column=todo`.
pub(crate) fn column(name: &'static str) -> QueryOptions<Page<Card>> {
    let key = Key::typed(QueryKey::new(["cards", "list", name]));
    QueryOptions::list(key, In(Some(name)), ListWindow::All, move |context| fetch_column(context, name)).stale_forever()
}

async fn fetch_column(context: FetchContext, name: &'static str) -> Result<Page<Card>, QueryError> {
    context.send(Request::get("/cards").query("column", name)).await?.page(&Card::ENVELOPE)
}

/// All cards, two a page, under `GET /cards?page=1`.
pub(crate) fn pages() -> InfiniteOptions<Page<Card>, u64> {
    let key: Key<InfiniteData<Page<Card>, u64>> = Key::typed(QueryKey::new(["cards", "infinite"]));
    InfiniteOptions::pages(key, In(None), 1, 2, |context: FetchContext, page| async move {
        context.send(Request::get("/cards").query("page", &page)).await?.page(&Card::ENVELOPE)
    })
    .stale_forever()
}

/// One card, under `GET /cards/1`.
pub(crate) fn detail(id: i64) -> QueryOptions<Card> {
    let key = QueryKey::under(Card::ROOT).word("detail").value(&id).key();
    QueryOptions::detail(key, id, move |context| fetch_card(context, id)).stale_forever()
}

async fn fetch_card(context: FetchContext, id: i64) -> Result<Card, QueryError> {
    context.send(Request::get("/cards/{id}").path("id", &id)).await?.json()
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Edit {
    pub(crate) id: i64,
    pub(crate) change: CardChange,
}

async fn send_edit(context: MutationContext, edit: Edit) -> Result<Card, QueryError> {
    context.send(Request::patch("/cards/{id}").path("id", &edit.id).json(&edit.change)).await?.json()
}

/// `PATCH /cards/1`, shown at once.
pub(crate) fn edit() -> MutationOptions<Edit, Card> {
    MutationOptions::new(&["card", "edit"], send_edit)
        .changes::<Card>(|edit| (edit.id, edit.change.clone()), ListReach::Matching, true)
        .serialized()
        .idempotent(true)
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct NewCard {
    pub(crate) column: &'static str,
    pub(crate) rank: i64,
}

async fn send_create(context: MutationContext, new: NewCard) -> Result<Card, QueryError> {
    context.send(Request::post("/cards").json(&new)).await?.json()
}

/// `POST /cards`, shown at once under a temporary id.
pub(crate) fn create() -> MutationOptions<NewCard, Card> {
    MutationOptions::new(&["card", "create"], send_create)
        .creates::<Card>(
            |new, id, _| Card { id, column: new.column.to_owned(), rank: new.rank, title: "new".to_owned() },
            temp_id::negative,
            ListReach::Matching,
            InsertAt::Sorted,
        )
        .serialized()
}

async fn send_delete(context: MutationContext, id: i64) -> Result<(), QueryError> {
    context.send(Request::delete("/cards/{id}").path("id", &id)).await?.empty()
}

/// `DELETE /cards/1`, shown at once.
pub(crate) fn delete() -> MutationOptions<i64, ()> {
    MutationOptions::new(&["card", "delete"], send_delete)
        .deletes::<Card>(|id| *id, ListReach::Matching, true)
        .serialized()
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct NewComment {
    pub(crate) card: i64,
    pub(crate) text: &'static str,
}

async fn send_comment(context: MutationContext, new: NewComment) -> Result<(), QueryError> {
    context.send(Request::post("/comments").json(&new)).await?.empty()
}

/// `POST /comments`, which names a card in its body.
pub(crate) fn comment() -> MutationOptions<NewComment, ()> {
    MutationOptions::new(&["comment", "create"], send_comment).serialized()
}

/// Everything about cards.
pub(crate) fn all_cards() -> Vec<KeyPrefix> {
    vec![QueryKey::new(["cards"]).into()]
}

/// The ids that a list shows.
pub(crate) fn ids(list: &QueryObserver<Page<Card>>) -> Vec<i64> {
    list.current().data.map(|page| page.items.iter().map(|card| card.id).collect()).unwrap_or_default()
}

/// The ids that an infinite list shows, page by page.
pub(crate) fn page_ids(list: &InfiniteObserver<Page<Card>, u64>) -> Vec<Vec<i64>> {
    let ids = |page: &std::sync::Arc<Page<Card>>| page.items.iter().map(|card| card.id).collect();
    list.current().data.as_ref().map(|data| data.pages.iter().map(ids).collect()).unwrap_or_default()
}
