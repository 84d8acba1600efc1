//! What does a program look like that runs on generated query hooks? A directory of people, over a live HTTP server.

pub mod api;
pub mod notes;
pub mod print;
pub mod select;
pub mod server;
pub mod timeline;
pub mod walk;
