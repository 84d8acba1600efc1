//! What does one observer show, and what was it told last?

use std::sync::{Arc, Mutex, PoisonError};

use query_runtime::{
    FetchStatus, InfiniteData, InfiniteObserver, Page, QueryClient, QueryData, QueryObserver, QueryResult, QueryStatus,
    RetryPolicy, Subscription,
};

use super::items::{self, Item, List};

type Paged = InfiniteData<Page<Item>, u64>;

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subject {
    Detail(i64),
    List(List),
}

/// What an observer shows, in one shape for all: a detail is a page of one row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Look {
    pub(crate) pages: Option<Vec<Page<Item>>>,
    pub(crate) status: QueryStatus,
    pub(crate) fetch_status: FetchStatus,
    /// The failure, and its status if the server said no.
    pub(crate) failure: Option<Option<u16>>,
    pub(crate) is_stale: bool,
    pub(crate) is_optimistic: bool,
}

impl Look {
    fn of<R: QueryData>(result: &QueryResult<R>, pages: impl FnOnce(&R) -> Vec<Page<Item>>) -> Self {
        Self {
            pages: result.data.as_deref().map(pages),
            status: result.status,
            fetch_status: result.fetch_status,
            failure: result.error.as_ref().map(query_runtime::QueryError::status),
            is_stale: result.is_stale,
            is_optimistic: result.is_optimistic,
        }
    }

    fn detail(result: &QueryResult<Item>) -> Self {
        Self::of(result, |row| vec![Page { page: Some(row.ver), ..[row.clone()].into_iter().collect() }])
    }

    fn list(result: &QueryResult<Page<Item>>) -> Self {
        Self::of(result, |page| vec![page.clone()])
    }

    fn paged(result: &QueryResult<Paged>) -> Self {
        Self::of(result, |data| data.pages.iter().map(|page| Page::clone(page)).collect())
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = &Item> {
        self.pages.iter().flatten().flat_map(|page| page.items.iter())
    }

    /// Returns whether it claims to be what the server has.
    pub(crate) fn is_settled(&self) -> bool {
        self.status == QueryStatus::Success && self.fetch_status == FetchStatus::Idle && !self.is_stale
    }
}

enum Eye {
    Detail(QueryObserver<Item>),
    List(QueryObserver<Page<Item>>),
    Paged(InfiniteObserver<Page<Item>, u64>),
}

/// An observer, and what the checker remembers of it.
pub(crate) struct Watch {
    pub(crate) subject: Subject,
    eye: Eye,
    told: Arc<Mutex<Look>>,
    /// Ends the notifications when it is dropped.
    _subscription: Subscription,
    /// The newest version of the server that its base was seen at.
    pub(crate) newest: u64,
    /// Whether it showed data and nothing has taken that away since.
    pub(crate) had_data: bool,
}

/// The settings of an observer, drawn once.
struct Drawn {
    retry: RetryPolicy,
    gc: std::time::Duration,
    stale: Option<std::time::Duration>,
}

macro_rules! with {
    ($options:expr, $drawn:expr) => {{
        let options = $options.retry($drawn.retry).gc_time($drawn.gc);
        match $drawn.stale {
            Some(time) => options.stale_time(time),
            None => options.stale_forever(),
        }
    }};
}

impl Watch {
    pub(crate) fn new(client: &QueryClient, subject: Subject, random: &mut fastrand::Rng) -> Self {
        let seconds = std::time::Duration::from_secs;
        let drawn = Drawn {
            retry: RetryPolicy::default().max(random.u32(0..4)),
            gc: seconds(random.u64(0..20)),
            stale: random.bool().then(|| seconds(random.u64(0..10))),
        };
        match subject {
            Subject::Detail(id) => {
                let from_list = random.bool();
                let options = with!(items::detail(id), drawn);
                let observer = client.observe(if from_list { options.from_list() } else { options });
                let told = Arc::new(Mutex::new(Look::detail(&observer.current())));
                let note = noting(&told);
                let subscription = observer.subscribe(move |result| note(Look::detail(result)));
                Self::of(subject, Eye::Detail(observer), told, subscription)
            }
            Subject::List(List::Paged) => {
                let observer = client.observe_infinite(with!(items::paged(), drawn));
                let told = Arc::new(Mutex::new(Look::paged(&observer.current())));
                let note = noting(&told);
                let subscription = observer.subscribe(move |result| note(Look::paged(result)));
                Self::of(subject, Eye::Paged(observer), told, subscription)
            }
            Subject::List(list) => {
                let observer = client.observe(with!(items::list(list), drawn));
                let told = Arc::new(Mutex::new(Look::list(&observer.current())));
                let note = noting(&told);
                let subscription = observer.subscribe(move |result| note(Look::list(result)));
                Self::of(subject, Eye::List(observer), told, subscription)
            }
        }
    }

    fn of(subject: Subject, eye: Eye, told: Arc<Mutex<Look>>, subscription: Subscription) -> Self {
        Self { subject, eye, told, _subscription: subscription, newest: 0, had_data: false }
    }

    /// Returns what is shown now.
    pub(crate) fn look(&self) -> Look {
        match &self.eye {
            Eye::Detail(observer) => Look::detail(&observer.current()),
            Eye::List(observer) => Look::list(&observer.current()),
            Eye::Paged(observer) => Look::paged(&observer.current()),
        }
    }

    /// Returns what the last notification said.
    pub(crate) fn told(&self) -> Look {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn refetch(&self) {
        drop(match &self.eye {
            Eye::Detail(observer) => observer.refetch(),
            Eye::List(observer) => observer.refetch(),
            Eye::Paged(observer) => observer.refetch(),
        });
    }

    pub(crate) fn next_page(&self) {
        if let Eye::Paged(observer) = &self.eye {
            drop(observer.fetch_next_page());
        }
    }
}

fn noting(told: &Arc<Mutex<Look>>) -> impl Fn(Look) + Send + Sync + 'static {
    let told = Arc::clone(told);
    move |look| *told.lock().unwrap_or_else(PoisonError::into_inner) = look
}
