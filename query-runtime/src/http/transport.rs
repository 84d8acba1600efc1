//! What does a transport over HTTP hold, and which headers does it send?

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

use crate::clock::SystemClock;
use crate::error::QueryError;
use crate::marker::{MaybeSend, MaybeSync};
use crate::transport::PreparedRequest;

use super::base_url::BaseUrl;

/// Sends requests over HTTP. Cloning shares the connections.
///
/// *Limits*, all settable: 30 s for the whole request and its answer, 5 s to connect (natively), 10 MiB for an answer. *Redirects*:
/// of `GET` requests only, on the same origin, at most five; in the browser, which follows redirects by itself, an answer from
/// another origin is refused.
#[derive(Clone)]
pub struct HttpTransport {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) base: BaseUrl,
    pub(super) client: reqwest::Client,
    pub(super) headers: HeaderMap,
    pub(super) bearer: Option<Box<dyn Bearer>>,
    pub(super) timeout: Duration,
    #[cfg_attr(
        all(target_family = "wasm", target_os = "unknown"),
        expect(dead_code, reason = "browsers do not tell connecting from waiting")
    )]
    pub(super) connect_timeout: Duration,
    #[cfg_attr(
        all(target_family = "wasm", target_os = "unknown"),
        expect(dead_code, reason = "browsers do not tell when bytes come")
    )]
    pub(super) idle_timeout: Option<Duration>,
    pub(super) longest_answer: usize,
    pub(super) clock: SystemClock,
}

/// Gives the token of the moment.
///
/// A trait of our own, as a trait object cannot be "`Fn` and maybe `Send`".
pub(super) trait Bearer: MaybeSend + MaybeSync + 'static {
    fn token(&self) -> Option<String>;
}

impl<F: Fn() -> Option<String> + MaybeSend + MaybeSync + 'static> Bearer for F {
    fn token(&self) -> Option<String> {
        self()
    }
}

impl HttpTransport {
    /// Returns the headers of a request; no message repeats a value.
    pub(super) fn headers(&self, request: &PreparedRequest) -> Result<HeaderMap, QueryError> {
        let mut headers = self.inner.headers.clone();
        if let Some(token) = self.inner.bearer.as_ref().and_then(|bearer| bearer.token()) {
            let mut value = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| {
                QueryError::invalid_request("the bearer token has characters that headers cannot carry")
            })?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        // Headers of the request replace those of the transport; given twice, both are sent.
        let mut given = HeaderMap::new();
        for (name, value) in &request.headers {
            let (name, value) = header(name, value)?;
            given.append(name, value);
        }
        headers.extend(given);
        Ok(headers)
    }
}

/// Reads a header; its value is marked so that nothing prints it.
pub(super) fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), QueryError> {
    let parsed = HeaderName::try_from(name)
        .map_err(|_| QueryError::invalid_request(format!("{name:?} is not a name of a header")))?;
    let mut value = HeaderValue::try_from(value).map_err(|_| {
        QueryError::invalid_request(format!("the header `{name}` has characters that headers cannot carry"))
    })?;
    value.set_sensitive(true);
    Ok((parsed, value))
}

impl fmt::Debug for HttpTransport {
    /// Shows no value of a header.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpTransport")
            .field("base_url", &self.inner.base.as_str())
            .field("headers", &self.inner.headers.keys().map(HeaderName::as_str).collect::<Vec<_>>())
            .field("has_bearer", &self.inner.bearer.is_some())
            .field("timeout", &self.inner.timeout)
            .finish_non_exhaustive()
    }
}
