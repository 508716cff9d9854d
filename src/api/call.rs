//! One call of the API: the caller, known by the bearer token alone, and the body. Cookies are not read, so no other site can
//! send a call in the name of a member of staff.

use super::{
    access::access_to,
    fields::from_json,
    problem::{Code, Facts, Problem},
};
use crate::{
    db::{self, Database, staff::tokens::Token},
    domain::{catalogue::ledger::Cause, moment::Moment, staff::permission::Permissions},
    web::{secrets::sha256_hex, state::State},
};
use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::Payload,
    http::header,
    web::{BytesMut, Data},
};
use futures_util::{StreamExt, future::LocalBoxFuture};
use serde::de::DeserializeOwned;

pub const BODY_LIMIT_BYTES: usize = 4 << 20;

/// The program that calls, known by its token.
#[derive(Clone)]
pub struct Caller {
    pub token: Token,
    /// The moment of the call, the same for everything that it does.
    pub now: Moment,
    state: Data<State>,
}

impl Caller {
    pub fn database(&self) -> &Database {
        &self.state.database
    }

    pub fn cause(&self, reason: &str) -> Cause {
        Cause { actor: format!("token {}", self.token.name), at: self.now, reason: reason.to_owned() }
    }
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        Box::pin(authenticate(req.clone()))
    }
}

async fn authenticate(req: HttpRequest) -> Result<Caller, Problem> {
    let state = req.app_data::<Data<State>>().expect("the program's state is always there").clone();
    let hash = bearer_token(&req).map(sha256_hex).ok_or_else(unauthorized)?;
    let found = state.database.read(move |conn| db::staff::tokens::find_live(conn, &hash)).await?;
    let token = found.ok_or_else(unauthorized)?;
    if !access_to(&req).is_some_and(|access| access.allows(Permissions::ALL)) {
        return Err(Problem::new(Code::Forbidden, Code::Forbidden.meaning()));
    }
    Ok(Caller { token, now: state.clock.now(), state })
}

fn unauthorized() -> Problem {
    Problem::new(Code::Unauthorized, "Send an API token that was not revoked, as `Authorization: Bearer TOKEN`.")
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
            check_content_type(&req)?;
            let bytes = read(payload).await?;
            // The body may have taken long to arrive.
            caller.now = caller.state.clock.now();
            Ok(Self { caller, body: from_json(&bytes)?, body_hash: sha256_hex(&bytes), req })
        })
    }
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

async fn read(mut payload: Payload) -> Result<BytesMut, Problem> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Problem::new(Code::Unreadable, "The body arrived incomplete. Send it again."))?;
        if body.len() + chunk.len() > BODY_LIMIT_BYTES {
            return Err(Problem::new(Code::TooLarge, format!("Send at most {BODY_LIMIT_BYTES} bytes at once."))
                .with(Facts { limit: Some(BODY_LIMIT_BYTES), ..Facts::default() }));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
