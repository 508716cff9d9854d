//! What a form has done, said once: on the page that its answer leads to, and not again when that page is reloaded or opened
//! later. A cookie of the answer says which page that is, and may bring the words; the page takes the cookie away.

use super::{
    cookies,
    error::PageError,
    page::{encoded, see_other},
    secrets::sha256_hex,
};
use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    body::BoxBody,
    cookie::time,
    dev::{ServiceRequest, ServiceResponse},
    http::{StatusCode, header},
};

const COOKIE: &str = "flashsale_notice";

/// A browser follows a redirect at once.
const SECONDS: i64 = 60;

/// The most characters of the words: a cookie has room for them.
const WORDS_LIMIT: usize = 300;

/// The words that the answer to a form has for its page.
struct Said(String);

/// Redirects after a form that was accepted, to a page that says `words` once.
pub fn done(path: &str, words: &str) -> HttpResponse {
    let mut response = see_other(path);
    response.extensions_mut().insert(Said(words.chars().take(WORDS_LIMIT).collect()));
    response
}

/// Marks the request of a page that may say what a form has done, with the words of the answer; empty for those of the
/// page's address.
#[derive(Debug, Clone)]
struct Fresh(String);

/// What the page may say: nothing unless it is the first that is shown after a form.
pub fn of(req: &HttpRequest) -> Option<String> {
    req.extensions().get::<Fresh>().map(|fresh| fresh.0.clone())
}

/// Marks the request of the page that the answer to a form led to. Returns whether it is one.
pub fn take(req: &ServiceRequest) -> bool {
    let Some(value) = cookies::value(req.request(), COOKIE) else { return false };
    let here = req.uri().path_and_query().map_or("/", |address| address.as_str());
    let Some(words) = value.strip_prefix(&mark(here)) else { return false };
    req.extensions_mut().insert(Fresh(words.chars().take(WORDS_LIMIT).collect()));
    true
}

/// Takes the cookie away with the response of the page.
pub fn forget(response: &mut ServiceResponse<BoxBody>) -> Result<(), PageError> {
    let cookie = cookies::removal(response.request(), COOKIE);
    cookies::set(response.response_mut(), cookie)
}

/// Gives the cookie with the answer to a form or for a page that is not shown, if it leads to a page that has something to say.
pub fn remember(response: &mut ServiceResponse<BoxBody>) -> Result<(), PageError> {
    let answer = response.response();
    let location = answer.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
    let Some(location) = location.filter(|_| answer.status() == StatusCode::SEE_OTHER) else { return Ok(()) };
    let address = location.split('#').next().unwrap_or_default();
    let said = answer.extensions().get::<Said>().map(|said| said.0.clone());
    if said.is_none() && !address.contains('?') {
        return Ok(());
    }
    let value = format!("{}{}", mark(address), encoded(&said.unwrap_or_default()));
    let cookie = cookies::build(response.request(), COOKIE, value).max_age(time::Duration::seconds(SECONDS)).finish();
    cookies::set(response.response_mut(), cookie)
}

/// What the cookie begins with for the page at `address`.
fn mark(address: &str) -> String {
    format!("{}.", &sha256_hex(address)[..16])
}
