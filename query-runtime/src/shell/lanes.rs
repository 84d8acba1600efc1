//! How many requests are on their way at once, and which goes next?
//!
//! Mutations go before fetches: what the user did waits for as little as possible, and fetches that follow see it. Among
//! equals, who came first goes first. Who gives up frees the place.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use crate::{
    error::QueryError,
    heart::Principal,
    marker::BoxFuture,
    shell::Core,
    signal::lock,
    sync::Mutex,
    transport::{PreparedRequest, RawResponse},
};

/// Whose request it is; smaller ones go first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    /// A mutation's.
    Mutation,
    /// A fetch's.
    Fetch,
}

/// Who waits: those of a rank in the order in which they came.
type Ticket = (Rank, u64);

#[derive(Debug, Default)]
struct State {
    /// The most requests at once; `None`: any number.
    most: Option<usize>,
    /// How many have a place.
    taken: usize,
    /// How many had to wait so far.
    tickets: u64,
    waiting: BTreeMap<Ticket, Waker>,
    /// Those that were given a place and have not come for it yet.
    given: BTreeSet<Ticket>,
}

impl State {
    fn is_full(&self) -> bool {
        self.most.is_some_and(|most| self.taken >= most)
    }
}

/// The places of a client's requests.
#[derive(Debug, Default)]
pub(crate) struct Lanes {
    state: Mutex<State>,
}

impl Lanes {
    /// Sets how many requests may be on their way at once; at least one.
    pub(crate) fn limit(&self, most: usize) {
        lock(&self.state).most = Some(most.max(1));
    }

    /// Waits for a place.
    pub(crate) fn enter(self: &Arc<Self>, rank: Rank) -> Enter {
        Enter { lanes: self.clone(), rank, ticket: None }
    }

    /// Returns how many requests have a place, and how many wait for one.
    pub(crate) fn count(&self) -> (usize, usize) {
        let state = lock(&self.state);
        (state.taken, state.waiting.len())
    }

    /// A place becomes free, and is given to who is next.
    fn leave(&self) {
        let waker = {
            let mut state = lock(&self.state);
            state.taken -= 1;
            let next = if state.is_full() { None } else { state.waiting.pop_first() };
            if let Some((ticket, _)) = &next {
                state.taken += 1;
                state.given.insert(*ticket);
            }
            next.map(|(_, waker)| waker)
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// Waits for a place; dropping it gives up waiting.
#[derive(Debug)]
pub(crate) struct Enter {
    lanes: Arc<Lanes>,
    rank: Rank,
    ticket: Option<Ticket>,
}

impl Future for Enter {
    type Output = Place;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Place> {
        let lanes = self.lanes.clone();
        let mut state = lock(&lanes.state);
        if let Some(ticket) = self.ticket {
            if !state.given.remove(&ticket) {
                state.waiting.insert(ticket, context.waker().clone());
                return Poll::Pending;
            }
            self.ticket = None;
        } else if state.is_full() {
            state.tickets += 1;
            let ticket = (self.rank, state.tickets);
            state.waiting.insert(ticket, context.waker().clone());
            self.ticket = Some(ticket);
            return Poll::Pending;
        } else {
            state.taken += 1;
        }
        drop(state);
        Poll::Ready(Place { lanes })
    }
}

impl Drop for Enter {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else { return };
        let (waker, given) = {
            let mut state = lock(&self.lanes.state);
            (state.waiting.remove(&ticket), state.given.remove(&ticket))
        };
        drop(waker);
        if given {
            self.lanes.leave();
        }
    }
}

/// Somebody's place; dropping it leaves.
#[derive(Debug)]
pub(crate) struct Place {
    lanes: Arc<Lanes>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.lanes.leave();
    }
}

impl Core {
    /// Sends a request through the client's transport when it is its turn, and waits no longer than it says. Nothing
    /// is sent any more once another principal uses the cache than the one it is for.
    pub(crate) fn exchange(
        &self,
        request: PreparedRequest,
        rank: Rank,
        principal: Principal,
    ) -> Result<BoxFuture<'static, Result<RawResponse, QueryError>>, QueryError> {
        let text = "the client has no transport: give it one with `QueryClient::builder().transport(…)`";
        let transport = self.transport.clone().ok_or_else(|| QueryError::message(text))?;
        let (lanes, env, fence) = (self.shared.lanes.clone(), self.env.clone(), self.fence.clone());
        Ok(Box::pin(async move {
            let _place = lanes.enter(rank).await;
            if !fence.is_used_by(&principal) {
                return Err(QueryError::fenced());
            }
            let Some(limit) = request.timeout else { return transport.send(request).await };
            let (mut answer, mut sleep) = (transport.send(request), env.sleep(limit));
            poll_fn(|context| {
                if let Poll::Ready(answer) = answer.as_mut().poll(context) {
                    return Poll::Ready(answer);
                }
                sleep.as_mut().poll(context).map(|()| Err(QueryError::timeout(limit)))
            })
            .await
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::{
        pin::pin,
        sync::Arc,
        task::{Context, Poll, Waker},
    };

    use super::{Enter, Lanes, Place, Rank};

    fn poll(enter: &mut Enter) -> Poll<Place> {
        pin!(enter).poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn mutations_go_first_then_who_came_first() {
        let lanes = Arc::new(Lanes::default());
        lanes.limit(1);
        let Poll::Ready(place) = poll(&mut lanes.enter(Rank::Fetch)) else { panic!("nobody is there") };
        let mut waiting: Vec<(usize, Enter)> =
            [Rank::Fetch, Rank::Fetch, Rank::Mutation].map(|rank| lanes.enter(rank)).into_iter().enumerate().collect();
        assert!(waiting.iter_mut().all(|(_, enter)| poll(enter).is_pending()));
        assert_eq!(lanes.count(), (1, 3));
        let mut came = Vec::new();
        let mut place = Some(place);
        while !waiting.is_empty() {
            drop(place.take());
            waiting.retain_mut(|(number, enter)| match poll(enter) {
                Poll::Ready(here) => {
                    came.push(*number);
                    place = Some(here);
                    false
                }
                Poll::Pending => true,
            });
            assert_eq!(lanes.count(), (1, waiting.len()));
        }
        assert_eq!(came, [2, 0, 1]);
    }

    #[test]
    fn who_gives_up_frees_the_place_also_when_it_was_given_already() {
        let lanes = Arc::new(Lanes::default());
        lanes.limit(1);
        let Poll::Ready(place) = poll(&mut lanes.enter(Rank::Fetch)) else { panic!("nobody is there") };
        let (mut first, mut second, mut third) =
            (lanes.enter(Rank::Fetch), lanes.enter(Rank::Fetch), lanes.enter(Rank::Fetch));
        assert!(poll(&mut first).is_pending() && poll(&mut second).is_pending() && poll(&mut third).is_pending());
        drop(first);
        drop(place);
        drop(second);
        assert!(poll(&mut third).is_ready());
        assert_eq!(lanes.count(), (0, 0));
    }
}
