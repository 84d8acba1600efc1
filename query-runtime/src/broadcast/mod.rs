//! How do clients that run side by side tell each other what they know?
//!
//! Each posts what a fetch has brought, what the program has set, invalidated and removed; the others take it in where it is
//! newer. What came from another client is not posted again. A query without data says nothing, so that one that just
//! appeared takes nothing away from the others.

mod link;
mod local;
mod message;

use std::sync::Arc;

pub use self::{link::BroadcastLink, local::LocalChannel, message::BroadcastMessage};
use crate::{
    error::QueryError,
    marker::{MaybeSend, MaybeSync},
    signal::Subscription,
};

/// What a client is called with when another one has posted something.
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub type Receiver = Arc<dyn Fn(BroadcastMessage) + Send + Sync>;
/// What a client is called with when another one has posted something.
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
pub type Receiver = Arc<dyn Fn(BroadcastMessage)>;

/// Carries messages between clients: of one process ([`LocalChannel`]), or, by a program's own implementation, of several.
pub trait Broadcast: MaybeSend + MaybeSync + 'static {
    /// Hands a message to all other receivers, now or later, in the order of the calls.
    ///
    /// # Errors
    ///
    /// It could not be sent.
    fn post(&self, message: &BroadcastMessage) -> Result<(), QueryError>;

    /// Calls a receiver with what others post, until the subscription is dropped.
    fn receive(&self, receiver: Receiver) -> Subscription;
}
