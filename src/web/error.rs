//! The errors that pages answer with. What the person cannot mend at a field is a page that says so; what nobody
//! should see goes to the log with an id, and the id is on the page.

use super::{
    page::{Layout, html},
    query::href,
};
use crate::db::{Error as DbError, ErrorKind, Failed};
pub use crate::fault::log_fault;
use actix_web::{HttpResponse, ResponseError, http::StatusCode};
use askama::Template;

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

impl From<askama::Error> for PageError {
    fn from(error: askama::Error) -> Self {
        Self::Fault(format!("template: {error}"))
    }
}

/// The page of an error.
#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    page: Layout,
    title: &'static str,
    text: String,
    id: Option<String>,
    go_on: (&'static str, &'static str),
}

/// The words of an error, the seconds after which to try again, and the address and words of the link on.
struct Words {
    title: &'static str,
    text: String,
    retry_after_seconds: Option<u64>,
    go_on: (&'static str, &'static str),
}

fn words(title: &'static str, text: impl Into<String>) -> Words {
    Words { title, text: text.into(), retry_after_seconds: None, go_on: ("/", "Go to the dashboard") }
}

impl PageError {
    fn words(&self) -> Words {
        match self {
            Self::NotFound => {
                words("Page not found", "There is nothing at this address. Check it, or start from the dashboard.")
            }
            Self::Gone(Gone { title, text, go_on }) => Words { go_on: *go_on, ..words(title, *text) },
            Self::SignInFirst { .. } => words("Sign in", "Sign in first."),
            Self::ForeignForm => words(
                "This form has expired",
                "Nothing was changed. Go back, load the page again, and send the form once more.",
            ),
            Self::TooLarge { limit_bytes } => words(
                "This is too large",
                format!("Nothing was changed. Send at most {} at once.", size_in_words(*limit_bytes)),
            ),
            Self::Unreadable(text) => words("This could not be read", *text),
            Self::TooMany { retry_after_seconds } => Words {
                retry_after_seconds: Some(*retry_after_seconds),
                ..words("Too many tries", format!("Try again in {}.", wait_in_words(*retry_after_seconds)))
            },
            Self::Database(error) => match error.kind() {
                ErrorKind::Busy => Words {
                    retry_after_seconds: Some(5),
                    ..words(
                        "The database is busy",
                        "Nothing was changed. Another program is writing to it: try again in a few seconds.",
                    )
                },
                ErrorKind::ReadOnly => words(
                    "The database is read-only",
                    "Nothing was changed. Ask the person who runs flashsale to make the database writable again.",
                ),
                ErrorKind::Unavailable => Words {
                    retry_after_seconds: Some(30),
                    ..words(
                        "The database cannot be reached",
                        "Nothing was changed. Ask the person who runs flashsale to look at the database.",
                    )
                },
                ErrorKind::Fault => words(
                    "Something went wrong",
                    "Nothing was changed. The fault is in flashsale, not in what you did.",
                ),
            },
            Self::Fault(_) => words("Something went wrong", "The fault is in flashsale, not in what you did."),
        }
    }

    /// An id for the log, where somebody has to look at it.
    fn logged_id(&self) -> Option<String> {
        match self {
            Self::Database(_) | Self::Fault(_) => Some(log_fault(self)),
            _ => None,
        }
    }
}

impl ResponseError for PageError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotFound | Self::Gone(_) => StatusCode::NOT_FOUND,
            Self::SignInFirst { .. } => StatusCode::SEE_OTHER,
            Self::ForeignForm => StatusCode::FORBIDDEN,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unreadable(_) => StatusCode::BAD_REQUEST,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Database(error) => match error.kind() {
                ErrorKind::Busy | ErrorKind::ReadOnly | ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
                ErrorKind::Fault => StatusCode::INTERNAL_SERVER_ERROR,
            },
            Self::Fault(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        if let Self::SignInFirst { next, sent_form } = self {
            let notice = if *sent_form { "signed-out" } else { "" };
            return super::page::see_other(&href("/sign-in", &[("next", next), ("notice", notice)]));
        }
        let Words { title, text, retry_after_seconds, go_on } = self.words();
        let page = ErrorPage { page: Layout::anonymous(), title, text, id: self.logged_id(), go_on };
        let mut response = html(self.status_code(), &page).unwrap_or_else(|_| HttpResponse::new(self.status_code()));
        if let Some(seconds) = retry_after_seconds {
            response.headers_mut().insert(actix_web::http::header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// `50 seconds`, `3 minutes`: a wait as people read it, rounded up.
fn wait_in_words(seconds: u64) -> String {
    match seconds {
        0..=1 => "a second".to_owned(),
        2..=90 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    }
}

/// `4 MiB`, `64 KiB`: a limit as people read it.
fn size_in_words(bytes: usize) -> String {
    match bytes {
        0x10_0000.. => format!("{} MiB", bytes >> 20),
        0x400.. => format!("{} KiB", bytes >> 10),
        _ => format!("{bytes} bytes"),
    }
}
