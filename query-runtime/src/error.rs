//! What went wrong, as a reader of the cache sees it?
//!
//! One opaque type, cheap to clone. *Never* holds or prints header values, tokens or a query string: the text is safe to log.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Why a fetch or a mutation has no result.
///
/// Two errors are equal if they are one and the same occurrence.
#[derive(Clone)]
pub struct QueryError {
    cause: Arc<Cause>,
    attempt: Option<Arc<str>>,
    is_final: bool,
}

struct Cause {
    kind: Kind,
    source: Option<Box<dyn Error + Send + Sync>>,
}

enum Kind {
    Network,
    Timeout(Duration),
    Cancelled,
    Fenced,
    Http(HttpFailure),
    Decode,
    InvalidRequest(String),
    Rejected(String),
    MissingFetch,
    MissingMutation,
    WrongType { expected: &'static str, found: &'static str },
    Custom,
    Message(String),
}

/// What is known of an answer that says no.
pub(crate) struct HttpFailure {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) text: String,
    pub(crate) body: Option<Arc<dyn Any + Send + Sync>>,
    pub(crate) message: Option<String>,
}

impl QueryError {
    fn new(kind: Kind, source: Option<Box<dyn Error + Send + Sync>>) -> Self {
        Self { cause: Arc::new(Cause { kind, source }), attempt: None, is_final: false }
    }

    /// Wraps an error of the user's own.
    pub fn custom(error: impl Error + Send + Sync + 'static) -> Self {
        Self::new(Kind::Custom, Some(Box::new(error)))
    }

    /// Makes an error of a sentence.
    pub fn message(text: impl Into<String>) -> Self {
        Self::new(Kind::Message(text.into()), None)
    }

    /// Says that the server was not reached, or the connection broke.
    pub fn network(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(Kind::Network, Some(source.into()))
    }

    /// Says that there was no answer within `limit`.
    pub fn timeout(limit: Duration) -> Self {
        Self::new(Kind::Timeout(limit), None)
    }

    /// Says that nobody wanted the result any more.
    pub fn cancelled() -> Self {
        Self::new(Kind::Cancelled, None)
    }

    /// Says that somebody else uses the cache now.
    pub(crate) fn fenced() -> Self {
        Self::new(Kind::Fenced, None)
    }

    /// Says that the server answered with a status that is not a success.
    pub fn http(status: u16) -> Self {
        Self::http_failure(HttpFailure { status, retry_after: None, text: String::new(), body: None, message: None })
    }

    pub(crate) fn http_failure(failure: HttpFailure) -> Self {
        Self::new(Kind::Http(failure), None)
    }

    /// Says that the answer is not what its type says.
    pub fn decode(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(Kind::Decode, Some(source.into()))
    }

    /// Says that the request cannot be sent as it is, such as one with an empty path parameter.
    pub fn invalid_request(text: impl Into<String>) -> Self {
        Self::new(Kind::InvalidRequest(text.into()), None)
    }

    /// Says that a mutation was not sent because one that it depends on failed.
    pub fn rejected(text: impl Into<String>) -> Self {
        Self::new(Kind::Rejected(text.into()), None)
    }

    /// Says that an entry was to be fetched that nobody told how.
    pub fn missing_fetch() -> Self {
        Self::new(Kind::MissingFetch, None)
    }

    /// Says that a mutation was to be sent that nobody told how.
    pub fn missing_mutation() -> Self {
        Self::new(Kind::MissingMutation, None)
    }

    /// Says that one key was used with two types of data.
    pub fn wrong_type(expected: &'static str, found: &'static str) -> Self {
        Self::new(Kind::WrongType { expected, found }, None)
    }

    /// Adds what was attempted, such as `GET /users/{id}`; the first one given is kept, as it knows best.
    #[must_use]
    pub fn during(mut self, attempt: impl Into<Arc<str>>) -> Self {
        if self.attempt.is_none() {
            self.attempt = Some(attempt.into());
        }
        self
    }

    /// Says that no retry helps, whatever the retry policy says.
    ///
    /// # Examples
    ///
    /// ```
    /// use query_runtime::{QueryError, RetryDecision, RetryPolicy};
    ///
    /// let error = QueryError::message("the licence has ended").without_retry();
    /// assert_eq!(RetryPolicy::forever().decide(0, &error, true, 0.5), RetryDecision::GiveUp);
    /// ```
    #[must_use]
    pub fn without_retry(mut self) -> Self {
        self.is_final = true;
        self
    }

    /// Returns whether the program has said that no retry helps.
    pub fn is_final(&self) -> bool {
        self.is_final
    }

    /// Returns whether the server was not reached, or the connection broke.
    pub fn is_network(&self) -> bool {
        matches!(self.cause.kind, Kind::Network)
    }

    /// Returns whether there was no answer in time.
    pub fn is_timeout(&self) -> bool {
        matches!(self.cause.kind, Kind::Timeout(_))
    }

    /// Returns whether nobody wanted the result any more.
    pub fn is_cancelled(&self) -> bool {
        matches!(self.cause.kind, Kind::Cancelled | Kind::Fenced)
    }

    /// Returns whether somebody else uses the cache now.
    pub(crate) fn is_fenced(&self) -> bool {
        matches!(self.cause.kind, Kind::Fenced)
    }

    /// Returns whether the answer was not what its type says.
    pub fn is_decode(&self) -> bool {
        matches!(self.cause.kind, Kind::Decode)
    }

    /// Returns whether the request could not be sent as it was.
    pub fn is_invalid_request(&self) -> bool {
        matches!(self.cause.kind, Kind::InvalidRequest(_))
    }

    /// Returns whether a mutation was not sent because one that it depends on failed.
    pub fn is_rejected(&self) -> bool {
        matches!(self.cause.kind, Kind::Rejected(_))
    }

    /// Returns whether nobody told how to fetch the entry.
    pub fn is_missing_fetch(&self) -> bool {
        matches!(self.cause.kind, Kind::MissingFetch)
    }

    /// Returns whether nobody told how to send the mutation.
    pub fn is_missing_mutation(&self) -> bool {
        matches!(self.cause.kind, Kind::MissingMutation)
    }

    /// Returns whether one key was used with two types of data.
    pub fn is_wrong_type(&self) -> bool {
        matches!(self.cause.kind, Kind::WrongType { .. })
    }

    fn failure(&self) -> Option<&HttpFailure> {
        match &self.cause.kind {
            Kind::Http(failure) => Some(failure),
            _ => None,
        }
    }

    /// Returns the status of an answer that says no.
    pub fn status(&self) -> Option<u16> {
        self.failure().map(|failure| failure.status)
    }

    /// Returns how long the server asked to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        self.failure().and_then(|failure| failure.retry_after)
    }

    /// Returns the body of an answer that says no, as text.
    pub fn body_text(&self) -> Option<&str> {
        self.failure().map(|failure| failure.text.as_str())
    }

    /// Returns the body of an answer that says no, if the endpoint declares bodies of type `E` and this one could be read so.
    pub fn body<E: 'static>(&self) -> Option<&E> {
        self.failure()?.body.as_deref()?.downcast_ref()
    }
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(attempt) = &self.attempt {
            write!(f, "{attempt}: ")?;
        }
        match &self.cause.kind {
            Kind::Network => f.write_str("the server could not be reached"),
            Kind::Timeout(limit) => write!(f, "no answer within {limit:?}"),
            Kind::Cancelled => f.write_str("cancelled"),
            Kind::Fenced => f.write_str("cancelled: another principal uses the cache"),
            Kind::Http(failure) => {
                write!(f, "the server answered with status {}", failure.status)?;
                failure.message.as_ref().map_or(Ok(()), |message| write!(f, ": {message}"))
            }
            Kind::Decode => f.write_str("the answer could not be read"),
            Kind::InvalidRequest(text) => write!(f, "the request cannot be sent: {text}"),
            Kind::Rejected(text) => write!(f, "not sent: {text}"),
            Kind::MissingFetch => f.write_str("nothing says how to fetch this entry: give its options first"),
            Kind::MissingMutation => {
                f.write_str("nothing says how to send this mutation: give it a function, or its key a default")
            }
            Kind::WrongType { expected, found } => {
                write!(f, "the entry holds `{found}`, not `{expected}`: use one key for one type of data")
            }
            Kind::Custom => f.write_str("the query function failed"),
            Kind::Message(text) => f.write_str(text),
        }
    }
}

impl fmt::Debug for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("QueryError");
        debug.field("text", &format_args!("{self}"));
        if let Some(source) = &self.cause.source {
            debug.field("source", source);
        }
        debug.finish_non_exhaustive()
    }
}

impl Error for QueryError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.cause.source.as_deref()?)
    }
}

impl PartialEq for QueryError {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.cause, &other.cause)
    }
}

impl Eq for QueryError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure() -> QueryError {
        QueryError::http_failure(HttpFailure {
            status: 422,
            retry_after: Some(Duration::from_secs(5)),
            text: "no".to_owned(),
            body: Some(Arc::new(7_u32)),
            message: Some("the name is taken".to_owned()),
        })
    }

    #[test]
    fn text_says_what_was_attempted() {
        let error = failure().during("POST /users").during("something above");
        assert_eq!(error.to_string(), "POST /users: the server answered with status 422: the name is taken");
        let error = QueryError::network("connection refused");
        assert_eq!(error.to_string(), "the server could not be reached");
        assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("connection refused"));
    }

    #[test]
    fn a_typed_body_is_found_under_its_own_type_only() {
        let error = failure();
        assert_eq!(error.body::<u32>(), Some(&7));
        assert_eq!(error.body::<String>(), None);
        assert_eq!(error.status(), Some(422));
        assert_eq!(error.retry_after(), Some(Duration::from_secs(5)));
        assert_eq!(error.body_text(), Some("no"));
    }

    #[test]
    fn each_error_answers_to_exactly_one_predicate() {
        let errors = [
            QueryError::network("x"),
            QueryError::timeout(Duration::from_secs(1)),
            QueryError::cancelled(),
            QueryError::decode("x"),
            QueryError::invalid_request("x"),
            QueryError::rejected("x"),
            QueryError::missing_fetch(),
            QueryError::missing_mutation(),
            QueryError::wrong_type("A", "B"),
        ];
        for (index, error) in errors.iter().enumerate() {
            let answers = [
                error.is_network(),
                error.is_timeout(),
                error.is_cancelled(),
                error.is_decode(),
                error.is_invalid_request(),
                error.is_rejected(),
                error.is_missing_fetch(),
                error.is_missing_mutation(),
                error.is_wrong_type(),
            ];
            let expected: Vec<bool> = (0..errors.len()).map(|other| other == index).collect();
            assert_eq!(answers.to_vec(), expected, "{error}");
        }
    }

    #[test]
    fn an_error_is_equal_to_its_clones_only() {
        let error = QueryError::cancelled();
        assert_eq!(error, error.clone().during("GET /users"));
        assert_ne!(error, QueryError::cancelled());
    }
}
