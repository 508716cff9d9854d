//! Sessions are stored in the database, so that they can be listed and ended. The cookie has a random key, and the database
//! only its hash. The cookie has nothing else, so there is nothing to sign or to encrypt.

use super::{
    connections, cookies,
    error::PageError,
    secrets::{random_secret, sha256_hex},
    state::State,
};
use crate::{
    db::{
        self,
        staff::{
            organization,
            sessions::{self, Session},
        },
    },
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
use chrono_tz::Tz;

const COOKIE: &str = "flashsale_session";

/// The most characters of a `User-Agent` that are stored.
const DEVICE_LIMIT: usize = 200;

#[derive(Debug, Clone)]
pub struct SignedIn {
    pub user_id: UserId,
    pub email: String,
    pub key_hash: String,
    pub permissions: Permissions,
    /// The name of the organization; empty while it has none.
    pub organization: String,
    /// The time zone of the organization, for times that belong to no store.
    pub zone: Tz,
}

impl SignedIn {
    pub fn of(req: &HttpRequest) -> Option<Self> {
        req.extensions().get::<Self>().cloned()
    }
}

/// Middleware of the pages: loads the session before the body of the request is read.
pub async fn load(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    if let Some(key) = cookies::value(req.request(), COOKIE) {
        let state = req.app_data::<Data<State>>().expect("the program's state is always there");
        let hash = sha256_hex(&key);
        let now = state.clock.now();
        let read = move |conn: &mut db::Conn| {
            let Some((user_id, email)) = sessions::whose(conn, &hash, now)? else { return Ok(None) };
            let organization = organization::read(conn)?;
            let zone = organization.zone(conn)?;
            let permissions = Permissions::ALL;
            Ok::<_, db::Error>(Some(SignedIn {
                user_id,
                email,
                key_hash: hash,
                permissions,
                organization: organization.name,
                zone,
            }))
        };
        if let Some(signed_in) = state.database.read(read).await.map_err(PageError::from)? {
            req.extensions_mut().insert(signed_in);
            connections::vouch(req.request());
        }
    }
    Ok(next.call(req).await?.map_into_boxed_body())
}

/// A session that is not stored yet.
#[derive(Debug, Clone)]
pub struct NewSession {
    key: String,
    hours: i64,
    device: String,
    begins_at: Moment,
    /// The hash of the key of the browser's previous session.
    pub replaced_hash: Option<String>,
}

impl NewSession {
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

    pub fn of(&self, user: UserId) -> Session {
        Session {
            key_hash: sha256_hex(&self.key),
            user_id: user,
            device: self.device.clone(),
            created_at: self.begins_at,
            expires_at: self.begins_at.plus(TimeDelta::hours(self.hours)),
        }
    }

    /// Sets the cookie. Call it once the session is stored.
    pub fn give(self, req: &HttpRequest, response: &mut HttpResponse) -> Result<(), PageError> {
        let cookie = cookies::build(req, COOKIE, self.key).max_age(time::Duration::hours(self.hours));
        cookies::set(response, cookie.finish())
    }
}

pub fn take_away(req: &HttpRequest, response: &mut HttpResponse) -> Result<(), PageError> {
    let mut cookie = cookies::build(req, COOKIE, String::new()).finish();
    cookie.make_removal();
    cookies::set(response, cookie)
}
