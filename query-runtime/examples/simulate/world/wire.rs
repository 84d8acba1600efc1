//! How do requests and answers travel: held, out of order, late, or lost on either way?

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use query_runtime::{BoxFuture, Method, Moment, PreparedRequest, QueryError, RawResponse, Transport};

type Answer = Result<RawResponse, QueryError>;

/// The network between client and server. Cloning shares it.
#[derive(Clone, Default)]
pub(crate) struct Wire {
    line: Arc<Mutex<Line>>,
}

#[derive(Default)]
struct Line {
    sent: u64,
    /// On the way to the server, also if nobody waits for the answer any more.
    out: Vec<(u64, PreparedRequest)>,
    /// On the way back.
    back: Vec<Back>,
    /// Who waits.
    waiting: BTreeMap<u64, Waker>,
    arrived: BTreeMap<u64, Answer>,
}

/// An answer on its way.
struct Back {
    number: u64,
    answer: RawResponse,
    /// Whether it answers a mutation.
    writes: bool,
    /// Since when it could have been delivered, where that is counted.
    since: Option<Moment>,
}

impl Wire {
    fn lock(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes one of the requests on the way to the server.
    pub(crate) fn take_request(&self, random: &mut fastrand::Rng) -> Option<(u64, PreparedRequest)> {
        let mut line = self.lock();
        let count = line.out.len();
        (count > 0).then(|| line.out.swap_remove(random.usize(..count)))
    }

    /// Puts an answer on its way.
    pub(crate) fn put_answer(&self, number: u64, request: &PreparedRequest, answer: RawResponse) {
        let writes = request.method != Method::Get;
        self.lock().back.push(Back { number, answer, writes, since: None });
    }

    /// Delivers one of the answers, or loses it; returns its number, if there was one.
    pub(crate) fn deliver(&self, random: &mut fastrand::Rng, lose: bool) -> Option<u64> {
        let Back { number, answer, .. } = {
            let mut line = self.lock();
            let count = line.back.len();
            if count == 0 {
                return None;
            }
            line.back.swap_remove(random.usize(..count))
        };
        let lost = || QueryError::network("the answer was lost");
        self.settle(number, if lose { Err(lost()) } else { Ok(answer) });
        Some(number)
    }

    /// Delivers all answers but that to the newest mutation, which waits until there is a newer one, or for so long.
    pub(crate) fn deliver_but_newest(&self, now: Moment, at_most: Duration) {
        let mut line = self.lock();
        let newest = line.back.iter().filter(|back| back.writes).map(|back| back.number).max();
        let (kept, delivered): (Vec<Back>, Vec<Back>) = std::mem::take(&mut line.back)
            .into_iter()
            .partition(|back| Some(back.number) == newest && back.since.is_none_or(|since| now.since(since) < at_most));
        line.back = kept;
        line.back.iter_mut().for_each(|back| back.since = back.since.or(Some(now)));
        drop(line);
        for back in delivered {
            self.settle(back.number, Ok(back.answer));
        }
    }

    /// Tells who waits, if anybody still does.
    pub(crate) fn settle(&self, number: u64, answer: Answer) {
        let mut line = self.lock();
        let Some(waker) = line.waiting.remove(&number) else { return };
        line.arrived.insert(number, answer);
        drop(line);
        waker.wake();
    }

    /// One who waits gives up; request and answer travel on.
    pub(crate) fn time_out(&self, random: &mut fastrand::Rng) {
        let waiting: Vec<u64> = self.lock().waiting.keys().copied().collect();
        if !waiting.is_empty() {
            let error = QueryError::timeout(Duration::from_secs(1));
            self.settle(waiting[random.usize(..waiting.len())], Err(error));
        }
    }

    /// The connection breaks for all who wait; some of their requests travel on, and what is lost is lost.
    pub(crate) fn break_all(&self, random: &mut fastrand::Rng) {
        let waiting: Vec<u64> = self.lock().waiting.keys().copied().collect();
        self.lock().out.retain(|_| random.bool());
        for number in waiting {
            self.settle(number, Err(QueryError::network("the connection broke")));
        }
    }

    /// Returns whether nothing is on its way.
    pub(crate) fn is_quiet(&self) -> bool {
        let line = self.lock();
        line.out.is_empty() && line.back.is_empty()
    }
}

impl Transport for Wire {
    fn send(&self, request: PreparedRequest) -> BoxFuture<'static, Answer> {
        Box::pin(Exchange { wire: self.clone(), request: Some(request), number: 0 })
    }
}

struct Exchange {
    wire: Wire,
    request: Option<PreparedRequest>,
    number: u64,
}

impl Future for Exchange {
    type Output = Answer;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Answer> {
        let request = self.request.take();
        let wire = self.wire.clone();
        let mut line = wire.lock();
        if let Some(request) = request {
            line.sent += 1;
            self.number = line.sent;
            line.out.push((self.number, request));
        }
        if let Some(answer) = line.arrived.remove(&self.number) {
            return Poll::Ready(answer);
        }
        line.waiting.insert(self.number, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let mut line = self.wire.lock();
        let waker = line.waiting.remove(&self.number);
        line.arrived.remove(&self.number);
        drop(line);
        drop(waker);
    }
}
