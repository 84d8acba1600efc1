//! How does a program look at a number of queries that changes, and at one value made of all of them?

use std::{
    collections::HashMap,
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures_core::Stream;

use crate::{
    clock::Moment,
    heart::Direction,
    key::QueryKey,
    marker::{MaybeSend, MaybeSync},
    observer::{
        deliver,
        result::QueryResult,
        seen::{Known, Seen},
        select::Select,
        stream::Following,
        target::{Attached, Target},
        watch::{Part, Shows, Watch, Watchable},
    },
    options::{QueryData, QueryOptions},
    shell::{
        Settled,
        core::{Core, News, Wake},
    },
    signal::{Signal, Subscription, lock},
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

/// Looks at many queries at once, in an order; all results are from the same moment. Dropping it ends it.
///
/// # Examples
///
/// ```
/// use query_runtime::{QueryClient, QueryOptions};
///
/// async fn show_the_total(client: &QueryClient, carts: Vec<QueryOptions<Vec<u64>>>) {
///     let carts = client.observe_all(carts);
///     let total = carts.combine(|carts| carts.iter().filter_map(|cart| cart.data.as_deref()).flatten().sum::<u64>());
///     while let Some(total) = total.changed().await {
///         println!("{total}");
///     }
/// }
/// # let _ = show_the_total;
/// ```
pub struct QueriesObserver<T: QueryData> {
    many: Arc<Many<T>>,
    /// Ends the observers of the queries when it is dropped; in no order.
    attached: Mutex<Vec<Attached<T>>>,
}

impl<T: QueryData> fmt::Debug for QueriesObserver<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("QueriesObserver").field("queries", &self.many.targets().0.len()).finish_non_exhaustive()
    }
}

impl<T: QueryData> QueriesObserver<T> {
    pub(crate) fn new(core: Arc<Core>, queries: Vec<QueryOptions<T>>) -> Self {
        let many = Arc::new(Many {
            core,
            select: Select::whole(),
            signal: Arc::default(),
            over: AtomicBool::new(false),
            setting: Setting::default(),
            targets: Mutex::default(),
            state: Mutex::new(State {
                stamp: (0, 0, Moment::ZERO),
                known: Vec::new(),
                shown: Arc::default(),
                seen: None,
            }),
        });
        let observer = Self { many, attached: Mutex::default() };
        observer.set_queries(queries);
        observer
    }

    /// Returns what the queries show now, in their order.
    pub fn current(&self) -> Arc<Vec<QueryResult<T>>> {
        let shown = self.many.shown();
        let old = lock(&self.many.state).seen.replace(shown.clone());
        drop(old);
        shown
    }

    /// Waits until they show something else than what `current` or this returned last, and returns that.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when the future is dropped: the next one returns the change.
    pub async fn changed(&self) -> Arc<Vec<QueryResult<T>>> {
        loop {
            let version = self.many.signal.version();
            let shown = self.many.shown();
            let seen = lock(&self.many.state).seen.clone();
            if seen.is_none_or(|seen| !self.many.is_same(&seen, &shown)) {
                let old = lock(&self.many.state).seen.replace(shown.clone());
                drop(old);
                return shown;
            }
            self.many.signal.changed(version).await;
        }
    }

    /// Returns a stream of what they show: first what they show now, then each change. It ends with the observer.
    pub fn stream(&self) -> QueriesStream<T> {
        QueriesStream { following: Following::new(self.many.clone()) }
    }

    /// Calls a function with what they show after each change, once for all that changed together, until the subscription is
    /// dropped.
    ///
    /// It is called outside of every lock, never twice at once, and may do anything, also drop this observer.
    pub fn subscribe(&self, callback: impl Fn(&[QueryResult<T>]) + MaybeSend + MaybeSync + 'static) -> Subscription {
        deliver::subscribe(&self.many, move |shown: &Arc<Vec<QueryResult<T>>>| callback(shown))
    }

    /// Returns one value that is made of all results: whoever looks at that hears only of changes of the value.
    ///
    /// The function runs only when a result has changed, and while its outcome stays equal, it is the same [`Arc`].
    pub fn combine<P: QueryData>(
        &self,
        combine: impl Fn(&[QueryResult<T>]) -> P + MaybeSend + MaybeSync + 'static,
    ) -> Watch<P> {
        Watch::new(Part::new(self.many.clone(), move |shown: &Arc<Vec<QueryResult<T>>>| combine(shown)))
    }

    /// Looks at these queries from now on.
    ///
    /// Who is among them and was before goes on: another order fetches nothing. Of several with the same key, the first goes
    /// on as the first, the second as the second. If this is called while it runs, the last call counts.
    pub fn set_queries(&self, queries: Vec<QueryOptions<T>>) {
        if let Some(first) = self.many.setting.begin(queries) {
            let busy = Busy(&self.many.setting);
            let mut next = Some(first);
            while let Some(queries) = next {
                self.exchange(queries);
                next = self.many.setting.next();
            }
            drop(busy);
        }
    }

    /// Looks at these queries; one at a time, since it calls code of the program without a lock.
    fn exchange(&self, queries: Vec<QueryOptions<T>>) {
        let mut attached = lock(&self.attached);
        let mut known: HashMap<QueryKey, Vec<Attached<T>>> = HashMap::new();
        // From the end, so that the first of several is taken first.
        for one in attached.drain(..).rev() {
            known.entry(one.target().key()).or_default().push(one);
        }
        drop(attached);
        let mut next = Vec::with_capacity(queries.len());
        let mut exchanged = Vec::new();
        for options in queries {
            let reused = known.get_mut(options.key.untyped()).and_then(Vec::pop);
            next.push(match reused {
                Some(one) => {
                    exchanged.push((one.target().clone(), options));
                    one
                }
                None => Attached::new(Arc::new(Target::new(self.many.core.clone(), options)), self.many.clone()),
            });
        }
        let (old, moved): (_, Vec<_>) = {
            let mut targets = lock(&self.many.targets);
            let changed = targets.1 + 1;
            let old =
                std::mem::replace(&mut *targets, (next.iter().map(|one| one.target().clone()).collect(), changed));
            let moved = exchanged.into_iter().map(|(target, options)| (target.exchange(options), target));
            (old, moved.collect())
        };
        for (before, target) in moved {
            target.moved(&before);
        }
        *lock(&self.attached) = next;
        drop((old, known));
        self.many.signal.raise();
    }

    /// Fetches all of them now, stale or not.
    pub fn refetch(&self) -> Settled {
        let (targets, _) = self.many.targets();
        Settled::all(targets.iter().map(|target| target.fetch(Direction::Whole, true)))
    }
}

impl<T: QueryData> Drop for QueriesObserver<T> {
    fn drop(&mut self) {
        self.many.over.store(true, Ordering::Release);
        let gone = std::mem::take(&mut *lock(&self.attached));
        drop(gone);
        self.many.signal.close();
    }
}

/// Whether the queries are being exchanged, and by what they are exchanged next.
struct Setting<T>(Mutex<(bool, Option<Vec<QueryOptions<T>>>)>);

impl<T> Default for Setting<T> {
    fn default() -> Self {
        Self(Mutex::new((false, None)))
    }
}

impl<T> Setting<T> {
    /// Returns the queries where nobody exchanges any now; otherwise they are next.
    fn begin(&self, queries: Vec<QueryOptions<T>>) -> Option<Vec<QueryOptions<T>>> {
        let mut state = lock(&self.0);
        if state.0 {
            let old = state.1.replace(queries);
            drop(state);
            drop(old);
            return None;
        }
        state.0 = true;
        Some(queries)
    }

    /// Returns what is next; where there is nothing, the exchange is over.
    fn next(&self) -> Option<Vec<QueryOptions<T>>> {
        let mut state = lock(&self.0);
        let next = state.1.take();
        state.0 = next.is_some();
        next
    }
}

/// Lets others exchange queries when code of the program panics.
struct Busy<'a, T>(&'a Setting<T>);

impl<T> Drop for Busy<'_, T> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            lock(&self.0.0).0 = false;
        }
    }
}

/// What was computed from which state of the cache; later ones are larger.
type Stamp = (u64, u64, Moment);

/// The queries in their order, and how often they were exchanged.
type Targets<T> = (Vec<Arc<Target<T>>>, u64);

/// An observer, and what it shows.
type Member<T> = (Arc<Target<T>>, Arc<Known<T, T>>);

struct State<T> {
    stamp: Stamp,
    known: Vec<Member<T>>,
    shown: Arc<Vec<QueryResult<T>>>,
    /// What was shown when `current` or `changed` was called last.
    seen: Option<Arc<Vec<QueryResult<T>>>>,
}

/// What many queries show.
pub(crate) struct Many<T> {
    core: Arc<Core>,
    select: Select<T, T>,
    signal: Arc<Signal>,
    over: AtomicBool,
    setting: Setting<T>,
    targets: Mutex<Targets<T>>,
    state: Mutex<State<T>>,
}

impl<T: QueryData> Many<T> {
    fn targets(&self) -> Targets<T> {
        let targets = lock(&self.targets);
        (targets.0.clone(), targets.1)
    }
}

impl<T: QueryData> Shows for Many<T> {
    type Shown = Arc<Vec<QueryResult<T>>>;

    fn signal(&self) -> &Arc<Signal> {
        &self.signal
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    fn shown(&self) -> Self::Shown {
        let known = lock(&self.state).known.clone();
        let (looks, exchanged): (Vec<_>, u64) = {
            let targets = lock(&self.targets);
            (targets.0.iter().map(|target| (target.clone(), target.look())).collect(), targets.1)
        };
        let keys: Vec<QueryKey> = looks.iter().map(|(_, (look, _))| look.key.clone()).collect();
        let published = self.core.published_together(&keys);
        let now = self.core.env.now();
        let commit = published.iter().flatten().map(|one| one.commit).max().unwrap_or_default();
        let stamp = (exchanged, commit, now);
        let before: HashMap<*const Target<T>, &Arc<Known<T, T>>> =
            known.iter().map(|(target, known)| (Arc::as_ptr(target), known)).collect();
        let new: Vec<_> = looks
            .into_iter()
            .zip(&published)
            .map(|((target, (look, failure)), published)| {
                let fresh = Arc::default();
                let known = before.get(&Arc::as_ptr(&target)).copied().unwrap_or(&fresh);
                let (changes, select, published) = (look.generation, &self.select, published.as_ref());
                let seen = Seen { target: &target, look: &look, failure, select, changes, published, now };
                let known = seen.compute(known);
                (target, known)
            })
            .collect();
        drop(before);
        let mut state = lock(&self.state);
        if stamp < state.stamp {
            // Somebody else was faster and has seen more.
            return state.shown.clone();
        }
        state.stamp = stamp;
        let same = new.len() == state.shown.len()
            && new.iter().zip(&*state.shown).all(|((_, new), old)| new.shown.is_same(old));
        let old = std::mem::replace(&mut state.known, new);
        if !same {
            state.shown = Arc::new(state.known.iter().map(|(_, known)| known.shown.clone()).collect());
        }
        let shown = state.shown.clone();
        drop(state);
        drop((old, known));
        shown
    }

    fn is_same(&self, one: &Self::Shown, two: &Self::Shown) -> bool {
        Arc::ptr_eq(one, two) || one.len() == two.len() && one.iter().zip(&**two).all(|(one, two)| one.shows_same(two))
    }
}

impl<T: QueryData> Watchable for Many<T> {
    fn is_identical(&self, one: &Self::Shown, two: &Self::Shown) -> bool {
        Arc::ptr_eq(one, two)
    }
}

impl<T: QueryData> Wake for Many<T> {
    fn wake(&self, _: &News<'_>) {
        self.signal.raise();
    }
}

/// What many queries show: first what they show now, then each change.
pub struct QueriesStream<T: QueryData> {
    following: Following<Many<T>>,
}

impl<T: QueryData> fmt::Debug for QueriesStream<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("QueriesStream").finish_non_exhaustive()
    }
}

impl<T: QueryData> Stream for QueriesStream<T> {
    type Item = Arc<Vec<QueryResult<T>>>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().following.poll_next(context)
    }
}
