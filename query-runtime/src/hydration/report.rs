//! What became of a state that was taken in, and what was left out of one?

use std::fmt;

use crate::{event::MutationId, key::QueryKey};

/// What became of a state that was hydrated.
#[derive(Clone, Debug, Default)]
pub struct Hydrated {
    /// How many queries were taken.
    pub queries: usize,
    /// The mutations that were taken, in order; they wait until they are resumed.
    pub mutations: Vec<MutationId>,
    /// How many queries were not taken because what is here is as new, or newer.
    pub kept: usize,
    /// What was left out, and why.
    pub left_out: Vec<LeftOut>,
}

/// A record that was left out.
#[derive(Clone, Debug)]
pub struct LeftOut {
    /// The key of the query or mutation, where it is known.
    pub key: Option<QueryKey>,
    /// Why, for a program.
    pub reason: LeftOutReason,
    /// Why, for people.
    pub text: String,
}

/// Why a record was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LeftOutReason {
    /// It is not what the JSON form asks for.
    Malformed,
    /// The state was written by a version that this one does not know.
    Version,
    /// The key would not come back as it is: it has an infinity, a not-a-number, or a part that no JSON stands for.
    Key,
    /// Nobody has said that the data is [`serializable`](crate::QueryOptions::serializable), or the mutation
    /// [`restorable`](crate::MutationOptions::restorable).
    NotSerializable,
    /// The data could not be written or read as its type.
    Unreadable,
    /// The state is another [principal](crate::QueryClient::set_principal)'s than the one who uses the cache.
    Principal,
}

impl LeftOut {
    pub(crate) fn new(key: Option<QueryKey>, reason: LeftOutReason, text: impl fmt::Display) -> Self {
        Self { key, reason, text: text.to_string() }
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(key) = &self.key {
            write!(formatter, "{key}: ")?;
        }
        formatter.write_str(&self.text)
    }
}
