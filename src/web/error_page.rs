//! The pages of errors that cannot be fixed at a field of a form. The details of a fault are logged with an id, and the id is
//! on the page.

use super::{
    error::{Gone, PageError, SentForm},
    frame::Frame,
    page::{Layout, OWN_PASSWORD_PAGE, html, see_other},
    query::href,
};
use crate::{
    db::{self, ErrorKind},
    fault::log_fault,
};
use actix_web::{
    HttpResponse, ResponseError,
    body::BoxBody,
    http::{StatusCode, header},
};
use askama::Template;

#[derive(Clone, Template)]
#[template(path = "error.html")]
struct ErrorPage {
    page: Layout,
    title: &'static str,
    text: String,
    id: Option<String>,
    go_on: (String, &'static str),
}

struct Words {
    title: &'static str,
    text: String,
    retry_after_seconds: Option<u64>,
    go_on: (String, &'static str),
}

fn words(title: &'static str, text: impl Into<String>) -> Words {
    Words { title, text: text.into(), retry_after_seconds: None, go_on: ("/".to_owned(), "Go to the dashboard") }
}

fn of_database(error: &db::Error) -> Words {
    match error.kind() {
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
            retry_after_seconds: Some(2),
            ..words(
                "The database cannot be reached",
                "Nothing was changed. Try again in a few seconds. If this page comes again, ask the person who \
                 runs flashsale to look at the database.",
            )
        },
        ErrorKind::OutcomeUnknown => Words {
            retry_after_seconds: Some(2),
            ..words(
                "It is not known whether this was saved",
                "The database did not confirm it. Look at what is there now before you send it again. An order \
                 is safe to send again: its number is recorded once.",
            )
        },
        ErrorKind::ClockOff => clock_off(error),
        ErrorKind::Fault => {
            words("Something went wrong", "Nothing was changed. The fault is in flashsale, not in what you did.")
        }
    }
}

/// What is shown while nothing is decided about stock because the clock is wrong.
fn clock_off(error: &db::Error) -> Words {
    let text = format!(
        "Nothing was changed: {error}. Ask the person who runs flashsale to set it. Until then no stock is sold and no hold \
         ends."
    );
    Words { retry_after_seconds: Some(30), ..words("The clock of the server is wrong", text) }
}

impl PageError {
    fn words(&self) -> Words {
        match self {
            Self::NotFound => {
                words("Page not found", "There is nothing at this address. Check it, or start from the dashboard.")
            }
            Self::Gone(Gone { title, text, go_on: (href, label) }) => {
                Words { go_on: ((*href).to_owned(), *label), ..words(title, *text) }
            }
            Self::SignInFirst { .. } | Self::SignInAgain(_) => words("Sign in", "Sign in first."),
            Self::OwnPasswordFirst => words("Choose a password", "Choose a password of your own first."),
            Self::Forbidden => words(
                "You do not have the permission for this",
                "Nothing was changed. Ask a colleague who manages staff to give it to you.",
            ),
            Self::ForeignForm => words(
                "This form has expired",
                "Nothing was changed. Go back, load the page again, and send the form once more.",
            ),
            Self::ExpiredForm { again, .. } => Words {
                go_on: (again.clone(), "Show what you typed"),
                ..words(
                    "This form has expired",
                    "Nothing was changed. What you typed is kept for half an hour: look at it, and send it once more.",
                )
            },
            Self::ForeignOrigin { origin, host } => words(
                "This form did not come from flashsale",
                format!(
                    "Nothing was changed. The form came from {origin}, and this server was asked as {host}. If both are \
                     flashsale, a proxy changes the address: ask the person who runs flashsale to set \
                     FLASHSALE_PUBLIC_ORIGIN to the address that you use."
                ),
            ),
            Self::TooLarge { limit_bytes } => words(
                "This is too large",
                format!("Nothing was changed. Send at most {} at once.", size_in_words(*limit_bytes)),
            ),
            Self::Unreadable(text) => words("This could not be read", *text),
            Self::TooMany { retry_after_seconds } => Words {
                retry_after_seconds: Some(*retry_after_seconds),
                go_on: ("/sign-in".to_owned(), "Go to sign in"),
                ..words("Too many tries", format!("Try again in {}.", wait_in_words(*retry_after_seconds)))
            },
            Self::Database(error) => of_database(error),
            Self::Fault(_) => words("Something went wrong", "The fault is in flashsale, not in what you did."),
        }
    }

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
            Self::SignInFirst { .. }
            | Self::SignInAgain(_)
            | Self::OwnPasswordFirst
            | Self::ExpiredForm { is_lost: true, .. } => StatusCode::SEE_OTHER,
            Self::Forbidden
            | Self::ForeignForm
            | Self::ForeignOrigin { .. }
            | Self::ExpiredForm { is_lost: false, .. } => StatusCode::FORBIDDEN,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unreadable(_) => StatusCode::BAD_REQUEST,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Database(error) => match error.kind() {
                ErrorKind::Busy
                | ErrorKind::ReadOnly
                | ErrorKind::Unavailable
                | ErrorKind::OutcomeUnknown
                | ErrorKind::ClockOff => StatusCode::SERVICE_UNAVAILABLE,
                ErrorKind::Fault => StatusCode::INTERNAL_SERVER_ERROR,
            },
            Self::Fault(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        if let Self::SignInFirst { next } = self {
            return see_other(&href("/sign-in", &[("next", next)]));
        }
        if let Self::SignInAgain(SentForm { page, kept }) = self {
            let kept = kept.as_deref().unwrap_or_default();
            return see_other(&href("/sign-in", &[("next", page), ("notice", "signed-out"), ("kept", kept)]));
        }
        if let Self::OwnPasswordFirst = self {
            return see_other(OWN_PASSWORD_PAGE);
        }
        if let Self::ExpiredForm { again, is_lost: true } = self {
            return see_other(again);
        }
        let Words { title, text, retry_after_seconds, go_on } = self.words();
        let page = ErrorPage { page: Layout::anonymous(), title, text, id: self.logged_id(), go_on };
        let mut response = html(self.status_code(), &page).unwrap_or_else(|_| HttpResponse::new(self.status_code()));
        response.extensions_mut().insert(page);
        if let Some(seconds) = retry_after_seconds {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// The same page in the frame of the member of staff who sees it. Other responses are not changed.
pub fn framed(mut response: HttpResponse, frame: &Frame) -> HttpResponse {
    let Some(page) = response.extensions_mut().remove::<ErrorPage>() else { return response };
    let Some(layout) = frame.layout() else { return response };
    match (ErrorPage { page: layout, ..page }).render() {
        Ok(html) => response.set_body(BoxBody::new(html)),
        Err(_) => response,
    }
}

/// `50 seconds`, `3 minutes`: rounded up.
fn wait_in_words(seconds: u64) -> String {
    match seconds {
        0..=1 => "a second".to_owned(),
        2..=90 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    }
}

/// `4 MiB`, `64 KiB`
fn size_in_words(bytes: usize) -> String {
    match bytes {
        0x10_0000.. => format!("{} MiB", bytes >> 20),
        0x400.. => format!("{} KiB", bytes >> 10),
        _ => format!("{bytes} bytes"),
    }
}
