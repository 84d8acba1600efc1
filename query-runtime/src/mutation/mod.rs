//! How does a program change data on the server, and what shows before the server has answered?

mod callbacks;
mod context;
mod observer;
mod optimism;
mod options;
mod run;

pub use self::{
    callbacks::MutationEvent,
    context::MutationContext,
    observer::{MutationHandle, MutationObserver, MutationResult},
    options::MutationOptions,
};
