//! One call of the API: who makes it, by the bearer token alone, and what it sends. No cookie counts here, so there is
//! nothing that another site could send in somebody's name.

use super::{
    fields::from_json,
    problem::{Code, Facts, Problem},
};
use crate::{
    app::State,
    db::{self, Database, staff::tokens::Token},
    domain::{catalogue::ledger::Cause, id::TokenId, moment::Moment},
    web::sessions::sha256_hex,
};
use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::Payload,
    http::header,
    web::{BytesMut, Data},
};
use futures_util::{StreamExt, future::LocalBoxFuture};
use serde::de::DeserializeOwned;
use std::{collections::HashMap, sync::Mutex};

/// The most bytes of a body.
pub const BODY_LIMIT_BYTES: usize = 4 << 20;

/// The program that calls, known by its token.
#[derive(Clone)]
pub struct Caller {
    /// Its token.
    pub token: Token,
    /// The moment of the call: one for all that it does.
    pub now: Moment,
    state: Data<State>,
}

impl Caller {
    /// Asks whether the token of a caller who was recognized still counts.
    async fn confirm(&self) -> Result<(), Problem> {
        let id = self.token.id;
        let live = self.database().read(move |conn| db::staff::tokens::live_among(conn, [id])).await?;
        if live.is_empty() { Err(self.revoked()) } else { Ok(()) }
    }

    /// `answer`, unless it says what is wrong with a call to a caller whose token does not count any more.
    ///
    /// # Errors
    /// What is wrong with the call; [`Code::Unauthorized`]; or the database.
    pub async fn told<T>(&self, answer: Result<T, Problem>) -> Result<T, Problem> {
        if answer.is_err() {
            self.confirm().await?;
        }
        answer
    }

    /// What a caller is told who was recognized and whose token does not count any more.
    #[must_use]
    pub fn revoked(&self) -> Problem {
        self.state.known_tokens.forget(self.token.id);
        unauthorized()
    }

    /// The database.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.state.database
    }

    /// Who, when and why, for the ledger.
    #[must_use]
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
    let state = state(&req);
    let hash = bearer_token_hash(&req)?;
    let asked = hash.clone();
    let found = state.database.read(move |conn| db::staff::tokens::find_live(conn, &asked)).await?;
    let token = found.ok_or_else(unauthorized)?;
    state.known_tokens.keep(hash, token.clone());
    Ok(Caller { token, now: state.clock.now(), state })
}

/// Who calls, if the token counted when it was last asked for; it may have been revoked since.
async fn recognize(req: HttpRequest) -> Result<Caller, Problem> {
    let state = state(&req);
    match state.known_tokens.find(&bearer_token_hash(&req)?) {
        Some(token) => Ok(Caller { token, now: state.clock.now(), state }),
        None => authenticate(req).await,
    }
}

fn state(req: &HttpRequest) -> Data<State> {
    req.app_data::<Data<State>>().expect("the program's state is always there").clone()
}

fn unauthorized() -> Problem {
    Problem::new(Code::Unauthorized, "Send an API token that was not revoked, as `Authorization: Bearer TOKEN`.")
}

/// The tokens that counted when they were last asked for, by their hash. It spares asking for a token apart from the
/// transaction that asks for it anyhow, and is never what lets a call through.
#[derive(Default)]
pub struct KnownTokens(Mutex<HashMap<String, Token>>);

impl KnownTokens {
    fn find(&self, hash: &str) -> Option<Token> {
        self.0.lock().expect("nothing panics here").get(hash).cloned()
    }

    fn keep(&self, hash: String, token: Token) {
        self.0.lock().expect("nothing panics here").insert(hash, token);
    }

    fn forget(&self, id: TokenId) {
        self.0.lock().expect("nothing panics here").retain(|_, token| token.id != id);
    }
}

fn bearer_token_hash(req: &HttpRequest) -> Result<String, Problem> {
    bearer_token(req).map(sha256_hex).ok_or_else(unauthorized)
}

/// The token in `Authorization: Bearer TOKEN` (RFC 6750). A request with two such headers has none.
fn bearer_token(req: &HttpRequest) -> Option<&str> {
    let mut headers = req.headers().get_all(header::AUTHORIZATION);
    let (scheme, token) = headers.next()?.to_str().ok()?.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && headers.next().is_none()).then_some(token.trim())
}

/// A call with a body of JSON, read into `T`. Who calls is asked first: a stranger's body is not read.
pub struct Call<T> {
    /// Who calls.
    pub caller: Caller,
    /// What was sent.
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
        let (req, payload) = (req.clone(), payload.take());
        Box::pin(async move { Self::read(authenticate(req.clone()).await?, req, payload).await })
    }
}

impl<T: DeserializeOwned> Call<T> {
    async fn read(mut caller: Caller, req: HttpRequest, payload: Payload) -> Result<Self, Problem> {
        check_content_type(&req)?;
        let bytes = read(payload).await?;
        // A body may take its time; what it asks for is asked now.
        caller.now = caller.state.clock.now();
        Ok(Self { caller, body: from_json(&bytes)?, body_hash: sha256_hex(&bytes), req })
    }
}

/// A call of somebody who was recognized. Whoever answers it asks in the same transaction whether the token counts.
pub struct RecognizedCall<T>(pub Call<T>);

impl<T: DeserializeOwned> FromRequest for RecognizedCall<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (req, payload) = (req.clone(), payload.take());
        Box::pin(async move {
            let caller = recognize(req.clone()).await?;
            let call = Call::read(caller.clone(), req, payload).await;
            caller.told(call).await.map(Self)
        })
    }
}

fn check_content_type(req: &HttpRequest) -> Result<(), Problem> {
    let content_type = req.content_type().to_ascii_lowercase();
    let is_json = content_type == "application/json"
        || (content_type.starts_with("application/") && content_type.ends_with("+json"));
    let refused = || Problem::new(Code::UnsupportedMediaType, "Send the body as `Content-Type: application/json`.");
    if is_json { Ok(()) } else { Err(refused()) }
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
