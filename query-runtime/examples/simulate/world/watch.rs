//! What does one observer show, and what was it told last?

use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use query_runtime::{
    FetchStatus, InfiniteData, InfiniteObserver, InfiniteOptions, Moment, Page, QueryData, QueryObserver, QueryOptions,
    QueryResult, QueryStatus, RetryPolicy, Subscription,
};

use super::program::Item;
use super::rows::{List, Row};

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subject {
    Detail(i64),
    List(List),
}

/// One page as it shows; a detail is a page of one row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) rows: Vec<Row>,
    pub(crate) total: Option<u64>,
    /// The commit of the server that its base was read at.
    pub(crate) at: u64,
}

impl Seen {
    fn row<const L: u8>(row: &Item<L>) -> Self {
        Self { rows: vec![row.0], total: None, at: row.0.ver }
    }

    fn page<const L: u8>(page: &Page<Item<L>>) -> Self {
        Self {
            rows: page.items.iter().map(|row| row.0).collect(),
            total: page.total,
            at: page.page.unwrap_or_default(),
        }
    }
}

/// Everything about an observer but its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) status: QueryStatus,
    pub(crate) fetch_status: FetchStatus,
    /// The failure, and its status if the server said no.
    pub(crate) failure: Option<Option<u16>>,
    pub(crate) is_stale: bool,
    pub(crate) is_optimistic: bool,
}

impl State {
    /// Returns whether it claims to be what the server has.
    pub(crate) fn is_settled(self) -> bool {
        self.status == QueryStatus::Success && self.fetch_status == FetchStatus::Idle && !self.is_stale
    }
}

type Data = Arc<dyn Any + Send + Sync>;

/// What is shown, its data without a type.
#[derive(Clone)]
struct Glance {
    data: Option<Data>,
    state: State,
}

impl Glance {
    fn of<R: QueryData>(result: &QueryResult<R>) -> Self {
        let state = State {
            status: result.status,
            fetch_status: result.fetch_status,
            failure: result.error.as_ref().map(query_runtime::QueryError::status),
            is_stale: result.is_stale,
            is_optimistic: result.is_optimistic,
        };
        Self { data: result.data.clone().map(|data| data as Data), state }
    }

    fn shares_data(&self, other: &Self) -> bool {
        let address = |glance: &Self| glance.data.as_ref().map(|data| Arc::as_ptr(data).addr());
        address(self) == address(other)
    }
}

/// What an observer shows, in one shape for all.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Look {
    pub(crate) pages: Option<Arc<Vec<Seen>>>,
    pub(crate) state: State,
}

impl Look {
    pub(crate) fn rows(&self) -> impl Iterator<Item = &Row> {
        self.pages.iter().flat_map(|pages| pages.iter()).flat_map(|page| page.rows.iter())
    }
}

/// The settings of an observer, drawn once.
pub(crate) struct Drawn {
    pub(crate) retry: RetryPolicy,
    pub(crate) gc: Duration,
    pub(crate) stale: Option<Duration>,
    pub(crate) from_list: bool,
    /// Whether its fetches do not notice that they were given up.
    pub(crate) unheeding: bool,
}

macro_rules! over {
    ($options:expr, $drawn:expr) => {{
        let options = $options.retry($drawn.retry.clone()).gc_time($drawn.gc);
        match $drawn.stale {
            Some(time) => options.stale_time(time),
            None => options.stale_forever(),
        }
    }};
}

impl Drawn {
    pub(crate) fn new(random: &mut fastrand::Rng) -> Self {
        let seconds = Duration::from_secs;
        Self {
            retry: RetryPolicy::default().max(random.u32(0..4)),
            gc: seconds(random.u64(0..20)),
            stale: random.bool().then(|| seconds(random.u64(0..10))),
            from_list: random.bool(),
            unheeding: random.u8(..4) == 0,
        }
    }

    pub(crate) fn over<T: QueryData>(&self, options: QueryOptions<T>) -> QueryOptions<T> {
        over!(options, self)
    }

    pub(crate) fn over_pages<T: QueryData, P: QueryData + Clone>(
        &self,
        options: InfiniteOptions<T, P>,
    ) -> InfiniteOptions<T, P> {
        over!(options, self)
    }
}

type Ask<T> = Box<dyn Fn() -> T>;
type Convert = Box<dyn Fn(&Data) -> Option<Vec<Seen>>>;

/// An observer, and what the checker remembers of it.
pub(crate) struct Watch {
    pub(crate) subject: Subject,
    glance: Ask<Glance>,
    convert: Convert,
    refetch: Ask<()>,
    next_page: Ask<()>,
    told: Arc<Mutex<Glance>>,
    /// Ends the notifications when it is dropped.
    _subscription: Subscription,
    /// What it showed when it was looked at last.
    last: Option<(Glance, Option<Arc<Vec<Seen>>>)>,
    /// The newest commit of the server that its base was seen at.
    pub(crate) newest: u64,
    /// Whether it showed data and nothing has taken that away since.
    pub(crate) had_data: bool,
    /// How much the program knew when it was checked last.
    pub(crate) checked_at: u64,
    /// The commit that its base was at when it began to fetch, and when that was.
    pub(crate) fetching: Option<(u64, Moment)>,
}

impl Watch {
    pub(crate) fn row<const L: u8>(observer: QueryObserver<Item<L>>, subject: Subject) -> Self {
        Self::query(observer, subject, |row| vec![Seen::row(row)])
    }

    pub(crate) fn list<const L: u8>(observer: QueryObserver<Page<Item<L>>>, subject: Subject) -> Self {
        Self::query(observer, subject, |page| vec![Seen::page(page)])
    }

    fn query<T: QueryData>(observer: QueryObserver<T>, subject: Subject, seen: fn(&T) -> Vec<Seen>) -> Self {
        let observer = Arc::new(observer);
        let told = Arc::new(Mutex::new(Glance::of(&observer.current())));
        let note = noting(&told);
        let subscription = observer.subscribe(move |result| note(Glance::of(result)));
        let (glancing, refetching) = (observer.clone(), observer);
        Self {
            glance: Box::new(move || Glance::of(&glancing.current())),
            refetch: Box::new(move || drop(refetching.refetch())),
            next_page: Box::new(|| ()),
            ..Self::of(subject, told, subscription, converting(seen))
        }
    }

    pub(crate) fn infinite<const L: u8, P: QueryData + Clone>(
        observer: InfiniteObserver<Page<Item<L>>, P>,
        subject: Subject,
    ) -> Self {
        let observer = Arc::new(observer);
        let told = Arc::new(Mutex::new(Glance::of(&observer.current())));
        let note = noting(&told);
        let subscription = observer.subscribe(move |result| note(Glance::of(result)));
        let (glancing, refetching, paging) = (observer.clone(), observer.clone(), observer);
        let seen = |data: &InfiniteData<Page<Item<L>>, P>| data.pages.iter().map(|page| Seen::page(page)).collect();
        Self {
            glance: Box::new(move || Glance::of(&glancing.current())),
            refetch: Box::new(move || drop(refetching.refetch())),
            next_page: Box::new(move || drop(paging.fetch_next_page())),
            ..Self::of(subject, told, subscription, converting(seen))
        }
    }

    fn of(subject: Subject, told: Arc<Mutex<Glance>>, subscription: Subscription, convert: Convert) -> Self {
        let own = told.clone();
        Self {
            subject,
            glance: Box::new(move || own.lock().unwrap_or_else(PoisonError::into_inner).clone()),
            convert,
            refetch: Box::new(|| ()),
            next_page: Box::new(|| ()),
            told,
            _subscription: subscription,
            last: None,
            newest: 0,
            had_data: false,
            checked_at: 0,
            fetching: None,
        }
    }

    fn pages_of(&self, glance: &Glance) -> Option<Arc<Vec<Seen>>> {
        match &self.last {
            Some((last, pages)) if last.shares_data(glance) => pages.clone(),
            _ => glance.data.as_ref().and_then(|data| (self.convert)(data)).map(Arc::new),
        }
    }

    /// Returns what is shown now.
    pub(crate) fn look(&self) -> Look {
        let glance = (self.glance)();
        Look { pages: self.pages_of(&glance), state: glance.state }
    }

    /// Returns what is shown now, and whether that is different from what was shown when this was asked last.
    ///
    /// # Errors
    ///
    /// The observer was told something else last (I20).
    pub(crate) fn look_again(&mut self) -> Result<(Look, bool), String> {
        let now = (self.glance)();
        let is_new = self.last.as_ref().is_none_or(|(last, _)| !last.shares_data(&now) || last.state != now.state);
        let pages = self.pages_of(&now);
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if told.state != now.state || !(told.shares_data(&now) || self.pages_of(&told) == pages) {
            return Err(format!(
                "I20: {:?} shows {:?} {pages:?}, its observer was told {:?} {:?}",
                self.subject,
                now.state,
                told.state,
                self.pages_of(&told)
            ));
        }
        let look = Look { pages: pages.clone(), state: now.state };
        self.last = Some((now, pages));
        Ok((look, is_new))
    }

    pub(crate) fn refetch(&self) {
        (self.refetch)();
    }

    pub(crate) fn next_page(&self) {
        (self.next_page)();
    }
}

fn converting<T: QueryData>(seen: impl Fn(&T) -> Vec<Seen> + 'static) -> Convert {
    Box::new(move |data| data.downcast_ref::<T>().map(&seen))
}

fn noting(told: &Arc<Mutex<Glance>>) -> impl Fn(Glance) + Send + Sync + 'static {
    let told = Arc::clone(told);
    move |glance| *told.lock().unwrap_or_else(PoisonError::into_inner) = glance
}
