//! The attributes of all cookies: no script reads them, and no form of another site sends them. With HTTPS they are sent
//! through nothing else, and no other host of the domain can set them (`__Host-`, RFC 6265bis §4.1.3.2).

use super::{error::PageError, origin};
use actix_web::{
    HttpRequest, HttpResponse,
    cookie::{Cookie, CookieBuilder, SameSite},
};

pub fn value(req: &HttpRequest, name: &str) -> Option<String> {
    req.cookie(&full_name(req, name)).map(|cookie| cookie.value().to_owned())
}

pub fn build(req: &HttpRequest, name: &str, value: String) -> CookieBuilder<'static> {
    let is_secure = origin::is_secure(req);
    Cookie::build(full_name(req, name), value).path("/").http_only(true).same_site(SameSite::Lax).secure(is_secure)
}

pub fn set(response: &mut HttpResponse, cookie: Cookie<'_>) -> Result<(), PageError> {
    response.add_cookie(&cookie).map_err(|error| PageError::Fault(format!("a cookie could not be set: {error}")))
}

/// A cookie that takes the one of this name away.
pub fn removal(req: &HttpRequest, name: &str) -> Cookie<'static> {
    let mut cookie = build(req, name, String::new()).finish();
    cookie.make_removal();
    cookie
}

fn full_name(req: &HttpRequest, name: &str) -> String {
    if origin::is_secure(req) { format!("__Host-{name}") } else { name.to_owned() }
}
