//! The first responses to requests with an `Idempotency-Key`.

use super::{
    Conn,
    engine::{among::among, schema::idempotent_answers as answers},
};
use crate::{
    domain::{id::TokenId, moment::Moment},
    insert_rows, on_db,
};
use chrono::TimeDelta;
use diesel::prelude::*;
use std::collections::HashMap;

/// How long a response is stored. After that its key is free; requests with keys delete older ones, some at a time.
pub const KEPT_FOR: TimeDelta = TimeDelta::hours(24);

/// The most responses that are deleted at once: those of a day of many orders would take longer than a request may.
const FORGOTTEN_AT_ONCE: i64 = 2_500;

/// A request with a key. Keys belong to the token that sent them.
#[derive(Debug, Clone)]
pub struct KeyedRequest {
    pub token: TokenId,
    pub key: String,
    /// SHA-256 of the request.
    pub request_hash: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = answers)]
pub struct FirstAnswer {
    /// SHA-256 of the first request.
    pub request_hash: String,
    pub status: i32,
    pub body: String,
}

/// Reserves the key of `request` until the transaction ends, or returns the first response to it. Of two requests at
/// the same time, the second waits here for the transaction of the first.
pub fn claim(conn: &mut Conn, request: &KeyedRequest, now: Moment) -> QueryResult<Option<FirstAnswer>> {
    let KeyedRequest { token, key, request_hash } = request;
    let row = (
        answers::token_id.eq(token),
        answers::key.eq(key),
        answers::request_hash.eq(request_hash),
        answers::status.eq(0),
        answers::body.eq(""),
        answers::created_at.eq(now),
    );
    let claimed =
        on_db!(conn, |conn| diesel::insert_into(answers::table).values(row).on_conflict_do_nothing().execute(conn))?;
    if claimed == 1 {
        return Ok(None);
    }
    let stored = answers::table.find((token, key)).select((FirstAnswer::as_select(), answers::created_at));
    let (first, at): (FirstAnswer, Moment) = stored.first(conn)?;
    if is_old(at, now) {
        release(conn, request)?;
        return claim(conn, request, now);
    }
    Ok(Some(first))
}

fn is_old(at: Moment, now: Moment) -> bool {
    at < now.plus(-KEPT_FOR)
}

/// A response that was not stored before.
#[derive(Debug, Clone, PartialEq, Eq, Insertable)]
#[diesel(table_name = answers)]
pub struct NewAnswer {
    pub token_id: TokenId,
    pub key: String,
    pub request_hash: String,
    pub status: i32,
    pub body: String,
    pub created_at: Moment,
}

/// The first responses to those of the `keys` of a token that were used before `now`. Those that are too old are deleted,
/// and their keys are free.
pub fn find_all<'a>(
    conn: &mut Conn,
    token: TokenId,
    keys: impl IntoIterator<Item = &'a str>,
    now: Moment,
) -> QueryResult<HashMap<String, FirstAnswer>> {
    let found: Vec<(String, FirstAnswer, Moment)> = answers::table
        .filter(answers::token_id.eq(token))
        .filter(among(conn, "idempotent_answers.key", keys))
        .select((answers::key, FirstAnswer::as_select(), answers::created_at))
        .load(conn)?;
    let mut first = HashMap::new();
    let mut old = Vec::new();
    for (key, answer, at) in found {
        if is_old(at, now) {
            old.push(key);
        } else {
            first.insert(key, answer);
        }
    }
    if !old.is_empty() {
        let of_old = answers::table.filter(answers::token_id.eq(token));
        diesel::delete(of_old.filter(among(conn, "idempotent_answers.key", &old))).execute(conn)?;
    }
    Ok(first)
}

/// Stores responses with their keys. If one of the keys was used before, the transaction fails and is tried again.
pub fn insert(conn: &mut Conn, rows: &[NewAnswer]) -> QueryResult<()> {
    insert_rows!(conn, answers::table, rows)
}

/// Stores the response to a request whose key was reserved in this transaction.
pub fn save(conn: &mut Conn, request: &KeyedRequest, status: i32, body: &str) -> QueryResult<()> {
    diesel::update(answers::table.find((request.token, &request.key)))
        .set((answers::status.eq(status), answers::body.eq(body)))
        .execute(conn)
        .map(drop)
}

/// Gives up a key that was reserved in this transaction: the next request may use it for anything.
pub fn release(conn: &mut Conn, request: &KeyedRequest) -> QueryResult<()> {
    diesel::delete(answers::table.find((request.token, &request.key))).execute(conn).map(drop)
}

/// Deletes responses that are too old at `now`, the oldest first.
pub fn forget_old(conn: &mut Conn, now: Moment) -> QueryResult<()> {
    let old = answers::table.filter(answers::created_at.lt(now.plus(-KEPT_FOR))).order(answers::created_at);
    let some: Vec<Moment> = old.select(answers::created_at).limit(FORGOTTEN_AT_ONCE).load(conn)?;
    let Some(last) = some.last() else { return Ok(()) };
    diesel::delete(answers::table.filter(answers::created_at.le(last))).execute(conn).map(drop)
}
