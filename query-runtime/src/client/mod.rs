//! What can a program ask of its cache?

pub(crate) mod core;
mod tasks;
