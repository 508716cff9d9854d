//! Who may come in: the first account, signing in and out. What is done with accounts later is in `settings`.

pub mod setup;
pub mod sign_in;
pub mod sign_out;

use crate::web::{csrf, page::Layout};
use actix_web::HttpRequest;

/// The frame of a page for whoever is not signed in yet.
fn layout(req: &HttpRequest) -> Layout {
    Layout { csrf: csrf::Token::of(req).as_str().to_owned(), ..Layout::anonymous() }
}
