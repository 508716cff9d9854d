//! One call of the API: the caller, known by the bearer token alone, and the body. Cookies are not read, so no other site can
//! send a call in the name of a member of staff.

use super::{
    access::access_to,
    fields::{from_json, sentence},
    problem::{Code, Facts, Problem},
};
use crate::{
    db::{
        Database,
        staff::tokens::{self, Token},
    },
    domain::{catalogue::ledger::Cause, moment::Moment, staff::permission::Access},
    web::{connections, secrets::sha256_hex, state::State},
};
use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::Payload,
    http::header,
    web::{BytesMut, Data},
};
use flate2::read::MultiGzDecoder;
use futures_util::{StreamExt, future::LocalBoxFuture};
use serde::de::DeserializeOwned;
use std::io::Read;

pub const BODY_LIMIT_BYTES: usize = 4 << 20;

/// Longer bodies are not read before their token is checked.
const SHORT_BODY_BYTES: usize = 64 << 10;

/// The program that calls, known by its token.
#[derive(Clone)]
pub struct Caller {
    pub token: Token,
    /// When the call arrived, with its body.
    pub now: Moment,
    state: Data<State>,
}

impl Caller {
    pub fn database(&self) -> &Database {
        &self.state.database
    }

    pub fn cause(&self, reason: &str) -> Cause {
        self.token.cause(self.now, reason)
    }
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        Box::pin(authenticate(req.clone()))
    }
}

/// In the extensions of a request whose token was found.
#[derive(Debug, Clone, Copy)]
pub struct KnownToken;

async fn authenticate(req: HttpRequest) -> Result<Caller, Problem> {
    let hash = token_hash(&req)?;
    let state = state_of(&req);
    let found = state.database.read(move |conn| tokens::find_live(conn, &hash)).await?;
    let token = found.ok_or_else(unauthorized)?;
    req.extensions_mut().insert(KnownToken);
    if !access_to(&req).is_some_and(|access| access.allows(token.permissions())) {
        return Err(forbidden());
    }
    connections::vouch(&req);
    Ok(Caller { token, now: state.clock.now(), state })
}

fn state_of(req: &HttpRequest) -> Data<State> {
    req.app_data::<Data<State>>().expect("the program's state is always there").clone()
}

pub fn unauthorized() -> Problem {
    Problem::new(Code::Unauthorized, "Send an API token that was not revoked, as `Authorization: Bearer TOKEN`.")
}

pub fn forbidden() -> Problem {
    Problem::new(Code::Forbidden, Code::Forbidden.meaning())
}

/// SHA-256 of the token that a request sent.
pub fn token_hash(req: &HttpRequest) -> Result<String, Problem> {
    bearer_token(req).map(sha256_hex).ok_or_else(unauthorized)
}

/// The token in `Authorization: Bearer TOKEN` (RFC 6750). A request with two such headers has none.
fn bearer_token(req: &HttpRequest) -> Option<&str> {
    let mut headers = req.headers().get_all(header::AUTHORIZATION);
    let (scheme, token) = headers.next()?.to_str().ok()?.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && headers.next().is_none()).then_some(token.trim())
}

/// A call with a body of JSON, read into `T`. Without a token the body is not read.
pub struct Call<T> {
    pub caller: Caller,
    pub body: T,
    /// The request, for its headers.
    pub req: HttpRequest,
    /// SHA-256 of the body, byte for byte.
    pub body_hash: String,
}

impl<T: DeserializeOwned> FromRequest for Call<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let req = req.clone();
        let payload = payload.take();
        Box::pin(async move {
            let mut caller = authenticate(req.clone()).await?;
            let bytes = read(&req, payload).await?;
            // The body may have taken long to arrive.
            caller.now = caller.state.clock.now();
            Ok(Self { caller, body: from_json(&bytes)?, body_hash: sha256_hex(&bytes), req })
        })
    }
}

/// A call whose token is not checked yet: the queue of orders checks those of a batch together, and [`Self::check`] checks
/// one. A long body is read only after its token was checked.
pub struct UncheckedCall<T> {
    /// SHA-256 of the token.
    pub token_hash: String,
    /// What the call requires of the token.
    pub access: Access,
    /// When the body had arrived.
    pub now: Moment,
    pub body: Result<T, Problem>,
    pub req: HttpRequest,
    pub body_hash: String,
}

impl<T> UncheckedCall<T> {
    /// Checks the token. A caller without one learns nothing else about the call.
    pub async fn check(self) -> Result<Call<T>, Problem> {
        let caller = authenticate(self.req.clone()).await?;
        Ok(Call { caller, body: self.body?, req: self.req, body_hash: self.body_hash })
    }
}

impl<T: DeserializeOwned> FromRequest for UncheckedCall<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let req = req.clone();
        let payload = payload.take();
        Box::pin(async move {
            let token_hash = token_hash(&req)?;
            let access = access_to(&req).ok_or_else(forbidden)?;
            if !has_short_body(&req) {
                authenticate(req.clone()).await?;
            }
            let read = read(&req, payload).await;
            let body_hash = read.as_ref().map(sha256_hex).unwrap_or_default();
            let body = read.and_then(|bytes| from_json(&bytes));
            Ok(Self { token_hash, access, now: state_of(&req).clock.now(), body, req, body_hash })
        })
    }
}

/// A compressed body may become a long one.
fn has_short_body(req: &HttpRequest) -> bool {
    if req.headers().contains_key(header::CONTENT_ENCODING) {
        return false;
    }
    let length = req.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    length.and_then(|length| length.parse().ok()).is_some_and(|length: usize| length <= SHORT_BODY_BYTES)
}

fn check_content_type(req: &HttpRequest) -> Result<(), Problem> {
    let content_type = req.content_type().to_ascii_lowercase();
    let is_json = content_type == "application/json"
        || (content_type.starts_with("application/") && content_type.ends_with("+json"));
    if is_json {
        return Ok(());
    }
    Err(Problem::new(Code::UnsupportedMediaType, "Send the body as `Content-Type: application/json`."))
}

/// How a body is compressed (RFC 9110, 8.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Plain,
    Gzip,
}

impl Encoding {
    fn of(req: &HttpRequest) -> Result<Self, Problem> {
        let mut names = Vec::new();
        for value in req.headers().get_all(header::CONTENT_ENCODING) {
            let value = String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase();
            names.extend(value.split(',').map(|name| name.trim().to_owned()));
        }
        names.retain(|name| !name.is_empty() && name != "identity");
        match names.as_slice() {
            [] => Ok(Self::Plain),
            [name] if name == "gzip" || name == "x-gzip" => Ok(Self::Gzip),
            _ => Err(Problem::new(
                Code::UnsupportedEncoding,
                format!(
                    "Send the body without compression, or with `Content-Encoding: gzip`: it was sent with {}.",
                    sentence(&format!("`Content-Encoding: {}`", names.join(", "))).trim_end_matches('.')
                ),
            )),
        }
    }
}

async fn read(req: &HttpRequest, mut payload: Payload) -> Result<BytesMut, Problem> {
    check_content_type(req)?;
    let encoding = Encoding::of(req)?;
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Problem::new(Code::Unreadable, "The body arrived incomplete. Send it again."))?;
        if body.len() + chunk.len() > BODY_LIMIT_BYTES {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    match encoding {
        Encoding::Plain => Ok(body),
        Encoding::Gzip => unzipped(&body),
    }
}

fn too_large() -> Problem {
    Problem::new(Code::TooLarge, format!("Send at most {BODY_LIMIT_BYTES} bytes at once."))
        .with(Facts { limit: Some(BODY_LIMIT_BYTES), ..Facts::default() })
}

/// Decompresses a body up to the limit: a few kilobytes could become gigabytes.
fn unzipped(body: &[u8]) -> Result<BytesMut, Problem> {
    let mut plain = Vec::new();
    let limit = u64::try_from(BODY_LIMIT_BYTES + 1).expect("a few megabytes");
    let read = MultiGzDecoder::new(body).take(limit).read_to_end(&mut plain);
    read.map_err(|_| Problem::new(Code::Unreadable, "Send a body that can be decompressed as gzip."))?;
    if plain.len() > BODY_LIMIT_BYTES {
        return Err(too_large());
    }
    Ok(BytesMut::from(plain.as_slice()))
}
