//! What went over the wire, and how does one wait for it?

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Not yet.
    Open,
    /// With an answer of this status.
    Answered(u16),
    /// The client closed the connection before there was an answer.
    Abandoned,
}

/// One request and its answer.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The method and the route, such as `GET /users/{id}`.
    pub class: String,
    /// The method and what was asked for, such as `GET /users/u1`.
    pub asked: String,
    /// How it ended.
    pub ending: Ending,
}

impl Exchange {
    /// Returns whether it is one of those that a text names: a class, or exactly what was asked for.
    pub(super) fn is(&self, named: &str) -> bool {
        self.class == named || self.asked == named
    }
}

impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ending {
            Ending::Open => write!(f, "{} -> (open)", self.asked),
            Ending::Answered(status) => write!(f, "{} -> {status}", self.asked),
            Ending::Abandoned => write!(f, "{} -> (closed by the client)", self.asked),
        }
    }
}

/// All exchanges, in the order in which the requests arrived.
#[derive(Debug)]
pub(super) struct Journal {
    exchanges: Mutex<Vec<Exchange>>,
    changes: watch::Sender<()>,
}

impl Default for Journal {
    fn default() -> Self {
        Self { exchanges: Mutex::default(), changes: watch::Sender::new(()) }
    }
}

impl Journal {
    fn all(&self) -> MutexGuard<'_, Vec<Exchange>> {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a request has arrived.
    pub(super) fn open(self: &Arc<Self>, class: String, asked: String) -> OpenExchange {
        let place = {
            let mut all = self.all();
            all.push(Exchange { class, asked, ending: Ending::Open });
            all.len() - 1
        };
        self.changes.send_replace(());
        OpenExchange { journal: self.clone(), place, ending: Ending::Abandoned }
    }

    /// Returns how many exchanges there are.
    pub(super) fn count_all(&self) -> usize {
        self.all().len()
    }

    /// Returns the exchanges from a place on.
    pub(super) fn from(&self, place: usize) -> Vec<Exchange> {
        self.all().iter().skip(place).cloned().collect()
    }

    /// Counts the exchanges that pass a test.
    pub(super) fn count(&self, test: impl Fn(&Exchange) -> bool) -> usize {
        self.all().iter().filter(|one| test(one)).count()
    }

    /// Waits until so many exchanges pass a test.
    pub(super) async fn reaches(&self, count: usize, test: impl Fn(&Exchange) -> bool) {
        let mut changes = self.changes.subscribe();
        while self.count(&test) < count {
            // The sender lives as long as `self`.
            let _ = changes.changed().await;
        }
    }
}

/// An exchange without an answer: whoever drops it unanswered was not waited for.
#[derive(Debug)]
pub(super) struct OpenExchange {
    journal: Arc<Journal>,
    place: usize,
    ending: Ending,
}

impl OpenExchange {
    /// Notes the answer.
    pub(super) fn answered(mut self, status: u16) {
        self.ending = Ending::Answered(status);
    }
}

impl Drop for OpenExchange {
    fn drop(&mut self) {
        if let Some(exchange) = self.journal.all().get_mut(self.place) {
            exchange.ending = self.ending;
        }
        self.journal.changes.send_replace(());
    }
}
