//! How do requests go over HTTP, natively and in the browser?
//!
//! A [`Transport`] on reqwest. Every request stays on the origin of its base URL: that is checked on the finished URL, before
//! anything is sent. Nothing is retried here, as the retry policy above does that; two layers would multiply.

mod base_url;
mod builder;
mod exchange;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

use self::base_url::BaseUrl;
use crate::error::QueryError;
use crate::marker::{BoxFuture, MaybeSend, MaybeSync};
use crate::resource::QueryApi;
use crate::transport::{PreparedRequest, RawResponse, Transport};

pub use builder::HttpTransportBuilder;

/// Sends requests over HTTP. Cloning shares the connections.
///
/// *Limits*, all settable: 30 s for the whole request and its answer, 5 s to connect (natively), 10 MiB for an answer. *Redirects*:
/// of `GET` requests only, on the same origin, at most five; in the browser, which follows redirects by itself, an answer from
/// another origin is refused.
#[derive(Clone)]
pub struct HttpTransport {
    inner: Arc<Inner>,
}

struct Inner {
    base: BaseUrl,
    client: reqwest::Client,
    headers: HeaderMap,
    bearer: Option<Box<dyn Bearer>>,
    timeout: Duration,
    /// Read natively only.
    connect_timeout: Duration,
    longest_answer: usize,
}

/// Gives the token of the moment.
///
/// A trait of our own, as a trait object cannot be "`Fn` and maybe `Send`".
trait Bearer: MaybeSend + MaybeSync + 'static {
    fn token(&self) -> Option<String>;
}

impl<F: Fn() -> Option<String> + MaybeSend + MaybeSync + 'static> Bearer for F {
    fn token(&self) -> Option<String> {
        self()
    }
}

impl HttpTransport {
    /// Sends requests to the API at a base URL, such as `https://api.example.org/v1`.
    ///
    /// In the browser the URL may begin with `/`; it is then below the page's own origin.
    ///
    /// # Errors
    ///
    /// The URL is not `http` or `https`, or has a user name, a password, a query or a fragment.
    pub fn new(base_url: &str) -> Result<Self, QueryError> {
        Self::builder(base_url).build()
    }

    /// Starts to set a transport up.
    pub fn builder(base_url: &str) -> HttpTransportBuilder {
        HttpTransportBuilder::new(base_url)
    }

    /// Sends requests to a declared API, with its base URL and headers.
    ///
    /// Natively, environment variables named in the declaration replace the declared texts; the browser has none.
    ///
    /// # Errors
    ///
    /// The API declares no base URL, or an unusable URL or header.
    pub fn for_api<A: QueryApi>() -> Result<Self, QueryError> {
        HttpTransportBuilder::for_api::<A>()?.build()
    }

    /// Returns the headers of a request; no message repeats a value.
    fn headers(&self, request: &PreparedRequest) -> Result<HeaderMap, QueryError> {
        let mut headers = self.inner.headers.clone();
        if let Some(token) = self.inner.bearer.as_ref().and_then(|bearer| bearer.token()) {
            let mut value = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| {
                QueryError::invalid_request(
                    "the bearer token has characters that headers cannot carry",
                )
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
fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), QueryError> {
    let parsed = HeaderName::try_from(name)
        .map_err(|_| QueryError::invalid_request(format!("{name:?} is not a name of a header")))?;
    let mut value = HeaderValue::try_from(value).map_err(|_| {
        QueryError::invalid_request(format!(
            "the header `{name}` has characters that headers cannot carry"
        ))
    })?;
    value.set_sensitive(true);
    Ok((parsed, value))
}

impl Transport for HttpTransport {
    fn send(
        &self,
        request: PreparedRequest,
    ) -> BoxFuture<'static, Result<RawResponse, QueryError>> {
        let transport = self.clone();
        Box::pin(async move {
            let attempt = format!("{} {}", request.method, request.path());
            transport.exchange(request).await.map_err(|error| error.during(attempt))
        })
    }
}

impl fmt::Debug for HttpTransport {
    /// Shows no value of a header.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpTransport")
            .field("base_url", &self.inner.base.as_str())
            .field(
                "headers",
                &self.inner.headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(),
            )
            .field("has_bearer", &self.inner.bearer.is_some())
            .field("timeout", &self.inner.timeout)
            .finish_non_exhaustive()
    }
}
