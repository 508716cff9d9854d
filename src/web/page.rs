//! How a page is answered.

use super::error::PageError;
use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
};
use askama::Template;
use std::sync::LazyLock;

/// What the frame of every page shows (`templates/layout.html`).
#[derive(Debug, Clone)]
pub struct Layout {
    /// The part of the navigation that is marked: "promotions".
    pub section: &'static str,
    /// The e-mail address of whoever is signed in.
    pub user: Option<String>,
    /// The token that forms of this page carry.
    pub csrf: String,
    /// What was just done.
    pub notice: Option<String>,
    /// Changes when the style sheets do.
    pub asset_version: &'static str,
}

impl Layout {
    /// The frame where nobody is known to be signed in: no navigation.
    #[must_use]
    pub fn anonymous() -> Self {
        Self { section: "", user: None, csrf: String::new(), notice: None, asset_version: asset_version() }
    }
}

/// A short hash of the style sheets, so that browsers may keep them for good.
#[must_use]
pub fn asset_version() -> &'static str {
    static VERSION: LazyLock<String> = LazyLock::new(|| {
        let sheets = concat!(include_str!("../../static/css/app.css"), include_str!("../../static/css/pico.css"));
        crate::web::sessions::sha256_hex(sheets)[..12].to_owned()
    });
    &VERSION
}

/// Answers `page` with `status`.
///
/// # Errors
/// When the template fails.
pub fn html(status: StatusCode, page: &impl Template) -> Result<HttpResponse, PageError> {
    Ok(HttpResponse::build(status).content_type("text/html; charset=utf-8").body(page.render()?))
}

/// Answers `page` with 200.
///
/// # Errors
/// When the template fails.
pub fn ok(page: &impl Template) -> Result<HttpResponse, PageError> {
    html(StatusCode::OK, page)
}

/// Answers a form that was refused: 422, with what was typed and what to do about it.
///
/// # Errors
/// When the template fails.
pub fn refused(page: &impl Template) -> Result<HttpResponse, PageError> {
    html(StatusCode::UNPROCESSABLE_ENTITY, page)
}

/// Sends the browser on with 303, as every form does that was accepted.
#[must_use]
pub fn see_other(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, path)).finish()
}

/// `text` as one segment of a path, or as a value in a query: codes may hold any character.
#[must_use]
pub fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
