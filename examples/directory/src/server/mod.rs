//! What does the directory's server do: it keeps rows in memory, answers over HTTP, and obeys whoever stages a situation.
//!
//! Requests are named by method and route (`PATCH /users/{id}`), or exactly (`GET /users?page=2`). Named ones can be held,
//! failed, delayed and waited for, so that what happens at the same time happens in the order that the walk wants.

mod desk;
mod journal;
mod orders;
mod refusal;
mod routes;
mod rows;
mod world;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{net::TcpListener, task::JoinHandle};

use self::{desk::Desk, routes::routes};
pub use self::{
    journal::{Ending, Exchange},
    orders::{Failure, Hold, When},
};

/// A running server. Dropping it ends it.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    desk: Arc<Desk>,
    task: JoinHandle<io::Result<()>>,
}

impl Server {
    /// Starts a server on a free port of this machine.
    ///
    /// # Errors
    ///
    /// There is no free port.
    #[expect(clippy::disallowed_methods, reason = "the server is no part of the client: it has a task of its own")]
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let desk = Arc::new(Desk::default());
        let routes = routes(&desk);
        let task = tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok(Self { address, desk, task })
    }

    /// Returns what clients put before their paths.
    pub fn base_url(&self) -> String {
        format!("http://{}{}", self.address, desk::BASE)
    }

    /// Holds requests before the server does what they ask for.
    pub fn hold(&self, named: &str) -> Hold {
        self.desk.orders.hold(named, When::BeforeWork)
    }

    /// Holds answers: the server has done what was asked for, and the client does not know.
    pub fn hold_answers(&self, named: &str) -> Hold {
        self.desk.orders.hold(named, When::AfterWork)
    }

    /// Lets the next requests fail.
    pub fn fail(&self, named: &str, when: When, times: usize, failure: Failure) {
        self.desk.orders.fail(named, when, times, failure);
    }

    /// Lets requests wait.
    pub fn delay(&self, named: &str, time: Duration) {
        self.desk.orders.delay(named, time);
    }

    /// Takes all delays and failures back.
    pub fn obey_no_more(&self) {
        self.desk.orders.clear();
    }

    /// Counts the requests that have arrived.
    pub fn count(&self, named: &str) -> usize {
        self.desk.journal.count(|one| one.is(named))
    }

    /// Waits until so many requests have arrived in all.
    pub async fn arrived(&self, named: &str, count: usize) {
        self.desk.journal.reaches(count, |one| one.is(named)).await;
    }

    /// Waits until so many requests have ended, however they did.
    pub async fn ended(&self, named: &str, count: usize) {
        self.desk.journal.reaches(count, |one| one.is(named) && one.ending != Ending::Open).await;
    }

    /// Waits until the clients of so many requests have closed their connections.
    pub async fn abandoned(&self, named: &str, count: usize) {
        self.desk.journal.reaches(count, |one| one.is(named) && one.ending == Ending::Abandoned).await;
    }

    /// Counts the requests that were answered from memory because their idempotency key was known.
    pub fn replays(&self) -> usize {
        self.desk.replays()
    }

    /// Returns how many requests there were; see [`since`](Self::since).
    pub fn now(&self) -> usize {
        self.desk.journal.count_all()
    }

    /// Returns what went over the wire since [`now`](Self::now) said this.
    pub fn since(&self, place: usize) -> Vec<Exchange> {
        self.desk.journal.from(place)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}
