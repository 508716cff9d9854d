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
    SignInFirst { next: String },
    /// A form was sent after its session had ended.
    #[error("sign in again")]
    SignInAgain(SentForm),
    /// Somebody else chose the password of the account.
    #[error("choose a password first")]
    OwnPasswordFirst,
    #[error("no permission")]
    Forbidden,
    #[error("the form did not come from our page")]
    ForeignForm,
    /// A form of one of our pages whose token is no longer that of the browser. It is kept.
    #[error("the form had expired")]
    ExpiredForm {
        /// The address that shows it again.
        again: String,
        /// Whether the browser has lost its secret, rather than having another: then the form is certainly its own.
        is_lost: bool,
    },
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

/// A form that was sent without a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentForm {
    /// The address of the page that has the form.
    pub page: String,
    /// The id of the kept form, which that page shows again after the sign-in; nothing if it was not kept.
    pub kept: Option<String>,
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
