//! What is an endpoint: a method and a path with named places?

use crate::origin::Spanned;

/// An HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// A path template such as `/users/{id}/posts`, as data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathTemplate {
    /// The text as written.
    pub text: String,
    /// Its parts, in order.
    pub parts: Vec<PathPart>,
}

/// A part of a path template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathPart {
    /// Text that is sent as it is, slashes included.
    Literal(String),
    /// A place for a parameter.
    Parameter {
        /// The parameter's name.
        name: String,
        /// The character of the text at which its `{` stands, 0-based.
        column: usize,
    },
}

/// A method and a path.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The method.
    pub method: Spanned<Method>,
    /// The path.
    pub path: Spanned<PathTemplate>,
}
