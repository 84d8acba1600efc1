//! How is a transport set up?

use std::fmt;
use std::time::Duration;

use reqwest::header::HeaderMap;

use super::base_url::BaseUrl;
use super::transport::{Bearer, HttpTransport, Inner, header};
use crate::clock::SystemClock;
use crate::error::QueryError;
use crate::marker::{MaybeSend, MaybeSync};
use crate::resource::{EnvText, QueryApi};

impl HttpTransport {
    /// Sends requests to the API at a base URL, such as `https://api.example.org/v1`.
    ///
    /// In the browser the URL may begin with `/`; it is then below the page's own origin. Plain `http` is accepted, for
    /// development and closed networks: everything, tokens included, is then readable on the way.
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
}

/// Sets an [`HttpTransport`] up. A mistake is remembered and comes out of [`build`](Self::build).
#[must_use = "nothing is set up before `build`"]
pub struct HttpTransportBuilder {
    base_url: String,
    headers: Vec<(String, String)>,
    bearer: Option<Box<dyn Bearer>>,
    timeout: Duration,
    connect_timeout: Duration,
    idle_timeout: Option<Duration>,
    longest_answer: usize,
}

impl HttpTransportBuilder {
    fn new(base_url: &str) -> Self {
        Self {
            base_url: base_url.to_owned(),
            headers: Vec::new(),
            bearer: None,
            timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(5),
            idle_timeout: None,
            longest_answer: 10 * 1024 * 1024,
        }
    }

    /// Begins with the base URL and the headers of a declared API; see [`HttpTransport::for_api`].
    ///
    /// # Errors
    ///
    /// The API declares no base URL.
    pub fn for_api<A: QueryApi>() -> Result<Self, QueryError> {
        let base_url = A::BASE_URL.ok_or_else(|| {
            QueryError::invalid_request(format!("the API `{}` declares no base URL: use `HttpTransport::new`", A::NAME))
        })?;
        let mut builder = Self::new(&text(base_url));
        for (name, value) in A::HEADERS {
            builder = builder.header(name, &text(*value));
        }
        Ok(builder)
    }

    /// Sends a header with every request. Its value is never printed.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Asks for a bearer token before every request; `None` sends none.
    pub fn bearer(mut self, token: impl Fn() -> Option<String> + MaybeSend + MaybeSync + 'static) -> Self {
        self.bearer = Some(Box::new(token));
        self
    }

    /// Sets the longest time for a request and the whole of its answer; [`Request::timeout`](crate::Request::timeout) goes
    /// before it.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the longest time to connect; in the browser only [`timeout`](Self::timeout) counts.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Sets the longest time in which not one byte comes: before the first of an answer, or in the middle of it. *Default*:
    /// only [`timeout`](Self::timeout) counts, as it does in the browser.
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = Some(timeout);
        self
    }

    /// Sets the most bytes of an answer that are read.
    pub fn longest_answer(mut self, bytes: usize) -> Self {
        self.longest_answer = bytes;
        self
    }

    /// Returns the transport.
    ///
    /// # Errors
    ///
    /// The base URL or a header cannot be used, or TLS cannot be set up.
    pub fn build(self) -> Result<HttpTransport, QueryError> {
        let base = BaseUrl::parse(&self.base_url)?;
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let (name, value) = header(name, value)?;
            headers.append(name, value);
        }
        let client = client(self.connect_timeout, self.idle_timeout)
            .build()
            .map_err(|error| QueryError::message(format!("HTTP cannot be set up: {}", error.without_url())))?;
        let clock = SystemClock::new();
        let Self { bearer, timeout, connect_timeout, idle_timeout, longest_answer, .. } = self;
        let inner =
            Inner { base, client, headers, bearer, timeout, connect_timeout, idle_timeout, longest_answer, clock };
        Ok(HttpTransport { inner: inner.into() })
    }
}

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
fn client(connect_timeout: Duration, idle_timeout: Option<Duration>) -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder();
    let builder = idle_timeout.into_iter().fold(builder, reqwest::ClientBuilder::read_timeout);
    builder
        .connect_timeout(connect_timeout)
        // Followed by hand, as what may be followed depends on the verb.
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
}

#[cfg(all(target_family = "wasm", target_os = "unknown"))]
fn client(_: Duration, _: Option<Duration>) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
}

fn text(text: EnvText) -> String {
    #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
    if let Some(value) = text.env.and_then(|name| std::env::var(name).ok()) {
        return value;
    }
    text.default.to_owned()
}

impl fmt::Debug for HttpTransportBuilder {
    /// Shows neither values of headers nor the base URL, which is not checked yet and may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpTransportBuilder")
            .field("headers", &self.headers.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .field("has_bearer", &self.bearer.is_some())
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Social;

    impl QueryApi for Social {
        const NAME: &'static str = "social";
        const BASE_URL: Option<EnvText> = Some(EnvText {
            default: "https://api.example.org/v1/",
            env: Some("QUERY_RUNTIME_TEST_VARIABLE_THAT_NOBODY_SETS"),
        });
        const HEADERS: &'static [(&'static str, EnvText)] = &[("X-Client", EnvText { default: "canary", env: None })];
    }

    struct Nowhere;

    impl QueryApi for Nowhere {
        const NAME: &'static str = "nowhere";
    }

    #[test]
    fn a_declared_api_brings_its_url_and_headers() {
        let text = format!("{:?}", HttpTransport::for_api::<Social>().unwrap());
        assert!(text.contains("https://api.example.org/v1") && text.contains("x-client"), "{text}");
        assert!(!text.contains("canary"), "{text}");
        let error = HttpTransport::for_api::<Nowhere>().unwrap_err();
        assert!(error.to_string().contains("`nowhere` declares no base URL"), "{error}");
    }

    #[test]
    fn an_environment_variable_replaces_a_declared_text() {
        // Set for every test by cargo.
        let version = text(EnvText { default: "default", env: Some("CARGO_PKG_NAME") });
        assert_eq!(version, "query-runtime");
    }

    #[test]
    fn a_header_with_a_line_break_is_refused_and_not_repeated() {
        for (name, value) in [("X-Key", "canary\r\nEvil: 1"), ("X-Key", "canary\n"), ("X Key", "canary")] {
            let builder = HttpTransport::builder("https://api.example.org").header(name, value);
            assert!(!format!("{builder:?}").contains("canary"));
            let error = builder.build().unwrap_err();
            assert!(error.is_invalid_request() && !format!("{error:?}").contains("canary"), "{error:?}");
        }
    }

    #[test]
    fn values_of_headers_are_hidden_from_whoever_prints_the_request() {
        let (name, value) = header("X-Key", "canary").unwrap();
        assert_eq!(value, "canary");
        assert!(!format!("{:?}", HeaderMap::from_iter([(name, value)])).contains("canary"));
    }
}
