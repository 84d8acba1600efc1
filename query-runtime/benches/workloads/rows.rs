//! Which rows, keys and clients do the workloads use?

use std::cmp::Ordering;

use query_runtime::{
    Change, Entity, Key, KeyBuilder, ListFilter, Membership, Page, QueryClient, QueryDefaults, QueryKey,
};
use serde::{Deserialize, Serialize};

/// A row as an API sends it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) role: String,
    pub(crate) last_active: u64,
}

impl User {
    pub(crate) fn new(number: usize) -> Self {
        Self {
            id: format!("u{number}"),
            name: format!("User {number}"),
            email: format!("user{number}@example.org"),
            role: if number.is_multiple_of(3) { "admin" } else { "member" }.to_owned(),
            last_active: 1_700_000_000 + number as u64,
        }
    }
}

/// What an optimistic mutation does to a user.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rename(pub(crate) String);

impl Change<User> for Rename {
    fn apply(&self, row: &mut User) {
        row.name.clone_from(&self.0);
    }

    // No list filters or sorts by the name.
    fn moves(&self) -> bool {
        false
    }
}

impl Entity for User {
    type Id = String;
    type Change = Rename;
    const ROOT: &'static [&'static str] = &["api", "users"];

    fn id(&self) -> &String {
        &self.id
    }

    fn set_id(&mut self, id: String) {
        self.id = id;
    }
}

/// The filter of a list of users, in the order in which they came.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Everyone;

impl ListFilter<User> for Everyone {
    fn matches(&self, _: &User) -> Membership {
        Membership::Yes
    }

    fn compare(&self, _: &User, _: &User) -> Option<Ordering> {
        None
    }
}

/// How many users are in one group.
pub(crate) const GROUP: usize = 100;

fn users() -> KeyBuilder {
    QueryKey::under(User::ROOT)
}

/// `["api", "users", group, number]`, made anew by each call, as programs do.
pub(crate) fn user_key(number: usize) -> Key<User> {
    users().value(&(number / GROUP)).value(&number).key()
}

/// `["api", "users", group]`.
pub(crate) fn group_key(group: usize) -> QueryKey {
    users().value(&group).build()
}

/// `["api", "users", "list", page]`.
pub(crate) fn list_key(page: usize) -> Key<Page<User>> {
    users().word("list").value(&page).key()
}

/// `["api", "users", "detail", id]`.
pub(crate) fn detail_key(id: &str) -> Key<User> {
    users().word("detail").value(id).key()
}

/// A client whose entries stay and stay fresh.
pub(crate) fn client() -> QueryClient {
    QueryClient::builder().defaults(QueryDefaults::new().stale_forever().gc_never()).build()
}

/// A client that holds so many users.
pub(crate) fn filled(n: usize) -> QueryClient {
    let client = client();
    for number in 0..n {
        client.set(&user_key(number), User::new(number));
    }
    client
}
