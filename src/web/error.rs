//! The errors that handlers of pages return. How each is shown is in [`super::error_page`].

use crate::db::{Error as DbError, Failed, Failure, QueryError};
use actix_web::HttpResponse;

/// Why a page was not shown.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// There is nothing at this address.
    #[error("not found")]
    NotFound,
    /// There is nothing at this address any more, and what became of it can be said.
    #[error("gone: {}", .0.title)]
    Gone(Gone),
    /// Nobody is signed in; `next` is where they were going.
    #[error("sign in first")]
    SignInFirst {
        /// The path and query to go on to.
        next: String,
        /// Whether a form was sent: whoever had one was signed in when its page was shown.
        sent_form: bool,
    },
    /// The member of staff does not have the permission.
    #[error("no permission")]
    Forbidden,
    /// The form was not sent from one of our pages, or its page is too old.
    #[error("the form did not come from our page")]
    ForeignForm,
    /// What was sent is larger than is taken.
    #[error("too large")]
    TooLarge {
        /// The limit, in bytes.
        limit_bytes: usize,
    },
    /// What was sent cannot be read.
    #[error("unreadable")]
    Unreadable(&'static str),
    /// Too many tries.
    #[error("too many tries")]
    TooMany {
        /// When to try again, in seconds.
        retry_after_seconds: u64,
    },
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
    /// A fault of the program.
    #[error("fault: {0}")]
    Fault(String),
}

/// What became of what was at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone {
    /// It in a few words.
    pub title: &'static str,
    /// What to do.
    pub text: &'static str,
    /// The address and the words of the link on.
    pub go_on: (&'static str, &'static str),
}

/// What handlers of pages answer.
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
