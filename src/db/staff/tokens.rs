//! API tokens. Only the hash of each is kept.

use crate::{
    db::{Conn, engine::schema::api_tokens},
    domain::{id::TokenId, moment::Moment},
};
use diesel::prelude::*;

/// One API token, without the secret that nobody has but the program it was given to.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = api_tokens)]
pub struct Token {
    /// Its id.
    pub id: TokenId,
    /// What it is for; stands in the ledger beside what it did.
    pub name: String,
    /// When it was made.
    pub created_at: Moment,
    /// Who made it.
    pub created_by: String,
    /// Since when it counts no longer.
    pub revoked_at: Option<Moment>,
}

/// Every token, newest first. There are as many as programs that were ever let in: dozens.
///
/// # Errors
/// When the database fails.
pub fn all(conn: &mut Conn) -> QueryResult<Vec<Token>> {
    api_tokens::table.order(api_tokens::id.desc()).select(Token::as_select()).load(conn)
}

/// The token of a hash, if it counts.
///
/// # Errors
/// When the database fails.
pub fn find_live(conn: &mut Conn, token_hash: &str) -> QueryResult<Option<Token>> {
    api_tokens::table
        .filter(api_tokens::token_hash.eq(token_hash))
        .filter(api_tokens::revoked_at.is_null())
        .select(Token::as_select())
        .first(conn)
        .optional()
}

/// The token of this name that counts, if there is one.
///
/// # Errors
/// When the database fails.
pub fn live_of_name(conn: &mut Conn, name: &str) -> QueryResult<Option<TokenId>> {
    api_tokens::table
        .filter(api_tokens::name.eq(name))
        .filter(api_tokens::revoked_at.is_null())
        .select(api_tokens::id)
        .first(conn)
        .optional()
}

/// Adds a token of which `token_hash` is the SHA-256.
///
/// # Errors
/// When the database fails.
pub fn insert(conn: &mut Conn, token: &Token, token_hash: &str) -> QueryResult<()> {
    let Token { id, name, created_at, created_by, revoked_at } = token;
    diesel::insert_into(api_tokens::table)
        .values((
            api_tokens::id.eq(id),
            api_tokens::name.eq(name),
            api_tokens::token_hash.eq(token_hash),
            api_tokens::created_at.eq(created_at),
            api_tokens::created_by.eq(created_by),
            api_tokens::revoked_at.eq(revoked_at),
        ))
        .execute(conn)
        .map(drop)
}

/// Makes a token count no longer since `at`. One that was revoked before stays so. Answers whether there is one of
/// that id.
///
/// # Errors
/// When the database fails.
pub fn revoke(conn: &mut Conn, id: TokenId, at: Moment) -> QueryResult<bool> {
    let live = api_tokens::table.find(id).filter(api_tokens::revoked_at.is_null());
    diesel::update(live).set(api_tokens::revoked_at.eq(at)).execute(conn)?;
    let found: Option<TokenId> = api_tokens::table.find(id).select(api_tokens::id).first(conn).optional()?;
    Ok(found.is_some())
}
