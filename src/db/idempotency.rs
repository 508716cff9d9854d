//! The first answers to requests that carry an `Idempotency-Key`.

use super::{Conn, engine::schema::idempotent_answers as answers};
use crate::{
    domain::{id::TokenId, moment::Moment},
    on_db,
};
use diesel::prelude::*;

/// What a key stands for: keys belong to the token that sent them.
#[derive(Debug, Clone)]
pub struct KeyedRequest {
    /// The token.
    pub token: TokenId,
    /// The key.
    pub key: String,
    /// SHA-256 of what was asked.
    pub request_hash: String,
}

/// An answer that was given.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = answers)]
pub struct FirstAnswer {
    /// SHA-256 of what had been asked.
    pub request_hash: String,
    /// The HTTP status.
    pub status: i32,
    /// The body.
    pub body: String,
}

/// Claims the key of `request` until the transaction ends, or answers what was answered to it first. Of two requests
/// at the same time, the second waits here for the transaction of the first.
///
/// # Errors
/// When the database fails.
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

/// Keeps the answer to a request whose key was claimed in this transaction.
///
/// # Errors
/// When the database fails.
pub fn save(conn: &mut Conn, request: &KeyedRequest, status: i32, body: &str) -> QueryResult<()> {
    diesel::update(answers::table.find((request.token, &request.key)))
        .set((answers::status.eq(status), answers::body.eq(body)))
        .execute(conn)
        .map(drop)
}

/// Forgets the answers from before `moment`.
///
/// # Errors
/// When the database fails.
pub fn forget_before(conn: &mut Conn, moment: Moment) -> QueryResult<()> {
    diesel::delete(answers::table.filter(answers::created_at.lt(moment))).execute(conn).map(drop)
}
