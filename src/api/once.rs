//! Idempotency: the response to a request with an `Idempotency-Key` is stored in the transaction of its call, refusals
//! included, and the same request gets it again for a day. A refusal before the transaction (a body that cannot be read, a
//! field that is not allowed) is not stored: the same body would be refused again, and a fixed one may use the key.

use super::{
    call::{Call, Caller},
    problem::{self, Code, Problem},
};
use crate::{
    db::{
        self, Conn,
        idempotency::{self, KeyedRequest},
    },
    web::secrets::sha256_hex,
};
use actix_web::{HttpRequest, HttpResponse, http::StatusCode};
use chrono::TimeDelta;
use serde::Serialize;
use utoipa::IntoParams;

/// How long a response is stored. The next request with a key deletes older ones.
const KEPT_FOR: TimeDelta = TimeDelta::hours(24);

const HEADER: &str = "Idempotency-Key";

/// The header of a response that was sent before.
const REPLAYED: &str = "Idempotency-Replayed";

/// The header of the key, for the document of the API.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "the document of the API shows it; `key_of` reads it")]
pub struct KeyHeader {
    /// Whatever tells one request from another, such as a UUID. For 24 hours, the same key with the same body gets the
    /// first answer again, with `Idempotency-Replayed: true`, and nothing is created twice. What was refused before it
    /// was tried (400, 413, 415, `bad_field`, `too_many_items`) is not stored.
    #[param(rename = "Idempotency-Key", required = false, min_length = 1, max_length = 255, pattern = "^[!-~]+$")]
    key: String,
}

pub struct Answer {
    status: StatusCode,
    body: String,
}

impl Answer {
    pub fn new(status: StatusCode, body: &impl Serialize) -> Self {
        Self { status, body: serde_json::to_string(body).expect("our own answers are JSON") }
    }

    fn response(self, is_replayed: bool) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        if is_replayed {
            response.insert_header((REPLAYED, "true"));
        }
        let is_problem = self.status.is_client_error();
        response.content_type(if is_problem { problem::CONTENT_TYPE } else { "application/json" }).body(self.body)
    }
}

impl From<Problem> for Answer {
    fn from(problem: Problem) -> Self {
        Self::new(problem.code.status(), &problem.body())
    }
}

enum Outcome {
    First(Answer),
    Replayed(Answer),
    KeyReused,
}

pub fn has_key(req: &HttpRequest) -> bool {
    req.headers().contains_key(HEADER)
}

/// The key of a call, with the hash of its request.
pub fn key_of<T>(call: &Call<T>) -> Result<Option<KeyedRequest>, Problem> {
    let Some(key) = call.req.headers().get(HEADER) else { return Ok(None) };
    let key =
        key.to_str().ok().filter(|key| (1..=255).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic()));
    let key = key.ok_or_else(|| {
        Problem::new(Code::BadIdempotencyKey, "Send an Idempotency-Key of 1 to 255 visible ASCII characters.")
    })?;
    let asked = format!("{} {} {}", call.req.method(), call.req.path(), call.body_hash);
    Ok(Some(KeyedRequest { token: call.caller.token.id, key: key.to_owned(), request_hash: sha256_hex(asked) }))
}

/// Runs `work` in a write transaction and sends its answer. A request whose key was answered before gets that answer, and
/// `work` does not run.
pub async fn once(
    caller: &Caller,
    key: Option<KeyedRequest>,
    mut work: impl FnMut(&mut Conn) -> Result<Answer, db::Error> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    let now = caller.now;
    let outcome = caller.database().write(move |conn| match &key {
        None => work(conn).map(Outcome::First),
        Some(request) => {
            idempotency::forget_before(conn, now.plus(-KEPT_FOR))?;
            match idempotency::claim(conn, request, now)? {
                None => {
                    let answer = work(conn)?;
                    idempotency::save(conn, request, answer.status.as_u16().into(), &answer.body)?;
                    Ok(Outcome::First(answer))
                }
                Some(first) if first.request_hash == request.request_hash => Ok(Outcome::Replayed(stored(first))),
                Some(_) => Ok(Outcome::KeyReused),
            }
        }
    });
    match outcome.await? {
        Outcome::First(answer) => Ok(answer.response(false)),
        Outcome::Replayed(answer) => Ok(answer.response(true)),
        Outcome::KeyReused => Err(Problem::new(
            Code::IdempotencyKeyReused,
            "Send another Idempotency-Key: this one was used for another request.",
        )),
    }
}

fn stored(first: idempotency::FirstAnswer) -> Answer {
    let status = u16::try_from(first.status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    Answer { status: status.expect("a stored status is a status"), body: first.body }
}
