//! The errors that handlers of pages return. How each is shown is in [`super::error_page`].

use crate::db::{Error as DbError, Failed, Failure, QueryError};
use actix_web::HttpResponse;

#[derive(Debug, thiserror::Error)]
pub enum PageError {
    #[error("not found")]
    NotFound,
    #[error("gone: {}", .0.title)]
    Gone(Gone),
    #[error("sign in first")]
    SignInFirst {
        next: String,
        /// Whether the request was a form: then the session ended after its page was shown.
        sent_form: bool,
    },
    #[error("no permission")]
    Forbidden,
    #[error("the form did not come from our page")]
    ForeignForm,
    /// The browser names another origin than the one that the server was asked for: another site, or a proxy that
    /// changes the host.
    #[error("the form came from {origin}, and the server was asked as {host}")]
    ForeignOrigin { origin: String, host: String },
    #[error("too large")]
    TooLarge { limit_bytes: usize },
    #[error("unreadable")]
    Unreadable(&'static str),
    #[error("too many tries")]
    TooMany { retry_after_seconds: u64 },
    #[error(transparent)]
    Database(#[from] DbError),
    #[error("fault: {0}")]
    Fault(String),
}

/// Explains why an address has nothing any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone {
    pub title: &'static str,
    pub text: &'static str,
    /// The address and the words of the link to go on.
    pub go_on: (&'static str, &'static str),
}

pub type PageResult = Result<HttpResponse, PageError>;

impl From<Failed<std::convert::Infallible>> for PageError {
    fn from(failed: Failed<std::convert::Infallible>) -> Self {
        match failed {
            Failed::Database(error) => Self::Database(error),
            Failed::Refused(never) => match never {},
        }
    }
}

impl From<QueryError> for PageError {
    fn from(error: QueryError) -> Self {
        Self::Database(error.into())
    }
}

/// A page can be read inside a transaction, and end it with [`PageError::NotFound`].
impl Failure for PageError {
    fn database(&self) -> Option<&DbError> {
        if let Self::Database(error) = self { Some(error) } else { None }
    }
}

impl From<askama::Error> for PageError {
    fn from(error: askama::Error) -> Self {
        Self::Fault(format!("template: {error}"))
    }
}
