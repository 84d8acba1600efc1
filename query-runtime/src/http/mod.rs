//! How do requests go over HTTP, natively and in the browser?
//!
//! A `Transport` on reqwest. Every request stays on the origin of its base URL: that is checked on the finished URL, before
//! anything is sent. Nothing is retried here, as the retry policy above does that; two layers would multiply.

mod base_url;
mod builder;
mod exchange;
mod transport;

pub use builder::HttpTransportBuilder;
pub use transport::HttpTransport;
