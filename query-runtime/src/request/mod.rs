//! What does a fetch or a mutation ask of the server?
//!
//! A request is described, then prepared: encoded and checked as a whole. A mistake in the description is remembered and comes
//! out of `Request::prepare`, so that descriptions read as one chain and nothing wrong is ever sent.

mod body;
mod describe;
mod multipart;
mod path;
mod query;
mod response;
mod retry_after;
mod scalar;
mod url;

pub use describe::Request;
pub use response::Response;
pub use scalar::Rewrite;

#[cfg(test)]
mod tests;
