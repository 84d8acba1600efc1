//! How does a program change data on the server, and what shows before the server has answered?

mod attempting;
mod callbacks;
mod conflict;
mod context;
mod ending;
mod filter;
mod handle;
mod journal;
mod observer;
mod optimism;
mod options;
mod run;
mod saved;
mod settings;
mod state;

pub use self::{
    callbacks::{MutationCallbacks, MutationEvent, MutationNotice},
    conflict::{Conflict, Resolution},
    context::MutationContext,
    filter::MutationFilter,
    handle::MutationHandle,
    observer::MutationObserver,
    options::MutationOptions,
    settings::{MutationDefaults, MutationScope},
    state::{MutationResult, MutationState},
};
pub(crate) use self::{
    handle::{cancel, decide},
    run::{Run, state_of},
    saved::{SavedMutation, paused},
};
