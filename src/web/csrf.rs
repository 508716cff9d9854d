//! Protection against forms that other sites send in the name of a member of staff. Two checks, each enough by itself:
//!
//! 1. A browser says where a request comes from (`Sec-Fetch-Site`, else `Origin`). Any origin but our own pages is refused
//!    before a handler runs.
//! 2. Every form has a token that equals a cookie which other sites can neither read nor set ([`super::form::Form`] compares
//!    them).

use super::{cookies, error::PageError, guard};
use actix_web::{
    HttpMessage, HttpRequest,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header,
    middleware::Next,
};
use subtle::ConstantTimeEq;

const COOKIE: &str = "flashsale_csrf";

pub const FIELD: &str = "csrf_token";

/// The most characters of a header that are shown and logged.
const SHOWN_CHARACTERS: usize = 200;

/// The token in the forms of one browser.
#[derive(Debug, Clone)]
pub struct Token(String);

impl Token {
    pub fn of(req: &HttpRequest) -> Self {
        req.extensions().get::<Self>().cloned().unwrap_or_else(|| Self(String::new()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a form has this token. Takes the same time wherever the two differ.
    pub fn is(&self, sent: &str) -> bool {
        !self.0.is_empty() && bool::from(self.0.as_bytes().ct_eq(sent.as_bytes()))
    }
}

/// Middleware of the pages: refuses requests of other sites, and gives every browser its token.
pub async fn protect(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    if let Some(error) = refusal(&req) {
        return Err(error.into());
    }
    let sent = cookies::value(req.request(), COOKIE).filter(|value| value.len() == 43);
    let token = sent.clone().unwrap_or_else(super::secrets::random_secret);
    req.extensions_mut().insert(Token(token.clone()));
    let mut response = next.call(req).await?.map_into_boxed_body();
    if sent.is_none() {
        let cookie = cookies::build(response.request(), COOKIE, token).finish();
        cookies::set(response.response_mut(), cookie)?;
    }
    Ok(response)
}

/// The refusal of a request which may change something, and of which a browser says that it comes from another site. If
/// it does not say, only the token protects.
fn refusal(req: &ServiceRequest) -> Option<PageError> {
    if req.method().is_safe() {
        return None;
    }
    let header = |name: &str| req.headers().get(name).and_then(|value| value.to_str().ok());
    match (header("sec-fetch-site"), header(header::ORIGIN.as_str())) {
        (Some("same-origin" | "none"), _) | (None, None) => None,
        (Some(_), _) => Some(PageError::ForeignForm),
        (None, Some(origin)) if guard::is_own_origin(req.request(), origin) => None,
        (None, Some(origin)) => {
            let origin: String = origin.chars().take(SHOWN_CHARACTERS).collect();
            let host = guard::own_origin(req.request()).chars().take(SHOWN_CHARACTERS).collect();
            tracing::warn!(
                %origin,
                %host,
                "a form was refused: it came from another origin than the server was asked for. If a proxy changes the \
                 host, set FLASHSALE_PUBLIC_ORIGIN"
            );
            Some(PageError::ForeignOrigin { origin, host })
        }
    }
}
