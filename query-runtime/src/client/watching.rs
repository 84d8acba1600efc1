//! How does a program follow one value that is made of the whole cache?

use std::sync::{Arc, Weak};

use crate::{
    marker::{MaybeSend, MaybeSync},
    observer::{Shows, Watch},
    options::QueryData,
    shell::{Core, QueryClient},
    signal::{Signal, lock},
    sync::Mutex,
};

/// A value that is made of the cache. It does not keep the client.
struct OfCache<F, P> {
    core: Weak<Core>,
    signal: Arc<Signal>,
    make: F,
    /// How many changes of the cache there were when the value was made, and the value.
    last: Mutex<(u64, Arc<P>)>,
}

impl<F, P> Shows for OfCache<F, P>
where
    F: Fn(&QueryClient) -> P + MaybeSend + MaybeSync + 'static,
    P: QueryData,
{
    type Shown = Arc<P>;

    fn signal(&self) -> &Arc<Signal> {
        &self.signal
    }

    fn is_over(&self) -> bool {
        self.core.strong_count() == 0
    }

    fn shown(&self) -> Arc<P> {
        let version = self.signal.version();
        let (known, last) = lock(&self.last).clone();
        if known == version {
            return last;
        }
        let Some(core) = self.core.upgrade() else { return last };
        let new = (self.make)(&QueryClient::from_core(core));
        let value = if *last == new { last } else { Arc::new(new) };
        let mut stored = lock(&self.last);
        if version < stored.0 {
            return stored.1.clone();
        }
        let old = std::mem::replace(&mut *stored, (version, value.clone()));
        drop(stored);
        drop(old);
        value
    }

    fn is_same(&self, one: &Arc<P>, two: &Arc<P>) -> bool {
        Arc::ptr_eq(one, two) || one == two
    }
}

impl QueryClient {
    /// Returns one value that is made of the cache: whoever looks at that hears only of changes of the value.
    ///
    /// The function runs after each change of the cache while somebody looks, so it should be quick. It sees what it reads in
    /// one call, such as [`get_both`](Self::get_both), from one and the same moment. Nothing is observed by this: what the
    /// cache lacks is not fetched, and what nobody observes leaves.
    ///
    /// # Examples
    ///
    /// ```
    /// use query_runtime::{QueryClient, QueryFilter};
    ///
    /// fn show_the_progress_bar(client: &QueryClient) {
    ///     let fetching = client.watch(|client| client.is_fetching(QueryFilter::all()));
    ///     fetching.subscribe(|count| println!("{count} under way")).forever();
    /// }
    /// # let _ = show_the_progress_bar;
    /// ```
    pub fn watch<P: QueryData>(&self, make: impl Fn(&Self) -> P + MaybeSend + MaybeSync + 'static) -> Watch<P> {
        let signal = self.core().changes.clone();
        let version = signal.version();
        let first = Arc::new(make(self));
        Watch::new(Arc::new(OfCache {
            core: Arc::downgrade(self.core()),
            signal,
            make,
            last: Mutex::new((version, first)),
        }))
    }
}
