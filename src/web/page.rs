//! How a page is answered.

use super::error::PageError;
use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
};
use askama::Template;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
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
        super::secrets::sha256_hex(sheets)[..12].to_owned()
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

/// Leads to `path`, where the page is now, with the same query.
#[must_use]
pub fn moved(req: &HttpRequest, path: &str) -> HttpResponse {
    let address = match req.query_string() {
        "" => path.to_owned(),
        query => format!("{path}?{query}"),
    };
    HttpResponse::PermanentRedirect().insert_header((header::LOCATION, address)).finish()
}

/// What stands in a path as it is: letters, digits, and the marks of RFC 3986 that never mean anything there.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// `text` as one segment of a path, or as a value in a query: codes may hold any character.
#[must_use]
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}

/// What stands before a name that a path cannot carry as it is.
const MARK: char = '~';

/// `name` as a segment of a path by which a thing of any name is found. `new` is the form for another one, and browsers
/// resolve `.` and `..` themselves: those stand behind a mark, and so does what begins with it.
#[must_use]
pub fn segment(name: &str) -> String {
    let mark = if matches!(name, "new" | "." | "..") || name.starts_with(MARK) { "~" } else { "" };
    format!("{mark}{}", encoded(name))
}

/// The name that a segment, decoded, stands for: the reverse of [`segment`].
#[must_use]
pub fn name_in(segment: &str) -> &str {
    segment.strip_prefix(MARK).unwrap_or(segment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_a_segment_of_its_own() {
        for (name, path) in [
            ("TEE-BLK-M", "TEE-BLK-M"),
            ("a/b?c=%41 ü", "a%2Fb%3Fc%3D%2541%20%C3%BC"),
            ("new", "~new"),
            ("..", "~.."),
            ("~new", "~~new"),
        ] {
            assert_eq!(segment(name), path);
            assert_eq!(name_in(&percent_encoding::percent_decode_str(path).decode_utf8_lossy()), name);
        }
    }
}
