//! How does a program look at one value that is made of what the cache shows, and hear when that value changes?

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures_core::Stream;

use crate::{
    marker::{MaybeSend, MaybeSync},
    observer::{deliver, stream::Following},
    options::QueryData,
    signal::{Signal, Subscription, lock},
    sync::Mutex,
};

/// Something that is shown, changes, and is over at some time.
pub(crate) trait Shows: MaybeSend + MaybeSync + 'static {
    /// What is shown.
    type Shown: Clone + Send + Sync + 'static;

    /// Returns what is raised after each change; raising it too often does no harm.
    fn signal(&self) -> &Arc<Signal>;

    /// Returns whether nothing will change any more.
    fn is_over(&self) -> bool;

    /// Returns what is shown now.
    fn shown(&self) -> Self::Shown;

    /// Returns what was shown when the signal was raised last, or what has come since.
    fn heard(&self) -> Self::Shown {
        self.shown()
    }

    /// Returns whether both show the same, so that nobody needs to hear of the change from one to the other.
    fn is_same(&self, one: &Self::Shown, two: &Self::Shown) -> bool;
}

/// A value that is made of what the cache shows: it can be read, awaited, streamed and subscribed to, and whoever does hears
/// only of changes of this value. While it stays equal it is the same [`Arc`].
///
/// # Examples
///
/// ```
/// use query_runtime::{QueryObserver, QueryResult};
///
/// fn show_the_spinner(users: &QueryObserver<Vec<String>>) {
///     let loading = users.watch(QueryResult::is_loading);
///     loading.subscribe(|loading| println!("spinner: {loading}")).forever();
/// }
/// # let _ = show_the_spinner;
/// ```
pub struct Watch<P> {
    source: Arc<dyn Shows<Shown = Arc<P>>>,
    /// The value when `current` or `changed` was called last.
    seen: Mutex<Option<Arc<P>>>,
}

impl<P: fmt::Debug + QueryData> fmt::Debug for Watch<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Watch").field("current", &self.source.shown()).finish_non_exhaustive()
    }
}

impl<P: QueryData> Watch<P> {
    pub(crate) fn new(source: Arc<dyn Shows<Shown = Arc<P>>>) -> Self {
        Self { source, seen: Mutex::default() }
    }

    /// Returns the value as it is now.
    pub fn current(&self) -> Arc<P> {
        let value = self.source.shown();
        let old = lock(&self.seen).replace(value.clone());
        drop(old);
        value
    }

    /// Waits until the value is another than `current` or this returned last, and returns it; `None` where it will not
    /// change any more, since what it is made of has ended.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when the future is dropped: the next one returns the change.
    pub async fn changed(&self) -> Option<Arc<P>> {
        loop {
            let version = self.source.signal().version();
            if self.source.is_over() {
                return None;
            }
            let value = self.source.shown();
            let seen = lock(&self.seen).clone();
            if seen.is_none_or(|seen| !self.source.is_same(&seen, &value)) {
                let old = lock(&self.seen).replace(value.clone());
                drop(old);
                return Some(value);
            }
            self.source.signal().changed(version).await;
        }
    }

    /// Returns a stream of the value: first as it is now, then each change. It ends with what the value is made of.
    pub fn stream(&self) -> WatchStream<P> {
        WatchStream { following: Following::new(self.source.clone()) }
    }

    /// Calls a function with the value after each change, until the subscription is dropped.
    ///
    /// It is called outside of every lock, never twice at once, and may do anything.
    pub fn subscribe(&self, callback: impl Fn(&P) + MaybeSend + MaybeSync + 'static) -> Subscription {
        deliver::subscribe(&self.source, move |value| callback(value))
    }
}

/// The values of a [`Watch`]: first what it is now, then each change.
pub struct WatchStream<P: QueryData> {
    following: Following<dyn Shows<Shown = Arc<P>>>,
}

impl<P: QueryData> fmt::Debug for WatchStream<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("WatchStream").finish_non_exhaustive()
    }
}

impl<P: QueryData> Stream for WatchStream<P> {
    type Item = Arc<P>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Arc<P>>> {
        self.get_mut().following.poll_next(context)
    }
}

/// A value that is made of what something shows.
pub(crate) struct Part<S: Shows + ?Sized, F, P> {
    whole: Arc<S>,
    make: F,
    /// What the value was made of last, and the value.
    last: Mutex<Option<(S::Shown, Arc<P>)>>,
}

impl<S: Shows + ?Sized, F, P> Part<S, F, P> {
    pub(crate) fn new(whole: Arc<S>, make: F) -> Arc<Self> {
        Arc::new(Self { whole, make, last: Mutex::new(None) })
    }
}

impl<S, F, P> Shows for Part<S, F, P>
where
    S: Watchable + ?Sized,
    F: Fn(&S::Shown) -> P + MaybeSend + MaybeSync + 'static,
    P: QueryData,
{
    type Shown = Arc<P>;

    fn signal(&self) -> &Arc<Signal> {
        self.whole.signal()
    }

    fn is_over(&self) -> bool {
        self.whole.is_over()
    }

    fn shown(&self) -> Arc<P> {
        self.made_of(self.whole.shown())
    }

    fn heard(&self) -> Arc<P> {
        self.made_of(self.whole.heard())
    }

    fn is_same(&self, one: &Arc<P>, two: &Arc<P>) -> bool {
        Arc::ptr_eq(one, two) || one == two
    }
}

impl<S, F, P> Part<S, F, P>
where
    S: Watchable + ?Sized,
    F: Fn(&S::Shown) -> P + MaybeSend + MaybeSync + 'static,
    P: QueryData,
{
    /// Returns the value, given what it is made of.
    fn made_of(&self, whole: S::Shown) -> Arc<P> {
        // The program's code runs without the lock.
        let last = lock(&self.last).clone();
        if let Some((known, value)) = &last
            && self.whole.is_identical(known, &whole)
        {
            return value.clone();
        }
        let new = (self.make)(&whole);
        let value = match last {
            Some((_, value)) if *value == new => value,
            _ => Arc::new(new),
        };
        let old = lock(&self.last).replace((whole, value.clone()));
        drop(old);
        value
    }
}

/// Something that parts can be made of.
pub(crate) trait Watchable: Shows {
    /// Returns whether both are the same in everything that a part can be made of.
    fn is_identical(&self, one: &Self::Shown, two: &Self::Shown) -> bool;
}
