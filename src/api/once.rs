//! Idempotency: the response to a request with an `Idempotency-Key` is stored in the transaction of its call, refusals
//! included, and the same request gets it again for a day. A refusal before the transaction (a body that cannot be read, a
//! field that is not allowed) is not stored: the same body would be refused again, and a fixed one may use the key.
//! What is stored for orders is in `orders/results.rs`.
//!
//! In a list of independent items ([`once_for_each`]), one that was refused because something it names does not exist
//! is tried again with the next request: a program whose key is the number of an order would lose the order for a day.
//! The other items keep their first result.

use super::{
    call::{Call, Caller},
    problem::{self, Code, Problem},
};
use crate::{
    db::{
        self, Conn,
        idempotency::{self, FirstAnswer, KeyedRequest},
    },
    web::secrets::sha256_hex,
};
use actix_web::{HttpRequest, HttpResponse, http::StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use utoipa::IntoParams;

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
    /// was tried (400, 413, 415, `bad_field`, `too_many_items`) is not stored. In a list of independent items, one that
    /// was refused as `bad_field`, `unknown_store`, `unknown_sku` or `not_listed` is tried again.
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

/// The codes of items that are tried again when their request comes again: nothing was done for them, and once what they
/// name was added they can be done.
const TRIED_AGAIN: [Code; 4] = [Code::BadField, Code::UnknownStore, Code::UnknownSku, Code::NotListed];

/// The answer of a list of independent items: a result for each, in their order.
#[derive(Serialize, Deserialize)]
struct Results {
    /// As they were first written.
    results: Vec<Box<RawValue>>,
}

/// What says whether an item is tried again.
#[derive(Deserialize)]
struct ItemCode {
    code: Option<String>,
}

impl Results {
    fn of(first: &FirstAnswer) -> Self {
        serde_json::from_str(&first.body).expect("a stored answer has results")
    }

    /// Which of them are tried again.
    fn open(&self) -> Vec<usize> {
        let mut open = Vec::new();
        for (index, result) in self.results.iter().enumerate() {
            let ItemCode { code } = serde_json::from_str(result.get()).expect("a result is an object");
            if TRIED_AGAIN.iter().any(|again| code.as_deref() == Some(again.as_str())) {
                open.push(index);
            }
        }
        open
    }
}

/// Whether an item with `code` is tried again when its request comes again.
pub fn is_tried_again(code: Code) -> bool {
    TRIED_AGAIN.contains(&code)
}

/// A key that was sent, with the hash of its request. It belongs to a token, which may not be known yet.
#[derive(Debug, Clone)]
pub struct SentKey {
    pub key: String,
    pub request_hash: String,
}

/// The key of a request whose body has a hash. A request with two such headers has none that counts.
pub fn sent_key(req: &HttpRequest, body_hash: &str) -> Result<Option<SentKey>, Problem> {
    let mut headers = req.headers().get_all(HEADER);
    let Some(key) = headers.next() else { return Ok(None) };
    let is_key = |key: &&str| (1..=255).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
    let key = key.to_str().ok().filter(is_key).filter(|_| headers.next().is_none());
    let key = key.ok_or_else(|| {
        Problem::new(Code::BadIdempotencyKey, "Send one Idempotency-Key of 1 to 255 visible ASCII characters.")
    })?;
    let asked = format!("{} {} {body_hash}", req.method(), req.path());
    Ok(Some(SentKey { key: key.to_owned(), request_hash: sha256_hex(asked) }))
}

/// The key of a call.
pub fn key_of<T>(call: &Call<T>) -> Result<Option<KeyedRequest>, Problem> {
    let sent = sent_key(&call.req, &call.body_hash)?;
    let token = call.caller.token.id;
    Ok(sent.map(|SentKey { key, request_hash }| KeyedRequest::new(token, key, request_hash)))
}

/// Checks that a request whose key was used before is the same one again.
pub fn check_same(first: FirstAnswer, request_hash: &str) -> Result<FirstAnswer, Problem> {
    if first.request_hash == request_hash { Ok(first) } else { Err(key_reused()) }
}

/// The response to a list of independent items whose whole answer is `first`. There is none yet if some of them are tried
/// again.
pub fn answered_before(first: FirstAnswer) -> Option<HttpResponse> {
    Results::of(&first).open().is_empty().then(|| stored(first).response(true))
}

/// Runs `work` in a write transaction and sends its answer. A request whose key was answered before gets that answer, and
/// `work` does not run.
pub async fn once(
    caller: &Caller,
    key: Option<KeyedRequest>,
    mut work: impl FnMut(&mut Conn) -> Result<Answer, db::Error> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    let now = caller.now;
    let recent = caller.database().recent_keys();
    let outcome = caller.database().write(move |conn| match &key {
        None => work(conn).map(Outcome::First),
        Some(request) => {
            idempotency::forget_old(conn, now)?;
            match idempotency::claim(conn, &recent, request, now)? {
                None => {
                    let answer = work(conn)?;
                    idempotency::save(conn, &recent, request, (answer.status.as_u16().into(), &answer.body), now)?;
                    Ok(Outcome::First(answer))
                }
                Some(first) if first.request_hash == request.request_hash => Ok(Outcome::Replayed(stored(first))),
                Some(_) => Ok(Outcome::KeyReused),
            }
        }
    });
    respond(outcome.await?)
}

/// The same for a list of `count` independent items. `work` gets the indices of those to do, in their order, and returns
/// the result of each.
pub async fn once_for_each<T: Serialize>(
    caller: &Caller,
    key: Option<KeyedRequest>,
    count: usize,
    mut work: impl FnMut(&mut Conn, &[usize]) -> Result<Vec<T>, db::Error> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    let now = caller.now;
    let recent = caller.database().recent_keys();
    let outcome = caller.database().write(move |conn| {
        let all: Vec<usize> = (0..count).collect();
        let Some(request) = &key else {
            let results = Results { results: written(&work(conn, &all)?) };
            return Ok::<_, db::Error>(Outcome::First(Answer::new(StatusCode::OK, &results)));
        };
        idempotency::forget_old(conn, now)?;
        let (mut answer, open) = match idempotency::claim(conn, &recent, request, now)? {
            None => (Results { results: vec![RawValue::NULL.to_owned(); count] }, all),
            Some(first) if first.request_hash != request.request_hash => return Ok(Outcome::KeyReused),
            Some(first) => {
                let answer = Results::of(&first);
                let open = answer.open();
                if open.is_empty() {
                    return Ok(Outcome::Replayed(stored(first)));
                }
                (answer, open)
            }
        };
        let done = written(&work(conn, &open)?);
        for (index, result) in open.iter().zip(done) {
            answer.results[*index] = result;
        }
        let first = Answer::new(StatusCode::OK, &answer);
        if answer.open().len() == count {
            // Nothing was done: a body that was fixed may use the key.
            idempotency::release(conn, request)?;
        } else {
            idempotency::save(conn, &recent, request, (first.status.as_u16().into(), &first.body), now)?;
        }
        Ok(Outcome::First(first))
    });
    respond(outcome.await?)
}

fn written(results: &[impl Serialize]) -> Vec<Box<RawValue>> {
    let written = results.iter().map(|result| to_raw_value(result).expect("our own results are JSON"));
    written.collect()
}

fn respond(outcome: Outcome) -> Result<HttpResponse, Problem> {
    match outcome {
        Outcome::First(answer) => Ok(answer.response(false)),
        Outcome::Replayed(answer) => Ok(answer.response(true)),
        Outcome::KeyReused => Err(key_reused()),
    }
}

fn key_reused() -> Problem {
    Problem::new(Code::IdempotencyKeyReused, "Send another Idempotency-Key: this one was used for another request.")
}

fn stored(first: FirstAnswer) -> Answer {
    let status = u16::try_from(first.status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    Answer { status: status.expect("a stored status is a status"), body: first.body }
}
