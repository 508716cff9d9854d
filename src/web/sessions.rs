//! Sessions are stored in the database, so that they can be listed and ended. The cookie has a random key, and the database
//! only its hash. The cookie has nothing else, so there is nothing to sign or to encrypt.

use super::{
    connections, cookies,
    error::PageError,
    page::Layout,
    secrets::{SECRET_LENGTH, random_secret, sha256_hex},
    state::State,
};
use crate::{
    db::{
        self,
        staff::{
            known_devices, organization,
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

/// The cookie by which a browser is known in which somebody has signed in before. It signs nobody in.
const DEVICE_COOKIE: &str = "flashsale_device";

/// The most characters of a `User-Agent` that are stored.
const DEVICE_LIMIT: usize = 200;

#[derive(Debug, Clone)]
pub struct SignedIn {
    pub user_id: UserId,
    pub email: String,
    pub key_hash: String,
    pub permissions: Permissions,
    /// Whether somebody else chose the password: nothing but choosing another is allowed.
    pub password_is_given: bool,
    /// The name of the organization; empty while it has none.
    pub organization: String,
    /// The time zone of the organization, for times that belong to no store.
    pub zone: Tz,
}

impl SignedIn {
    pub fn of(req: &HttpRequest) -> Option<Self> {
        req.extensions().get::<Self>().cloned()
    }

    /// The frame of a page of this member of staff, whose forms have the token `csrf`.
    pub fn layout(&self, section: &'static str, csrf: String) -> Layout {
        Layout {
            section,
            user: Some(self.email.clone()),
            permissions: self.permissions,
            csrf,
            organization: self.organization.clone(),
            zone: self.zone.name(),
            ..Layout::anonymous()
        }
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
            let Some(owner) = sessions::whose(conn, &hash, now)? else { return Ok(None) };
            let organization = organization::read(conn)?;
            let zone = organization.zone(conn)?;
            let permissions = owner.role.permissions();
            Ok::<_, db::Error>(Some(SignedIn {
                user_id: owner.id,
                email: owner.email,
                key_hash: hash,
                permissions,
                password_is_given: owner.password_is_given,
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
    device_key: String,
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
            device_key: device_key(req).unwrap_or_else(random_secret),
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

    /// The hash of the key by which the browser is known.
    pub fn device_hash(&self) -> String {
        sha256_hex(&self.device_key)
    }

    /// Sets the cookies. Call it once the session is stored.
    pub fn give(self, req: &HttpRequest, response: &mut HttpResponse) -> Result<(), PageError> {
        let cookie = cookies::build(req, COOKIE, self.key).max_age(time::Duration::hours(self.hours));
        cookies::set(response, cookie.finish())?;
        let known_for = time::Duration::days(known_devices::KNOWN_FOR.num_days());
        cookies::set(response, cookies::build(req, DEVICE_COOKIE, self.device_key).max_age(known_for).finish())
    }
}

fn device_key(req: &HttpRequest) -> Option<String> {
    cookies::value(req, DEVICE_COOKIE).filter(|key| key.len() == SECRET_LENGTH)
}

/// The hash of the key that the browser is known by, if it sent one. Whether anybody has signed in with it is in the
/// database.
pub fn device_hash(req: &HttpRequest) -> Option<String> {
    device_key(req).map(sha256_hex)
}

pub fn take_away(req: &HttpRequest, response: &mut HttpResponse) -> Result<(), PageError> {
    cookies::set(response, cookies::removal(req, COOKIE))
}
