//! Cookies: what all of ours have in common. No script reads them, no form of another site brings them along, and
//! where people come through HTTPS they go through nothing else and no other host of the domain can set them (`__Host-`,
//! RFC 6265bis §4.1.3.2).

use super::{error::PageError, guard};
use actix_web::{
    HttpRequest, HttpResponse,
    cookie::{Cookie, CookieBuilder, SameSite},
};

/// What the browser that sent `req` has for the cookie called `name`.
#[must_use]
pub fn value(req: &HttpRequest, name: &str) -> Option<String> {
    req.cookie(&full_name(req, name)).map(|cookie| cookie.value().to_owned())
}

/// A cookie called `name` for the browser that sent `req`.
#[must_use]
pub fn build(req: &HttpRequest, name: &str, value: String) -> CookieBuilder<'static> {
    let is_secure = guard::is_secure(req);
    Cookie::build(full_name(req, name), value).path("/").http_only(true).same_site(SameSite::Lax).secure(is_secure)
}

/// Puts `cookie` into an answer.
///
/// # Errors
/// When it cannot be written as a header.
pub fn set(response: &mut HttpResponse, cookie: Cookie<'_>) -> Result<(), PageError> {
    response.add_cookie(&cookie).map_err(|error| PageError::Fault(format!("a cookie could not be set: {error}")))
}

fn full_name(req: &HttpRequest, name: &str) -> String {
    if guard::is_secure(req) { format!("__Host-{name}") } else { name.to_owned() }
}
