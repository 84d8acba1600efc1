//! How does one request become one answer: its time, its size, its redirects?

use std::time::Duration;

use reqwest::Url;
use reqwest::header::{HeaderMap, LOCATION};

use super::transport::HttpTransport;
use crate::clock::{Clock as _, Moment, SystemClock};
use crate::error::QueryError;
use crate::marker::BoxFuture;
use crate::transport::{Method, PreparedRequest, RawResponse, Transport};

/// How many redirects are followed.
const MOST_REDIRECTS: u32 = 5;

impl Transport for HttpTransport {
    fn send(&self, request: PreparedRequest) -> BoxFuture<'static, Result<RawResponse, QueryError>> {
        let transport = self.clone();
        // What was attempted is added by the request, which knows the template: ids in a path may be secrets.
        Box::pin(async move { transport.exchange(request).await })
    }
}

impl HttpTransport {
    /// Sends a request and reads the whole answer within the time it has.
    async fn exchange(&self, request: PreparedRequest) -> Result<RawResponse, QueryError> {
        let url = self.inner.base.join(&request.path_and_query)?;
        let headers = self.headers(&request)?;
        let limit = Limit::from_now(&self.inner.clock, request.timeout.unwrap_or(self.inner.timeout));
        self.within(limit, self.follow(request, url, headers, limit)).await
    }

    async fn follow(
        &self,
        request: PreparedRequest,
        mut url: Url,
        headers: HeaderMap,
        limit: Limit,
    ) -> Result<RawResponse, QueryError> {
        let method = request.method;
        let mut body = request.body;
        let mut redirects = 0;
        loop {
            let answer = self.send_once(method, &url, headers.clone(), body.take(), limit).await?;
            if !self.inner.base.is_origin_of(answer.url()) {
                return Err(QueryError::network("the answer came from another origin"));
            }
            match self.redirect(method, &url, &answer) {
                // A redirect that is not followed is the answer, and no success.
                None => return self.read(answer, limit).await,
                Some(_) if redirects == MOST_REDIRECTS => {
                    return Err(QueryError::network("the server redirects without end"));
                }
                Some(next) => url = next,
            }
            redirects += 1;
        }
    }

    async fn send_once(
        &self,
        method: Method,
        url: &Url,
        headers: HeaderMap,
        body: Option<Vec<u8>>,
        limit: Limit,
    ) -> Result<reqwest::Response, QueryError> {
        let mut request = self.inner.client.request(verb(method), url.clone()).headers(headers);
        if let Some(body) = body {
            request = request.body(body);
        }
        #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
        let request = request.timeout(limit.deadline.since(self.inner.clock.now()));
        #[cfg(all(target_family = "wasm", target_os = "unknown"))]
        let _ = limit.deadline;
        request.send().await.map_err(|error| self.failure(error, limit))
    }

    /// Returns where a redirect leads that may be followed: of a `GET`, on the same origin.
    fn redirect(&self, method: Method, url: &Url, answer: &reqwest::Response) -> Option<Url> {
        if method != Method::Get || !matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
            return None;
        }
        let location = answer.headers().get(LOCATION)?.to_str().ok()?;
        let next = url.join(location).ok()?;
        let is_plain = next.username().is_empty() && next.password().is_none();
        (is_plain && self.inner.base.is_origin_of(&next)).then_some(next)
    }

    async fn read(&self, answer: reqwest::Response, limit: Limit) -> Result<RawResponse, QueryError> {
        let longest = self.inner.longest_answer;
        let status = answer.status().as_u16();
        let headers = answer
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        if answer.content_length().is_some_and(|length| length > longest as u64) {
            return Err(too_long(longest));
        }
        let body = self.read_body(answer, longest, limit).await?;
        Ok(RawResponse { status, headers, body })
    }

    /// Counts while it reads: what the answer says of its length may be missing or wrong.
    #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
    async fn read_body(
        &self,
        mut answer: reqwest::Response,
        longest: usize,
        limit: Limit,
    ) -> Result<Vec<u8>, QueryError> {
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| self.failure(error, limit))? {
            if body.len() + chunk.len() > longest {
                return Err(too_long(longest));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// The browser hands a body over in one piece; the check keeps what is too long out of the cache, not out of memory.
    #[cfg(all(target_family = "wasm", target_os = "unknown"))]
    async fn read_body(&self, answer: reqwest::Response, longest: usize, limit: Limit) -> Result<Vec<u8>, QueryError> {
        let body = answer.bytes().await.map_err(|error| self.failure(error, limit))?;
        if body.len() > longest { Err(too_long(longest)) } else { Ok(body.into()) }
    }

    /// Classifies what reqwest says, without the URL in it.
    fn failure(&self, error: reqwest::Error, limit: Limit) -> QueryError {
        if error.is_timeout() {
            QueryError::timeout(self.limit_of(&error, limit))
        } else if error.is_builder() {
            QueryError::invalid_request(error.without_url().to_string())
        } else {
            QueryError::network(error.without_url())
        }
    }

    /// Returns which of the limits ran out.
    #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
    fn limit_of(&self, error: &reqwest::Error, limit: Limit) -> Duration {
        if error.is_connect() {
            self.inner.connect_timeout
        } else {
            let idle = self.inner.idle_timeout.filter(|_| self.inner.clock.now() < limit.deadline);
            idle.unwrap_or(limit.time)
        }
    }

    #[cfg(all(target_family = "wasm", target_os = "unknown"))]
    fn limit_of(&self, _: &reqwest::Error, limit: Limit) -> Duration {
        limit.time
    }

    /// Natively reqwest itself keeps to the deadline, from the first byte sent to the last one read.
    #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
    async fn within<T>(&self, _: Limit, work: impl Future<Output = Result<T, QueryError>>) -> Result<T, QueryError> {
        // Reqwest would panic at its first socket.
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(QueryError::message("HTTP needs a tokio runtime: poll the request inside one"));
        }
        work.await
    }

    /// In the browser the work races the clock; losing drops the request, which aborts it.
    #[cfg(all(target_family = "wasm", target_os = "unknown"))]
    async fn within<T>(
        &self,
        limit: Limit,
        work: impl Future<Output = Result<T, QueryError>>,
    ) -> Result<T, QueryError> {
        use std::task::Poll;

        use crate::clock::{BrowserSleeper, Sleeper as _};

        let mut work = std::pin::pin!(work);
        let mut sleep = BrowserSleeper::new(self.inner.clock).sleep_until(limit.deadline);
        std::future::poll_fn(move |context| {
            if let Poll::Ready(answer) = work.as_mut().poll(context) {
                return Poll::Ready(answer);
            }
            sleep.as_mut().poll(context).map(|()| Err(QueryError::timeout(limit.time)))
        })
        .await
    }
}

/// How long one request with all its redirects may take.
#[derive(Clone, Copy)]
struct Limit {
    time: Duration,
    deadline: Moment,
}

impl Limit {
    fn from_now(clock: &SystemClock, time: Duration) -> Self {
        Self { time, deadline: clock.now() + time.min(LONGEST_TIMEOUT) }
    }
}

/// A timeout of `Duration::MAX` means "none"; adding it to an instant would overflow.
const LONGEST_TIMEOUT: Duration = Duration::from_hours(365 * 24);

fn verb(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
    }
}

fn too_long(limit: usize) -> QueryError {
    QueryError::decode(format!("it has more than {limit} bytes"))
}
