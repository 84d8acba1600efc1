//! How does server data outlive the program?
//!
//! Two ways, over one [`Storage`](crate::Storage): a [`Persister`] keeps the whole cache as one text and reads it back when
//! the program starts; a [`QueryPersister`] keeps each query under its own name and reads it when it is first asked for.

mod fetch;
mod keep;
mod persister;
mod queries;

pub use self::{
    keep::Persistence,
    persister::{DiscardReason, Persister, Restored},
    queries::QueryPersister,
};
