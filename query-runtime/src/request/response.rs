//! What did the server answer?

use std::fmt;

use serde::de::DeserializeOwned;

use super::describe::Request;
use super::retry_after;
use crate::error::{HttpFailure, QueryError};
use crate::page::{Envelope, Page};
use crate::transport::RawResponse;

/// How much of an answer that says no is kept as text.
const LONGEST_TEXT: usize = 64 * 1024;

/// An answer that says yes.
#[derive(Clone)]
pub struct Response {
    raw: RawResponse,
    attempt: String,
}

impl Request {
    /// Reads the answer to this request; `now` is compared with dates in it.
    ///
    /// # Errors
    ///
    /// The status is not between 200 and 299: an error with the status, the typed body and how long to wait.
    pub fn read(&self, raw: RawResponse, now: jiff::Timestamp) -> Result<Response, QueryError> {
        if (200..300).contains(&raw.status) {
            return Ok(Response { raw, attempt: self.attempt() });
        }
        let retry_after = raw.header("Retry-After").and_then(|text| retry_after::read(text, raw.header("Date"), now));
        let typed = self.error_body.as_ref().and_then(|read| read(&raw.body));
        let (body, message) = typed.map_or((None, None), |typed| (Some(typed.body), typed.message));
        let kept = &raw.body[..raw.body.len().min(LONGEST_TEXT)];
        let text = String::from_utf8_lossy(kept).into_owned();
        let failure = HttpFailure { status: raw.status, retry_after, text, body, message };
        Err(QueryError::http_failure(failure).during(self.attempt()))
    }
}

impl Response {
    /// Returns the status.
    pub fn status(&self) -> u16 {
        self.raw.status
    }

    /// Returns the value of a header, whatever the case of its name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.raw.header(name)
    }

    /// Reads the body as JSON. An empty body (204, say) is `null`, so that `()` and `Option` can be read from it.
    ///
    /// # Errors
    ///
    /// The body is not a `T`: a decode error.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, QueryError> {
        let body = self.raw.body.trim_ascii();
        let body = if body.is_empty() { b"null".as_slice() } else { body };
        serde_json::from_slice(body).map_err(|error| self.unreadable(error))
    }

    /// Reads the body as one page of a list under the names of an envelope. An empty body is not a page.
    ///
    /// # Errors
    ///
    /// The body is not such a page: a decode error.
    pub fn page<T: DeserializeOwned>(&self, envelope: &Envelope) -> Result<Page<T>, QueryError> {
        Page::from_json_bytes(&self.raw.body, envelope).map_err(|error| self.unreadable(error))
    }

    /// Takes success for all there is to know, whatever the body.
    ///
    /// # Errors
    ///
    /// None today; the signature is that of the other readers.
    pub fn empty(&self) -> Result<(), QueryError> {
        Ok(())
    }

    /// Returns the body as it came.
    pub fn bytes(&self) -> &[u8] {
        &self.raw.body
    }

    /// Returns the body as it came.
    pub fn into_bytes(self) -> Vec<u8> {
        self.raw.body
    }

    /// Reads the body as text.
    ///
    /// # Errors
    ///
    /// The body is not UTF-8: a decode error.
    pub fn text(&self) -> Result<String, QueryError> {
        std::str::from_utf8(&self.raw.body).map(str::to_owned).map_err(|error| self.unreadable(error))
    }

    fn unreadable(&self, error: impl std::error::Error + Send + Sync + 'static) -> QueryError {
        QueryError::decode(error).during(self.attempt.as_str())
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response").field("attempt", &self.attempt).field("raw", &self.raw).finish()
    }
}
