//! The first responses to requests with an `Idempotency-Key`.

use super::{Conn, engine::schema::idempotent_answers as answers};
use crate::{
    domain::{id::TokenId, moment::Moment},
    on_db,
};
use diesel::prelude::*;

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
    match claimed {
        1 => Ok(None),
        _ => answers::table.find((token, key)).select(FirstAnswer::as_select()).first(conn).map(Some),
    }
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

pub fn forget_before(conn: &mut Conn, moment: Moment) -> QueryResult<()> {
    diesel::delete(answers::table.filter(answers::created_at.lt(moment))).execute(conn).map(drop)
}
