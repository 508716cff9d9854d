//! Sessions: who is signed in, kept in the database so that they can be listed and ended. The cookie carries a random
//! key; the database keeps only its hash. Nothing else is in either, so there is nothing to sign or to encrypt.

use super::{
    cookies,
    error::PageError,
    secrets::{random_secret, sha256_hex},
    state::State,
};
use crate::{
    db::staff::sessions::{self, Session},
    domain::{id::UserId, moment::Moment, staff::permission::Permissions},
};
use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    body::{BoxBody, MessageBody},
    cookie::time,
    dev::{ServiceRequest, ServiceResponse},
    http::header,
    middleware::Next,
    web::Data,
};
use chrono::TimeDelta;

/// The name of the cookie.
const COOKIE: &str = "flashsale_session";

/// The most characters that are kept of what a browser calls itself.
const DEVICE_LIMIT: usize = 200;

/// Who is signed in with the browser that sent a request.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Their id.
    pub user_id: UserId,
    /// Their e-mail address.
    pub email: String,
    /// The hash by which the database knows the session.
    pub key_hash: String,
    pub permissions: Permissions,
}

impl SignedIn {
    /// Whoever is signed in, if anybody is.
    #[must_use]
    pub fn of(req: &HttpRequest) -> Option<Self> {
        req.extensions().get::<Self>().cloned()
    }
}

/// Middleware of the pages: finds out who is signed in, before anything of the request's body is read.
///
/// # Errors
/// When the database fails, or whatever the handler fails with.
pub async fn load(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    if let Some(key) = cookies::value(req.request(), COOKIE) {
        let state = req.app_data::<Data<State>>().expect("the program's state is always there");
        let (key_hash, now) = (sha256_hex(&key), state.clock.now());
        let hash = key_hash.clone();
        let whose = state.database.read(move |conn| sessions::whose(conn, &hash, now)).await;
        if let Some((user_id, email)) = whose.map_err(PageError::from)? {
            let permissions = Permissions::ALL;
            req.extensions_mut().insert(SignedIn { user_id, email, key_hash, permissions });
        }
    }
    Ok(next.call(req).await?.map_into_boxed_body())
}

/// A session that is about to begin: its key, for the cookie, and what is stored of it.
#[derive(Debug, Clone)]
pub struct NewSession {
    key: String,
    hours: i64,
    device: String,
    begins_at: Moment,
    /// The hash of the session that the same browser had until now.
    pub replaced_hash: Option<String>,
}

impl NewSession {
    /// A session for the browser that sent `req`, under a key that nobody has had before.
    #[must_use]
    pub fn new(req: &HttpRequest, state: &State) -> Self {
        let agent = req.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        Self {
            key: random_secret(),
            hours: state.settings.session_hours.into(),
            device: agent.unwrap_or_default().chars().take(DEVICE_LIMIT).collect(),
            begins_at: state.clock.now(),
            replaced_hash: SignedIn::of(req).map(|who| who.key_hash),
        }
    }

    /// What is stored of it as a session of `user`.
    #[must_use]
    pub fn of(&self, user: UserId) -> Session {
        Session {
            key_hash: sha256_hex(&self.key),
            user_id: user,
            device: self.device.clone(),
            created_at: self.begins_at,
            expires_at: self.begins_at.plus(TimeDelta::hours(self.hours)),
        }
    }

    /// Gives the browser its key, once the session is stored.
    ///
    /// # Errors
    /// When the cookie cannot be written.
    pub fn give(self, req: &HttpRequest, response: &mut HttpResponse) -> Result<(), PageError> {
        cookies::set(
            response,
            cookies::build(req, COOKIE, self.key).max_age(time::Duration::hours(self.hours)).finish(),
        )
    }
}

/// Takes the key away from a browser that has signed out.
///
/// # Errors
/// When the cookie cannot be written.
pub fn take_away(req: &HttpRequest, response: &mut HttpResponse) -> Result<(), PageError> {
    let mut cookie = cookies::build(req, COOKIE, String::new()).finish();
    cookie.make_removal();
    cookies::set(response, cookie)
}
