//! How do clients of one process reach each other?

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Weak},
};

use crate::{
    broadcast::{Broadcast, BroadcastMessage, Receiver},
    error::QueryError,
    signal::{Forget, Subscription, lock},
    sync::Mutex,
};

/// Connects the clients of one process. Data passes as it is, without being written and read again.
///
/// Each client gets an end of its own: [`end`](Self::end). Messages are delivered before `post` returns.
#[derive(Debug)]
pub struct LocalChannel {
    shared: Arc<Ends>,
    own: u64,
}

#[derive(Default)]
struct Ends {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    next: u64,
    /// A pair of a subscription, the end that it belongs to, and who is called.
    receivers: BTreeMap<u64, (u64, Receiver)>,
}

impl fmt::Debug for Ends {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Ends").field("receivers", &lock(&self.state).receivers.len()).finish()
    }
}

impl Default for LocalChannel {
    fn default() -> Self {
        Self::new()
    }
}

impl LocalChannel {
    /// Makes a channel, and its first end.
    #[cfg_attr(
        all(target_family = "wasm", target_os = "unknown"),
        expect(clippy::arc_with_non_send_sync, reason = "in the browser, callbacks stay on one thread")
    )]
    pub fn new() -> Self {
        Self { shared: Arc::default(), own: 0 }
    }

    /// Returns another end of the channel.
    #[must_use]
    pub fn end(&self) -> Self {
        let mut state = lock(&self.shared.state);
        state.next += 1;
        Self { shared: self.shared.clone(), own: state.next }
    }
}

impl Broadcast for LocalChannel {
    fn post(&self, message: &BroadcastMessage) -> Result<(), QueryError> {
        let receivers: Vec<Receiver> = {
            let state = lock(&self.shared.state);
            let others = state.receivers.values().filter(|(end, _)| *end != self.own);
            others.map(|(_, receiver)| receiver.clone()).collect()
        };
        for receiver in receivers {
            receiver(message.clone());
        }
        Ok(())
    }

    fn receive(&self, receiver: Receiver) -> Subscription {
        let mut state = lock(&self.shared.state);
        state.next += 1;
        let slot = state.next;
        state.receivers.insert(slot, (self.own, receiver));
        let from: Weak<Ends> = Arc::downgrade(&self.shared);
        Subscription::new(from, slot)
    }
}

impl Forget for Ends {
    fn forget(&self, slot: u64) {
        let old = lock(&self.state).receivers.remove(&slot);
        drop(old);
    }
}
