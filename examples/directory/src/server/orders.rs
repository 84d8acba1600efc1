//! What was the server told to do with requests: to wait, to fail, to hold them?

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::Semaphore;

/// When an order counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Before the server does what it is asked for.
    BeforeWork,
    /// After it did, before the client hears of it.
    AfterWork,
}

/// What the server is told to do with some requests.
#[derive(Clone, Debug)]
enum Order {
    Hold(Arc<Semaphore>),
    Fail { times: usize, status: u16, retry_after: Option<&'static str> },
    Delay(Duration),
}

#[derive(Clone, Debug)]
struct Standing {
    named: String,
    when: When,
    order: Order,
}

/// A failure that the server was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The status.
    pub status: u16,
    /// What `Retry-After` says.
    pub retry_after: Option<&'static str>,
}

/// All orders.
#[derive(Debug, Default)]
pub(super) struct Orders {
    standing: Mutex<Vec<Standing>>,
}

impl Orders {
    fn all(&self) -> MutexGuard<'_, Vec<Standing>> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, named: &str, when: When, order: Order) {
        self.all().push(Standing { named: named.to_owned(), when, order });
    }

    /// Holds requests until the result is told to let them go.
    pub(super) fn hold(self: &Arc<Self>, named: &str, when: When) -> Hold {
        let gate = Arc::new(Semaphore::new(0));
        self.add(named, when, Order::Hold(gate.clone()));
        Hold { orders: self.clone(), gate }
    }

    /// Lets the next requests fail.
    pub(super) fn fail(&self, named: &str, when: When, times: usize, failure: Failure) {
        let Failure { status, retry_after } = failure;
        self.add(named, when, Order::Fail { times, status, retry_after });
    }

    /// Lets requests wait.
    pub(super) fn delay(&self, named: &str, time: Duration) {
        self.add(named, When::BeforeWork, Order::Delay(time));
    }

    /// Takes all delays and failures back.
    pub(super) fn clear(&self) {
        self.all().retain(|one| matches!(one.order, Order::Hold(_)));
    }

    /// Does what is ordered for a request at this point: waits, and returns how it is to fail.
    pub(super) async fn obey(&self, is_meant: impl Fn(&str) -> bool, when: When) -> Option<Failure> {
        let waits: Vec<Order> = {
            let all = self.all();
            all.iter().filter(|one| one.when == when && is_meant(&one.named)).map(|one| one.order.clone()).collect()
        };
        for order in waits {
            match order {
                Order::Delay(time) => pause(time).await,
                // A closed gate lets everybody through.
                Order::Hold(gate) => {
                    if let Ok(permit) = gate.acquire_owned().await {
                        permit.forget();
                    }
                }
                Order::Fail { .. } => {}
            }
        }
        self.all().iter_mut().filter(|one| one.when == when && is_meant(&one.named)).find_map(|one| {
            match &mut one.order {
                Order::Fail { times, status, retry_after } if *times > 0 => {
                    *times -= 1;
                    Some(Failure { status: *status, retry_after: *retry_after })
                }
                _ => None,
            }
        })
    }
}

#[expect(clippy::disallowed_methods, reason = "the server's own delay; the client's time is not concerned")]
async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}

/// Requests that are held. Dropping it lets them go, and all that follow.
#[derive(Debug)]
#[must_use = "dropping it lets the requests go"]
pub struct Hold {
    orders: Arc<Orders>,
    gate: Arc<Semaphore>,
}

impl Hold {
    /// Lets the one go that has waited longest, or else the next that comes.
    pub fn let_one_go(&self) {
        self.gate.add_permits(1);
    }

    /// Lets all go, and all that follow.
    pub fn let_go(self) {
        drop(self);
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let is_own = |order: &Order| matches!(order, Order::Hold(gate) if Arc::ptr_eq(gate, &self.gate));
        self.orders.all().retain(|one| !is_own(&one.order));
        self.gate.close();
    }
}
