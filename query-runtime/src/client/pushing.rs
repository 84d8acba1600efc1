//! How does a program hand in what a server tells without having been asked?

use std::sync::Arc;

use crate::{
    heart::{Confirmation, Pushed},
    key::KeySegment,
    level::{Level, Version},
    projection::{Op, Value},
    resource::{Entity, InsertAt, ListReach},
    shell::QueryClient,
};

/// Something that a server tells of one row without having been asked, as over a socket.
///
/// # Examples
///
/// ```
/// use query_runtime::{Change, Entity, Level, NoChange, Push, QueryClient, Version};
///
/// #[derive(Clone, Debug, PartialEq)]
/// struct Stock {
///     id: u32,
///     left: u32,
///     revision: u64,
/// }
///
/// impl Entity for Stock {
///     type Id = u32;
///     type Change = NoChange;
///     const ROOT: &'static [&'static str] = &["stock"];
///     const LEVEL: Level = Level::Versioned;
///
///     fn id(&self) -> &u32 {
///         &self.id
///     }
///
///     fn set_id(&mut self, id: u32) {
///         self.id = id;
///     }
///
///     fn version(&self) -> Option<Version> {
///         Some(self.revision.into())
///     }
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let client = QueryClient::builder().build();
/// client.receive(Push::upsert(Stock { id: 1, left: 3, revision: 8 })); // every cached list and detail shows it
/// client.receive(Push::<Stock>::delete(2).version(9_u64));
/// client.receive(Push::<Stock>::poke(3)); // something about it has changed
/// # });
/// ```
#[derive(Clone, Debug)]
#[must_use = "a push does nothing until the client receives it"]
pub struct Push<E: Entity> {
    what: What<E>,
    version: Option<Version>,
    key: Option<Arc<str>>,
}

#[derive(Clone, Debug)]
enum What<E: Entity> {
    Upsert(E),
    Delete(E::Id),
    Poke(E::Id),
}

impl<E: Entity> Push<E> {
    /// The row is now so, new or changed; how new that state is, the row says ([`Entity::version`]).
    pub fn upsert(row: E) -> Self {
        let version = if E::LEVEL >= Level::Versioned { row.version() } else { None };
        Self { what: What::Upsert(row), version, key: None }
    }

    /// The row is deleted. It needs a [`version`](Self::version), larger than all that the row had.
    pub fn delete(id: E::Id) -> Self {
        Self { what: What::Delete(id), version: None, key: None }
    }

    /// Something about the row has changed, or it was created or deleted: what shows it is marked stale, and fetched if anybody
    /// looks.
    pub fn poke(id: E::Id) -> Self {
        Self { what: What::Poke(id), version: None, key: None }
    }

    /// Says how new the state is. Without a version, and at a [`Level`] below [`Versioned`](Level::Versioned), a push is no more
    /// than a [`poke`](Self::poke).
    pub fn version(mut self, version: impl Into<Version>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// Says which mutation it comes from, by its `Idempotency-Key`: if that is one of this client's, it is proven, and shows
    /// through the server's row from now on, before its answer.
    pub fn key(mut self, idempotency_key: &str) -> Self {
        self.key = Some(idempotency_key.into());
        self
    }
}

impl QueryClient {
    /// Takes in what the server tells of a row without having been asked.
    ///
    /// A push becomes part of the server's data of every query that it concerns; what mutations show goes on showing above it.
    /// Where it cannot be decided (a list that only the server orders, say), the query is marked stale and, if anybody looks,
    /// fetched. A push that is not newer than what is there changes nothing, whatever the order in which pushes and answers
    /// come in. One that may contain a mutation which is on its way and must not show twice waits for it.
    pub fn receive<E: Entity>(&self, push: Push<E>) {
        let Push { what, version, key } = push;
        let (op, confirmation) = match what {
            What::Upsert(row) => {
                let id: Value = Arc::new(row.id().clone());
                let created = Some((KeySegment::of(row.id()), id));
                let value: Value = Arc::new(row.clone());
                let op = Op::create(row, ListReach::Matching, InsertAt::Sorted);
                (op, Confirmation { row: Some(value), created, ..Confirmation::default() })
            }
            What::Delete(id) => (Op::delete::<E>(id, ListReach::Matching, true), Confirmation::default()),
            What::Poke(id) => {
                let op = Op::delete::<E>(id, ListReach::Matching, true);
                self.core().run(move |heart, now| heart.poke(&op, now));
                return;
            }
        };
        let pushed = Pushed { op, confirmation, version, key };
        self.core().run(move |heart, now| heart.receive(pushed, now));
    }
}
