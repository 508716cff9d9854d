//! Protection against forms that other sites send in the name of a member of staff. Two checks, each enough by itself:
//!
//! 1. A browser says where a request comes from (`Sec-Fetch-Site`, else `Origin`). Any origin but our own pages is refused
//!    before a handler runs.
//! 2. Every form has a token that equals a cookie which other sites can neither read nor set ([`super::form::Form`] compares
//!    them). In a page that staff see it also has two marks: one of the person, and one of the session, which whoever
//!    sets the cookie from a neighbouring host does not know.

use super::{
    client, cookies,
    error::PageError,
    frame, origin,
    secrets::{SECRET_LENGTH, random_secret, sha256_hex},
    security_log::{self, Event},
    sessions::SignedIn,
};
use crate::domain::id::UserId;
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

/// The secret of one browser, which its forms have. In the pages of a member of staff it is followed by marks that say
/// whose pages they are, and of which session.
#[derive(Debug, Clone)]
pub struct Token {
    secret: String,
    /// Whether the browser sent no secret and has just been given this one.
    pub is_new: bool,
}

impl Token {
    pub fn of(req: &HttpRequest) -> Self {
        let found = req.extensions().get::<Self>().cloned();
        found.unwrap_or_else(|| Self { secret: String::new(), is_new: true })
    }

    /// The text in the forms of a page before sign-in.
    pub fn before_sign_in(&self) -> String {
        self.secret.clone()
    }

    /// The text in the forms of a page that `who` sees.
    pub fn in_form(&self, who: &SignedIn) -> String {
        marked(&self.secret, who)
    }

    /// Whether a form with the token `sent` is of this browser and, for a form of staff, of the session of `who`. A form
    /// that is there before sign-in has no marks. Takes the same time wherever the two differ.
    pub fn admits(&self, sent: &str, who: Option<&SignedIn>, is_of_staff: bool) -> bool {
        let secret = sent.split(MARK).next().unwrap_or_default();
        let is_mine = match who {
            Some(who) if is_of_staff || sent.contains(MARK) => are_same(&marked(secret, who), sent),
            Some(_) | None => true,
        };
        !self.secret.is_empty() && are_same(&self.secret, secret) && is_mine
    }

    /// Whether a form with the token `sent` is of this browser, or the browser has lost its secret since.
    pub fn may_be_of(&self, sent: &str) -> bool {
        self.is_new || sent.split_once(MARK).is_some_and(|(secret, _)| are_same(&self.secret, secret))
    }
}

const MARK: char = '.';

fn marked(secret: &str, who: &SignedIn) -> String {
    let of_user = marked_for(secret, who.user_id);
    let of_session = sha256_hex(format!("{of_user}{MARK}{}", who.key_hash));
    format!("{of_user}{MARK}{of_session}")
}

/// The secret with the mark of a person.
fn marked_for(secret: &str, user: UserId) -> String {
    format!("{secret}{MARK}{}", sha256_hex(format!("{secret}{MARK}{user}")))
}

fn are_same(left: &str, right: &str) -> bool {
    bool::from(left.as_bytes().ct_eq(right.as_bytes()))
}

/// Whether a page that `user` saw had a form with the token `sent`, in this or in another browser. Nobody else can know
/// both the secret and the mark.
pub fn was_shown_to(sent: &str, user: UserId) -> bool {
    let Some((of_user, _)) = sent.rsplit_once(MARK) else { return false };
    let Some((secret, _)) = of_user.split_once(MARK) else { return false };
    secret.len() == SECRET_LENGTH && are_same(&marked_for(secret, user), of_user)
}

/// Middleware of the pages: refuses requests of other sites, and gives every browser its token.
pub async fn protect(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let sent = cookies::value(req.request(), COOKIE).filter(|value| value.len() == SECRET_LENGTH);
    let token = sent.clone().unwrap_or_else(random_secret);
    req.extensions_mut().insert(Token { secret: token.clone(), is_new: sent.is_none() });
    frame::fill(req.request());
    if let Some(error) = refusal(&req) {
        note_refused(req.request(), &error);
        return Err(error.into());
    }
    let mut response = next.call(req).await?.map_into_boxed_body();
    if sent.is_none() {
        let cookie = cookies::build(response.request(), COOKIE, token).finish();
        cookies::set(response.response_mut(), cookie)?;
    }
    Ok(response)
}

/// Logs that a form was refused, which may be an attempt to use the session of a member of staff.
pub fn note_refused(req: &HttpRequest, why: &PageError) {
    let who = SignedIn::of(req).map_or_else(|| "nobody".to_owned(), |who| who.user_id.to_string());
    security_log::note(Event::FormRefused, who, client::address(req), format!("{}: {why}", security_log::shown(req)));
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
        (None, Some(origin)) if origin::is_own_origin(req.request(), origin) => None,
        (None, Some(origin)) => {
            let origin: String = origin.chars().take(SHOWN_CHARACTERS).collect();
            let host = origin::own_origin(req.request()).chars().take(SHOWN_CHARACTERS).collect();
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
