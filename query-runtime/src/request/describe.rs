//! How is a request described, and encoded as a whole?

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::QueryError;
use crate::resource::QueryApi;
use crate::transport::{Method, PreparedRequest, RawResponse};

use super::body::{self, Body};
use super::scalar::{Rewrite, scalar_text};
use super::{multipart, path, query};

/// One request to an endpoint.
///
/// # Examples
///
/// ```
/// use query_runtime::Request;
///
/// let request = Request::get("/users/{id}/posts").path("id", "u 1").query("tag", &["a", "b"]).query("page", &None::<u64>);
/// assert_eq!(request.prepare()?.path_and_query, "/users/u%201/posts?tag=a&tag=b");
/// # Ok::<(), query_runtime::QueryError>(())
/// ```
#[derive(Clone)]
#[must_use = "a request does nothing until it is sent"]
pub struct Request {
    method: Method,
    template: Cow<'static, str>,
    path: Vec<(&'static str, Value)>,
    query: Vec<(Cow<'static, str>, query::Given)>,
    headers: Vec<(String, String)>,
    body: Body,
    pub(super) error_body: Option<Arc<ReadErrorBody>>,
    idempotent: Option<bool>,
    timeout: Option<Duration>,
    watermark: Option<&'static str>,
    problem: Option<QueryError>,
}

/// The body of an answer that says no, as its declared type, and the message in it.
pub(super) struct ErrorBody {
    pub(super) body: Arc<dyn Any + Send + Sync>,
    pub(super) message: Option<String>,
}

type ReadErrorBody = dyn Fn(&[u8]) -> Option<ErrorBody> + Send + Sync;

impl Request {
    /// Describes a `GET` of a path with `{places}`.
    pub fn get(template: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Method::Get, template)
    }

    /// Describes a `POST` to a path with `{places}`.
    pub fn post(template: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Method::Post, template)
    }

    /// Describes a `PUT` to a path with `{places}`.
    pub fn put(template: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Method::Put, template)
    }

    /// Describes a `PATCH` of a path with `{places}`.
    pub fn patch(template: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Method::Patch, template)
    }

    /// Describes a `DELETE` of a path with `{places}`.
    pub fn delete(template: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Method::Delete, template)
    }

    /// Describes a request with any verb.
    pub fn new(method: Method, template: impl Into<Cow<'static, str>>) -> Self {
        Self {
            method,
            template: template.into(),
            path: Vec::new(),
            query: Vec::new(),
            headers: Vec::new(),
            body: Body::None,
            error_body: None,
            idempotent: None,
            timeout: None,
            watermark: None,
            problem: None,
        }
    }

    /// Fills a place of the path with a string, a number or a boolean.
    ///
    /// Every byte but letters, digits and `-_.~` is encoded. Empty values, `.` and `..` are refused: they would ask for another
    /// endpoint.
    pub fn path<T: Serialize + ?Sized>(mut self, name: &'static str, value: &T) -> Self {
        match serde_json::to_value(value) {
            Ok(value) => self.path.push((name, value)),
            Err(error) => {
                self.note(format!("the path parameter `{name}` cannot be serialized: {error}"));
            }
        }
        self
    }

    /// Adds a query parameter: nothing for `None`, one pair for a scalar, one pair an element for a list.
    pub fn query<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Self {
        self.add_query(name, value, false)
    }

    /// Adds a query parameter whose elements are joined by commas.
    pub fn query_comma<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Self {
        self.add_query(name, value, true)
    }

    /// Adds a query parameter, unless it is what the server assumes anyway.
    pub fn query_unless<T: Serialize + PartialEq + ?Sized>(self, name: &'static str, value: &T, default: &T) -> Self {
        if value == default { self } else { self.query(name, value) }
    }

    /// Adds a query parameter with its elements joined by commas, unless it is what the server assumes anyway.
    pub fn query_comma_unless<T: Serialize + PartialEq + ?Sized>(
        self,
        name: &'static str,
        value: &T,
        default: &T,
    ) -> Self {
        if value == default { self } else { self.query_comma(name, value) }
    }

    fn add_query<T: Serialize + ?Sized>(mut self, name: &'static str, value: &T, comma: bool) -> Self {
        match serde_json::to_value(value) {
            Ok(value) => self.query.push((name.into(), query::Given { value, comma })),
            Err(error) => {
                self.note(format!("the query parameter `{name}` cannot be serialized: {error}"));
            }
        }
        self
    }

    /// Adds a query parameter as it is.
    pub(super) fn given(mut self, name: String, given: query::Given) -> Self {
        self.query.push((name.into(), given));
        self
    }

    /// Says that the request cannot be sent.
    pub(super) fn refused(mut self, problem: &str) -> Self {
        self.note(problem.to_owned());
        self
    }

    /// Adds a header, unless its value is `None`.
    ///
    /// Line breaks, other control characters and characters beyond ASCII are refused.
    pub fn header<T: Serialize + ?Sized>(mut self, name: &str, value: &T) -> Self {
        match header_text(name, value) {
            Ok(Some(text)) => self.headers.push((name.to_owned(), text)),
            Ok(None) => {}
            Err(problem) => self.note(problem),
        }
        self
    }

    /// Sends a value as a JSON body.
    pub fn json<T: Serialize + ?Sized>(self, value: &T) -> Self {
        self.with_body(|body| body.json(serde_json::to_value(value)?))
    }

    /// Sends the changed members as a merge patch (RFC 7396).
    pub fn merge_patch<T: Serialize + ?Sized>(self, value: &T) -> Self {
        self.with_body(|body| body.merge_patch(serde_json::to_value(value)?))
    }

    /// Sends the changed members as a list of operations (RFC 6902).
    ///
    /// A list is sent as it is. Members of an object become `add` operations at their paths, which for a member of an object
    /// means "set": `replace` would fail where the server leaves members out that are null.
    pub fn json_patch<T: Serialize + ?Sized>(self, value: &T) -> Self {
        self.with_body(|body| body.json_patch(serde_json::to_value(value)?))
    }

    /// Adds one member to a JSON body.
    pub fn member<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Self {
        self.with_body(|body| body.member(name, serde_json::to_value(value)?))
    }

    /// Adds a file to a multipart body.
    pub fn part(self, name: &'static str, bytes: impl Into<Vec<u8>>) -> Self {
        self.with_body(|body| body.part(multipart::Part::file(name, bytes.into())))
    }

    /// Adds a field to a multipart body, unless it is `None`; a list or an object is sent as its JSON.
    pub fn field<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Self {
        self.with_body(|body| body.field(name, &serde_json::to_value(value)?))
    }

    fn with_body(mut self, change: impl FnOnce(&mut Body) -> Result<(), body::Problem>) -> Self {
        if let Err(problem) = change(&mut self.body) {
            self.note(problem.to_string());
        }
        self
    }

    /// Says how answers that say no are read: as `E`, with a message for people taken from it.
    pub fn error_body<E>(mut self, message: fn(&E) -> Option<String>) -> Self
    where
        E: DeserializeOwned + Send + Sync + 'static,
    {
        self.error_body = Some(Arc::new(move |bytes| {
            let body: E = serde_json::from_slice(bytes).ok()?;
            let message = message(&body);
            Some(ErrorBody { body: Arc::new(body), message })
        }));
        self
    }

    /// Says of which API it is: how far the server has seen is then read from the answer
    /// ([`QueryApi::WATERMARK`]).
    pub fn api<A: QueryApi>(mut self) -> Self {
        self.watermark = A::WATERMARK;
        self
    }

    /// Returns how far the server had seen when it answered, if the answer says so.
    pub(crate) fn watermark_in(&self, answer: &RawResponse) -> Option<u64> {
        answer.header(self.watermark?)?.trim().parse().ok()
    }

    /// Says whether sending it twice is sending it once; by default true for `GET`, `PUT` and `DELETE`.
    pub fn idempotent(mut self, idempotent: bool) -> Self {
        self.idempotent = Some(idempotent);
        self
    }

    /// Sets the longest time for the request and the whole of its answer, once it is its turn. *Default*: the transport's.
    ///
    /// It then fails with an error that [is a timeout](QueryError::is_timeout), whatever the transport.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Returns whether sending it twice is sending it once.
    pub fn is_idempotent(&self) -> bool {
        self.idempotent.unwrap_or(self.method.is_idempotent())
    }

    /// Returns the verb.
    pub fn method(&self) -> Method {
        self.method
    }

    /// Returns what the request attempts, without any value: `GET /users/{id}`.
    pub fn attempt(&self) -> String {
        format!("{} {}", self.method, self.template)
    }

    /// Only the first problem is kept: later ones often follow from it.
    fn note(&mut self, problem: String) {
        self.problem.get_or_insert_with(|| QueryError::invalid_request(problem));
    }

    /// Encodes the request.
    ///
    /// # Errors
    ///
    /// The description was not sound: an invalid-request error that says where.
    pub fn prepare(&self) -> Result<PreparedRequest, QueryError> {
        self.prepare_with(&|_| None)
    }

    /// Encodes the request after replacing scalars of its path, its query and its JSON body, such as temporary ids.
    ///
    /// # Errors
    ///
    /// The description was not sound: an invalid-request error that says where.
    pub fn prepare_with(&self, rewrite: Rewrite<'_>) -> Result<PreparedRequest, QueryError> {
        self.encode(rewrite).map_err(|error| error.during(self.attempt()))
    }

    fn encode(&self, rewrite: Rewrite<'_>) -> Result<PreparedRequest, QueryError> {
        if let Some(problem) = &self.problem {
            return Err(problem.clone());
        }
        let mut path_and_query =
            path::fill(&self.template, &self.path, rewrite).map_err(QueryError::invalid_request)?;
        query::append(&mut path_and_query, &self.query, rewrite).map_err(QueryError::invalid_request)?;
        let mut headers = self.headers.clone();
        let body =
            match self.body.encode(rewrite).map_err(|problem| QueryError::invalid_request(problem.to_string()))? {
                Some(_) if self.method == Method::Get => {
                    return Err(QueryError::invalid_request("a GET request has no body"));
                }
                Some(encoded) => {
                    set_default(&mut headers, "Content-Type", encoded.content_type);
                    Some(encoded.bytes)
                }
                None => None,
            };
        set_default(&mut headers, "Accept", "application/json".to_owned());
        Ok(PreparedRequest { method: self.method, path_and_query, headers, body, timeout: self.timeout })
    }
}

fn set_default(headers: &mut Vec<(String, String)>, name: &str, value: String) {
    if !headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name)) {
        headers.push((name.to_owned(), value));
    }
}

/// Returns the text of a header's value; the message never repeats the value.
fn header_text<T: Serialize + ?Sized>(name: &str, value: &T) -> Result<Option<String>, String> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_token) {
        return Err(format!("{name:?} is not a name of a header"));
    }
    let value = serde_json::to_value(value).map_err(|_| format!("the header `{name}` cannot be serialized"))?;
    if value.is_null() {
        return Ok(None);
    }
    let text =
        scalar_text(&value).ok_or_else(|| format!("the header `{name}` must be a string, a number or a boolean"))?;
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        Ok(Some(text))
    } else {
        Err(format!("the header `{name}` has a line break or another character that headers cannot carry"))
    }
}

impl fmt::Debug for Request {
    /// Shows no value: any of them may hold a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("template", &self.template)
            .field("query", &self.query.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .field("headers", &self.headers.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .field("problem", &self.problem)
            .finish_non_exhaustive()
    }
}
