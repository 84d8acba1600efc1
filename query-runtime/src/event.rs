//! What do subscribers of the cache hear of?

use crate::key::QueryKey;

/// Something that happened in the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CacheEvent {
    /// A query was made.
    Added(QueryKey),
    /// A query left.
    Removed(QueryKey),
    /// A query is about to leave because the cache holds more than it may; see
    /// [`max_entries`](crate::QueryClientBuilder::max_entries).
    Evicted(QueryKey),
    /// A query changed, and how.
    Updated(QueryKey, CacheAction),
    /// A query has one more observer.
    ObserverAdded(QueryKey),
    /// A query has one observer less.
    ObserverRemoved(QueryKey),
    /// The result of a query or a mutation was left out: nobody waited for it any more, or the query may know better by now.
    /// If it was another principal's, the key is the one that all others lie under.
    Dropped(QueryKey),
    /// Code of the program panicked while the cache compared or changed a query's data, or asked what a query or a mutation
    /// goes with: a comparison counts as "different", a change is not shown, and there are no tags or targets.
    Panicked(QueryKey),
    /// It could not be decided where a row belongs: the query is fetched again when the mutation is over.
    Undecided(QueryKey),
    /// Data that came from elsewhere could not be read as the type of its options, and was dropped.
    Unreadable(QueryKey),
    /// Something about this query could not be told to other clients; see [`BroadcastLink`](crate::BroadcastLink).
    PostFailed(QueryKey),
    /// A mutation with this key came, changed or left.
    Mutation(MutationId, QueryKey, MutationChange),
    /// Somebody else uses the cache now; see [`set_principal`](crate::QueryClient::set_principal). The key is the one that all
    /// others lie under: what was there is gone without an event of its own.
    PrincipalChanged(QueryKey),
}

/// Names one call of a mutation: those asked for later are larger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MutationId(pub(crate) u64);

/// What happened to a mutation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MutationChange {
    /// It was asked for.
    Added,
    /// Its state changed.
    Updated,
    /// It has ended with an error though the server may have carried it out: what it showed stays until a fetch shows the truth.
    Uncertain,
    /// Nobody knows whether the server has carried it out, and it waits until the program
    /// [decides](crate::QueryClient::decide_mutation).
    NeedsDecision,
    /// It left the cache.
    Removed,
}

/// How a query changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CacheAction {
    /// A fetch began.
    Fetch,
    /// Data arrived from a fetch.
    Success,
    /// Data was set by hand.
    Set,
    /// Data came from a dehydrated state.
    Hydrate,
    /// Another client that this one is connected with brought data, or invalidated or removed the query.
    Remote,
    /// A fetch failed for good.
    Error,
    /// An attempt failed; another follows.
    Failed,
    /// Nothing is cached, and the fetch takes longer than an observer expects.
    Slow,
    /// The fetch waits for the connection or for focus.
    Pause,
    /// It goes on.
    Continue,
    /// The data was marked stale.
    Invalidate,
    /// A fetch was given up.
    Cancel,
    /// The query went back to its beginning.
    Reset,
    /// The program removed the query.
    Remove,
    /// A result was refused because it may lack what a mutation did; it is fetched again.
    Refuse,
    /// A result waits until a mutation is over.
    Park,
    /// What a mutation shows came, went or was confirmed.
    Layers,
    /// The server told of a row without being asked; see [`QueryClient::receive`](crate::QueryClient::receive).
    Push,
}

impl CacheEvent {
    /// Returns the key of the query or the mutation.
    pub fn key(&self) -> &QueryKey {
        match self {
            Self::Added(key)
            | Self::Removed(key)
            | Self::Updated(key, _)
            | Self::ObserverAdded(key)
            | Self::ObserverRemoved(key)
            | Self::Evicted(key)
            | Self::Dropped(key)
            | Self::Panicked(key)
            | Self::Undecided(key)
            | Self::Unreadable(key)
            | Self::PostFailed(key)
            | Self::Mutation(_, key, _)
            | Self::PrincipalChanged(key) => key,
        }
    }
}
