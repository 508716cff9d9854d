//! Responses with pages, redirects, and paths.

use super::error::PageError;
use crate::domain::staff::permission::{Permission, Permissions};
use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
};
use askama::Template;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::sync::LazyLock;

/// The page on which a person chooses a password of their own.
pub const OWN_PASSWORD_PAGE: &str = "/settings/account";

/// The frame of every page (`templates/layout.html`).
#[derive(Debug, Clone)]
pub struct Layout {
    /// The marked part of the navigation: "promotions".
    pub section: &'static str,
    pub user: Option<String>,
    /// What that member of staff may do: a page shows no way to what it would be refused.
    pub permissions: Permissions,
    pub csrf: String,
    /// What the address of the page says a form has done.
    pub notice: Option<String>,
    /// What the answer to the form says it has done, where this is the page that the answer led to; empty for what the
    /// address says. Without it nothing is said: the page was reloaded, or opened later.
    pub said: Option<String>,
    /// The name of the organization; empty while it has none.
    pub organization: String,
    /// The time zone of the organization: that of the times of a page that belong to no store.
    pub zone: &'static str,
    /// A short hash of the style sheets, so that browsers may cache them forever.
    pub asset_version: &'static str,
}

impl Layout {
    /// The frame without a member of staff: no navigation.
    pub fn anonymous() -> Self {
        static ASSET_VERSION: LazyLock<String> = LazyLock::new(|| {
            let sheets = concat!(include_str!("../../static/css/app.css"), include_str!("../../static/css/pico.css"));
            super::secrets::sha256_hex(sheets)[..12].to_owned()
        });
        Self {
            section: "",
            user: None,
            permissions: Permissions::NONE,
            csrf: String::new(),
            notice: None,
            said: None,
            organization: String::new(),
            zone: "UTC",
            asset_version: &ASSET_VERSION,
        }
    }

    pub fn manages_staff(&self) -> bool {
        self.permissions.include(Permission::ManageStaff)
    }

    pub fn manages_tokens(&self) -> bool {
        self.permissions.include(Permission::ManageTokens)
    }

    pub fn manages_connections(&self) -> bool {
        self.permissions.include(Permission::ManageConnections)
    }

    /// What the page says that a form has done.
    pub fn shown_notice(&self) -> Option<&str> {
        let said = self.said.as_deref()?;
        let words = if said.is_empty() { self.notice.as_deref()? } else { said };
        Some(words)
    }
}

pub fn html(status: StatusCode, page: &impl Template) -> Result<HttpResponse, PageError> {
    Ok(HttpResponse::build(status).content_type("text/html; charset=utf-8").body(page.render()?))
}

pub fn ok(page: &impl Template) -> Result<HttpResponse, PageError> {
    html(StatusCode::OK, page)
}

/// The page of a form that was refused: 422.
pub fn refused(page: &impl Template) -> Result<HttpResponse, PageError> {
    html(StatusCode::UNPROCESSABLE_ENTITY, page)
}

/// Redirects with 303, after a form that was accepted.
pub fn see_other(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, path)).finish()
}

/// Redirects to `path`, the new address of a page, with the same query.
pub fn moved(req: &HttpRequest, path: &str) -> HttpResponse {
    let address = match req.query_string() {
        "" => path.to_owned(),
        query => format!("{path}?{query}"),
    };
    HttpResponse::PermanentRedirect().insert_header((header::LOCATION, address)).finish()
}

/// Redirects an address with a slash at its end to the one without, if there is something: people and programs add one.
pub fn without_slash(req: &HttpRequest) -> Option<HttpResponse> {
    let path = req.path().strip_suffix('/')?.trim_end_matches('/');
    // A browser would take an address with two slashes at its beginning for the one of another site.
    let is_here = !path.is_empty() && !path.starts_with("//") && req.resource_map().has_resource(path);
    is_here.then(|| moved(req, path))
}

/// Characters that are not encoded: letters, digits, and the unreserved marks of RFC 3986.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Encodes a segment of a path, or a value in a query: codes may have any character.
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}

/// The prefix of names that have another meaning in a path.
const MARK: char = '~';

/// The segment of a path for any name. `new` and `connect` are paths of forms, and browsers resolve `.` and `..` themselves:
/// these names get a mark as their prefix, and so does a name that begins with the mark.
pub fn segment(name: &str) -> String {
    let mark = if matches!(name, "new" | "connect" | "." | "..") || name.starts_with(MARK) { "~" } else { "" };
    format!("{mark}{}", encoded(name))
}

/// The name of a decoded segment: the reverse of [`segment`].
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
            ("connect", "~connect"),
            ("..", "~.."),
            ("~new", "~~new"),
        ] {
            assert_eq!(segment(name), path);
            assert_eq!(name_in(&percent_encoding::percent_decode_str(path).decode_utf8_lossy()), name);
        }
    }
}
