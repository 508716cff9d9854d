//! Errors of the API: `application/problem+json` (RFC 9457) with a stable `code` and the numbers that explain it.

use crate::{
    db::{Error as DbError, ErrorKind},
    web::error::{PageError, log_fault},
};
use actix_web::{HttpResponse, ResponseError, http::StatusCode};
use serde_json::{Map, Value, json};

/// One error, as the API answers it.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Problem {
    /// The HTTP status.
    pub status: StatusCode,
    /// What programs tell errors apart by; it never changes.
    pub code: &'static str,
    /// What people read.
    pub detail: String,
    /// The numbers and names that explain it, beside the members of RFC 9457.
    pub members: Map<String, Value>,
}

impl Problem {
    /// A problem without further members.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), members: Map::new() }
    }

    /// The same with one more member.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut body = self.members.clone();
        body.insert("type".to_owned(), json!("about:blank"));
        body.insert("title".to_owned(), json!(self.status.canonical_reason()));
        body.insert("status".to_owned(), json!(self.status.as_u16()));
        body.insert("code".to_owned(), json!(self.code));
        body.insert("detail".to_owned(), json!(self.detail));
        HttpResponse::build(self.status).content_type("application/problem+json").json(body)
    }
}

impl From<PageError> for Problem {
    fn from(error: PageError) -> Self {
        let status = error.status_code();
        match error {
            PageError::NotFound => Self::new(status, "not_found", "There is nothing at this address."),
            PageError::SignInFirst { .. } => {
                Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "Send a bearer token that counts.")
            }
            PageError::ForeignForm => Self::new(status, "forbidden", "This is not allowed."),
            PageError::TooLarge { limit_bytes } => {
                Self::new(status, "too_large", format!("Send at most {limit_bytes} bytes."))
                    .with("limit_bytes", limit_bytes)
            }
            PageError::Unreadable(detail) => Self::new(status, "unreadable", detail),
            PageError::TooMany { retry_after_seconds } => {
                Self::new(status, "too_many_requests", format!("Try again in {retry_after_seconds} seconds."))
            }
            PageError::Database(error) => error.into(),
            PageError::Fault(fault) => Self::fault(&fault),
        }
    }
}

impl From<DbError> for Problem {
    fn from(error: DbError) -> Self {
        let unavailable = StatusCode::SERVICE_UNAVAILABLE;
        match error.kind() {
            ErrorKind::Busy => {
                Self::new(unavailable, "database_busy", "Nothing was changed. Try again in a few seconds.")
            }
            ErrorKind::ReadOnly => {
                Self::new(unavailable, "database_read_only", "Nothing was changed. The database is read-only.")
            }
            ErrorKind::Unavailable => {
                Self::new(unavailable, "database_unavailable", "Nothing was changed. Try again later.")
            }
            ErrorKind::Fault => Self::fault(&error.to_string()),
        }
    }
}

impl Problem {
    /// A fault of the program: the log has what it was, under the id that the answer carries.
    fn fault(fault: &str) -> Self {
        let id = log_fault(&fault);
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "fault",
            "The fault is in flashsale. Its log has more under this id.",
        )
        .with("id", id)
    }
}
