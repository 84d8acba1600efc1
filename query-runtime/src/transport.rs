//! How does a request get to the server and the answer back?
//!
//! A port: `HttpTransport` is one implementation, the scripted one of tests another. What passes here is plain data; the rules
//! of URLs, bodies and errors are on the other side, in `request`.

use std::fmt;
use std::time::Duration;

use crate::error::QueryError;
use crate::marker::{BoxFuture, MaybeSend, MaybeSync};

/// Sends requests.
pub trait Transport: MaybeSend + MaybeSync + 'static {
    /// Sends a request and returns the whole answer, whatever its status.
    ///
    /// # Errors
    ///
    /// The future fails with an error that is a network error, a timeout, an unreadable answer or an invalid request.
    ///
    /// # Cancel safety
    ///
    /// Nothing happens before the future is polled; dropping it aborts the request.
    fn send(&self, request: PreparedRequest) -> BoxFuture<'static, Result<RawResponse, QueryError>>;
}

impl<T: Transport + ?Sized> Transport for std::sync::Arc<T> {
    fn send(&self, request: PreparedRequest) -> BoxFuture<'static, Result<RawResponse, QueryError>> {
        self.as_ref().send(request)
    }
}

/// The verb of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Method {
    /// Reads.
    Get,
    /// Creates, or does anything.
    Post,
    /// Replaces.
    Put,
    /// Changes a part.
    Patch,
    /// Deletes.
    Delete,
}

impl Method {
    /// Returns the verb as it is sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Returns whether doing it twice is doing it once (RFC 9110, 9.2.2).
    pub const fn is_idempotent(self) -> bool {
        matches!(self, Self::Get | Self::Put | Self::Delete)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A request as it is sent.
#[derive(Clone, PartialEq, Eq)]
pub struct PreparedRequest {
    /// The verb.
    pub method: Method,
    /// The path below the base URL and the query string, encoded: `/users/u1?page=2`.
    pub path_and_query: String,
    /// Names and values, in the order in which they were given.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<Vec<u8>>,
    /// The longest time for it and its answer, where it has its own. The client keeps to it whatever the transport does.
    pub timeout: Option<Duration>,
}

impl PreparedRequest {
    /// Returns the path without the query string.
    pub fn path(&self) -> &str {
        self.path_and_query.split('?').next().unwrap_or_default()
    }

    /// Returns the value of a header, whatever the case of its name.
    pub fn header(&self, name: &str) -> Option<&str> {
        find_header(&self.headers, name)
    }
}

impl fmt::Debug for PreparedRequest {
    /// Shows neither values of headers nor the query string nor the body: any of them may hold a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PreparedRequest")
            .field("method", &self.method)
            .field("path", &self.path())
            .field("headers", &names(&self.headers))
            .field("body_length", &self.body.as_ref().map(Vec::len))
            .finish_non_exhaustive()
    }
}

/// An answer as it came.
#[derive(Clone, PartialEq, Eq)]
pub struct RawResponse {
    /// The status.
    pub status: u16,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The body; empty if there was none.
    pub body: Vec<u8>,
}

impl RawResponse {
    /// Returns the value of a header, whatever the case of its name.
    pub fn header(&self, name: &str) -> Option<&str> {
        find_header(&self.headers, name)
    }
}

impl fmt::Debug for RawResponse {
    /// Shows neither values of headers nor the body.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawResponse")
            .field("status", &self.status)
            .field("headers", &names(&self.headers))
            .field("body_length", &self.body.len())
            .finish()
    }
}

fn find_header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

fn names(headers: &[(String, String)]) -> Vec<&str> {
    headers.iter().map(|(name, _)| name.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_text_shows_no_secret() {
        let request = PreparedRequest {
            method: Method::Post,
            path_and_query: "/login?token=canary".to_owned(),
            headers: vec![("Authorization".to_owned(), "Bearer canary".to_owned())],
            body: Some(b"canary".to_vec()),
            timeout: None,
        };
        let answer = RawResponse {
            status: 200,
            headers: vec![("Set-Cookie".to_owned(), "canary".to_owned())],
            body: b"canary".to_vec(),
        };
        let text = format!("{request:?} {request:#?} {answer:?}");
        assert!(!text.contains("canary"), "{text}");
        assert!(text.contains("/login") && text.contains("Authorization") && text.contains("Set-Cookie"), "{text}");
        assert_eq!(request.header("authorization"), Some("Bearer canary"));
    }
}
