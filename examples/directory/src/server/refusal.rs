//! How does the server say no?

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

/// An answer that is not a success, with the body that the schema calls `ApiError`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Refusal {
    /// Says that there is no such row.
    pub(super) fn missing(what: &str, id: &str) -> Self {
        Self { status: StatusCode::NOT_FOUND, code: "missing", message: format!("there is no {what} `{id}`") }
    }

    /// Says that a value is not allowed.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, code: "invalid", message: message.into() }
    }

    /// Says that a request cannot be read.
    pub(super) fn unreadable(message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code: "unreadable", message: message.into() }
    }

    /// Says what the server was told to say.
    pub(super) fn told(status: u16) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, code: "told", message: "told to fail".to_owned() }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "message": self.message, "code": self.code }))).into_response()
    }
}
