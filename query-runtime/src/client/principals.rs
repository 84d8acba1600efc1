//! Who uses the cache?

use std::sync::Arc;

use crate::shell::QueryClient;

impl QueryClient {
    /// Lets somebody else use the cache from now on, in one step; with who uses it already, nothing happens.
    ///
    /// The name is any text that tells one user from another, such as an account's id; it is written into
    /// [dehydrated](Self::dehydrate) states and names of stored ones. `None`, as in the beginning, is nobody in particular.
    ///
    /// Observers stay attached and see nothing but what the new principal fetches, which begins at once. Of the one until now:
    ///
    /// * server data goes, and fetches end as cancelled: when it comes back, it fetches anew;
    /// * mutations that are on their way end for those who await them, without callbacks and without a change of the cache;
    /// * all others are neither shown nor sent, nor listed, until it comes back;
    /// * what comes late, or is read back from storage or from another client, is left out:
    ///   [`CacheEvent::Dropped`](crate::CacheEvent::Dropped) tells that there was something, not what.
    ///
    /// Tokens are not the cache's: end the [`Session`](crate::Session) of the one, call this, then begin that of the other.
    ///
    /// # Examples
    ///
    /// ```
    /// use query_runtime::{Key, QueryClient, QueryKey};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// let client = QueryClient::builder().principal("ada").build();
    /// let key: Key<u32> = Key::typed(QueryKey::new(["balance"]));
    /// client.set(&key, 42);
    /// client.set_principal(Some("bob"));
    /// assert_eq!(client.get(&key), None);
    /// # });
    /// ```
    pub fn set_principal(&self, principal: Option<&str>) {
        let principal: Option<Arc<str>> = principal.map(Arc::from);
        self.core().run(move |heart, now| heart.set_principal(principal, now));
    }

    /// Returns who uses the cache.
    pub fn principal(&self) -> Option<Arc<str>> {
        self.core().principal()
    }
}
