//! What does a client post, and what does it make of what others post?

use std::{
    fmt,
    sync::{Arc, Weak},
};

use crate::{
    broadcast::{Broadcast, BroadcastMessage, message::News},
    clock::Moment,
    error::QueryError,
    event::{CacheAction, CacheEvent},
    heart::{CarriedData, Hydration, Principal},
    hydration::WallClock,
    key::QueryKey,
    options::raw_kind,
    shell::{Core, QueryClient, Settings},
    signal::{Subscription, lock},
    sync::Mutex,
};

/// Keeps a client connected with others; see [`QueryClient::broadcast`]. Dropping it ends that.
#[must_use = "dropping it ends the connection"]
pub struct BroadcastLink {
    shared: Arc<Shared>,
    _posts: Subscription,
    _receives: Subscription,
}

struct Shared {
    core: Weak<Core>,
    channel: Arc<dyn Broadcast>,
    failure: Mutex<Option<QueryError>>,
}

impl fmt::Debug for BroadcastLink {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("BroadcastLink").field("failure", &self.failure()).finish_non_exhaustive()
    }
}

impl QueryClient {
    /// Tells other clients what a fetch has brought, and what the program sets, invalidates and removes; takes in what they
    /// tell, where it is newer.
    ///
    /// A query that another client invalidates is fetched here, too, if it is looked at. Queries that are collected because
    /// nobody looks at them stay with the others. What cannot be posted is told by
    /// [`CacheEvent::PostFailed`].
    ///
    /// # Examples
    ///
    /// ```
    /// use query_runtime::{Key, LocalChannel, QueryClient, QueryKey};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// let channel = LocalChannel::new();
    /// let (one, other) = (QueryClient::builder().build(), QueryClient::builder().build());
    /// let (_one, _other) = (one.broadcast(channel.end()), other.broadcast(channel.end()));
    /// let key: Key<u32> = Key::typed(QueryKey::new(["answer"]));
    /// one.set(&key, 42);
    /// assert_eq!(other.get(&key).as_deref(), Some(&42));
    /// # });
    /// ```
    pub fn broadcast(&self, channel: impl Broadcast) -> BroadcastLink {
        let shared = Arc::new(Shared {
            core: Arc::downgrade(self.core()),
            channel: Arc::new(channel),
            failure: Mutex::default(),
        });
        let poster = shared.clone();
        let posts = self.subscribe(move |event| poster.note(event));
        // The channel belongs to the link: it must not keep the link in turn.
        let weak = Arc::downgrade(&shared);
        let receives = shared.channel.receive(Arc::new(move |message| {
            if let Some(shared) = weak.upgrade() {
                shared.take(message);
            }
        }));
        BroadcastLink { shared, _posts: posts, _receives: receives }
    }
}

impl BroadcastLink {
    /// Returns why the last message could not be posted, if it could not.
    pub fn failure(&self) -> Option<QueryError> {
        lock(&self.shared.failure).clone()
    }
}

impl Shared {
    /// Something happened in the cache of this client.
    fn note(&self, event: &CacheEvent) {
        let CacheEvent::Updated(key, action) = event else { return };
        let Some(core) = self.core.upgrade() else { return };
        let mut principal = core.principal();
        let news = match action {
            CacheAction::Success | CacheAction::Set | CacheAction::Hydrate => {
                let own = key.clone();
                let carried = core.run(move |heart, _| Some((heart.carried(heart.find(&own)?)?, heart.principal())));
                match carried.flatten().filter(|one| !matches!(one.0.data, CarriedData::None)) {
                    Some((carried, whose)) => {
                        principal = whose;
                        News::Updated(carried)
                    }
                    None => return,
                }
            }
            CacheAction::Invalidate => News::Invalidated(key.clone()),
            CacheAction::Remove => News::Removed(key.clone()),
            _ => return,
        };
        let posted = self.channel.post(&BroadcastMessage::new(news, &core.env, principal));
        let failed = posted.is_err();
        *lock(&self.failure) = posted.err();
        if failed {
            let own = key.clone();
            core.run(move |heart, _| heart.post_failed(own));
        }
    }

    /// Another client has posted something.
    fn take(&self, message: BroadcastMessage) {
        let Some(core) = self.core.upgrade() else { return };
        let (theirs, whose) = (message.clock(), message.principal.clone());
        match message.news {
            News::Updated(mut carried) => {
                let ours = WallClock::of(&core.env);
                let moved = |at: Option<Moment>| at.and_then(|at| ours.moment_of(theirs, at));
                carried.record.data_updated_at = moved(carried.record.data_updated_at);
                carried.record.error_updated_at = moved(carried.record.error_updated_at);
                // Its failures and its invalidation are its own.
                carried.record.failure_count = 0;
                carried.record.failure_reason = None;
                let settings = core.shared.settings(&carried.key, Settings::default());
                let raw = raw_kind(matches!(carried.data, CarriedData::Json(_, true)));
                let key = carried.key.clone();
                let owner = core.clone();
                core.run(move |heart, now| {
                    if heart.principal() != whose {
                        return heart.left_to_another();
                    }
                    let taken = owner.hydrate(heart, carried, &raw, &settings, CacheAction::Remote, now);
                    if let Hydration::Unreadable(_) = taken {
                        heart.unreadable(key);
                    }
                });
            }
            News::Invalidated(key) => remote(&core, key, whose, true),
            News::Removed(key) => remote(&core, key, whose, false),
        }
    }
}

/// Does to a query what another client has done to it.
fn remote(core: &Arc<Core>, key: QueryKey, whose: Principal, invalidates: bool) {
    core.run(move |heart, now| {
        if heart.principal() != whose {
            return heart.left_to_another();
        }
        let Some(entry) = heart.find(&key) else { return };
        if invalidates {
            heart.invalidate_remotely(entry, now);
        } else {
            heart.remove_remotely(entry, now);
        }
    });
}
