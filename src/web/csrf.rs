//! Protection against forms that other sites send in somebody's name. Two fences, each enough by itself:
//!
//! 1. A browser says where a request comes from (`Sec-Fetch-Site`, else `Origin`); anything but our own pages is
//!    refused before a handler runs.
//! 2. Every form carries a token that equals a cookie which other sites can neither read nor set
//!    ([`super::form::Form`] compares them).

use super::{cookies, error::PageError, guard};
use actix_web::{
    HttpMessage, HttpRequest,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header,
    middleware::Next,
};
use subtle::ConstantTimeEq;

/// The name of the cookie.
const COOKIE: &str = "flashsale_csrf";

/// The name of the form field.
pub const FIELD: &str = "csrf_token";

/// The token of this browser: what its forms carry.
#[derive(Debug, Clone)]
pub struct Token(String);

impl Token {
    /// The token that the middleware gave `req`.
    #[must_use]
    pub fn of(req: &HttpRequest) -> Self {
        req.extensions().get::<Self>().cloned().unwrap_or_else(|| Self(String::new()))
    }

    /// The token as forms carry it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a form carried this token. Takes the same time wherever the two differ.
    #[must_use]
    pub fn is(&self, carried: &str) -> bool {
        !self.0.is_empty() && bool::from(self.0.as_bytes().ct_eq(carried.as_bytes()))
    }
}

/// Middleware of the pages: refuses what other sites send, and gives every browser its token.
///
/// # Errors
/// [`PageError::ForeignForm`], or whatever the handler fails with.
pub async fn protect(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    if is_foreign(&req) {
        return Err(PageError::ForeignForm.into());
    }
    let kept = cookies::value(req.request(), COOKIE).filter(|value| value.len() == 43);
    let token = kept.clone().unwrap_or_else(super::secrets::random_secret);
    req.extensions_mut().insert(Token(token.clone()));
    let mut response = next.call(req).await?.map_into_boxed_body();
    if kept.is_none() {
        let cookie = cookies::build(response.request(), COOKIE, token).finish();
        cookies::set(response.response_mut(), cookie)?;
    }
    Ok(response)
}

/// Whether a browser says that a request which may change something comes from another site. One without any word of
/// it is left to the token.
fn is_foreign(req: &ServiceRequest) -> bool {
    if req.method().is_safe() {
        return false;
    }
    let header = |name: &str| req.headers().get(name).and_then(|value| value.to_str().ok());
    match (header("sec-fetch-site"), header(header::ORIGIN.as_str())) {
        (Some("same-origin" | "none"), _) => false,
        (Some(_), _) => true,
        (None, Some(origin)) => !guard::is_own_origin(req.request(), origin),
        (None, None) => false,
    }
}
