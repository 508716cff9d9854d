//! API tokens. Only the hash of each is stored.

use crate::{
    db::{Conn, engine::schema::api_tokens},
    domain::{catalogue::ledger::Cause, id::TokenId, moment::Moment, staff::permission::Permissions},
};
use diesel::prelude::*;
use std::collections::{BTreeSet, HashMap};

/// One API token, without its secret: only the program that uses it has that.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = api_tokens, treat_none_as_default_value = false)]
pub struct Token {
    pub id: TokenId,
    /// What it is for; shown in the ledger next to its changes.
    pub name: String,
    pub created_at: Moment,
    pub created_by: String,
    pub revoked_at: Option<Moment>,
}

impl Token {
    pub fn permissions(&self) -> Permissions {
        Permissions::ALL
    }

    /// The cause of a change that a program makes with this token.
    pub fn cause(&self, at: Moment, reason: &str) -> Cause {
        Cause { actor: format!("token {}", self.name), at, reason: reason.to_owned() }
    }
}

/// Every token with its last use, newest first: dozens, one for each program that ever had access.
pub fn all(conn: &mut Conn) -> QueryResult<Vec<(Token, Option<Moment>)>> {
    let tokens = api_tokens::table.order(api_tokens::id.desc());
    tokens.select((Token::as_select(), api_tokens::last_used_at)).load(conn)
}

/// Notes a use of the token with this hash.
pub fn note_use(conn: &mut Conn, token_hash: &str, at: Moment) -> QueryResult<()> {
    let token = api_tokens::table.filter(api_tokens::token_hash.eq(token_hash));
    diesel::update(token).set(api_tokens::last_used_at.eq(at)).execute(conn).map(drop)
}

/// The names of the tokens that `maker` made and nobody has revoked, in their order.
pub fn live_of_maker(conn: &mut Conn, maker: &str) -> QueryResult<Vec<String>> {
    api_tokens::table
        .filter(api_tokens::created_by.eq(maker))
        .filter(api_tokens::revoked_at.is_null())
        .order(api_tokens::name)
        .select(api_tokens::name)
        .load(conn)
}

/// Revokes the tokens that `maker` made, and returns how many there were.
pub fn revoke_all_of(conn: &mut Conn, maker: &str, at: Moment) -> QueryResult<usize> {
    let live = api_tokens::table.filter(api_tokens::created_by.eq(maker)).filter(api_tokens::revoked_at.is_null());
    diesel::update(live).set(api_tokens::revoked_at.eq(at)).execute(conn)
}

/// The token of a hash, unless it is revoked.
pub fn find_live(conn: &mut Conn, token_hash: &str) -> QueryResult<Option<Token>> {
    api_tokens::table
        .filter(api_tokens::token_hash.eq(token_hash))
        .filter(api_tokens::revoked_at.is_null())
        .select(Token::as_select())
        .first(conn)
        .optional()
}

/// The tokens of `hashes` that are not revoked, by hash.
pub fn all_live(conn: &mut Conn, hashes: &BTreeSet<&str>) -> QueryResult<HashMap<String, Token>> {
    let mut tokens = HashMap::new();
    for hash in hashes {
        if let Some(token) = find_live(conn, hash)? {
            tokens.insert((*hash).to_owned(), token);
        }
    }
    Ok(tokens)
}

/// The token of this name that is not revoked, if there is one.
pub fn live_of_name(conn: &mut Conn, name: &str) -> QueryResult<Option<TokenId>> {
    api_tokens::table
        .filter(api_tokens::name.eq(name))
        .filter(api_tokens::revoked_at.is_null())
        .select(api_tokens::id)
        .first(conn)
        .optional()
}

/// Adds a token of which `token_hash` is the SHA-256.
pub fn insert(conn: &mut Conn, token: &Token, token_hash: &str) -> QueryResult<()> {
    diesel::insert_into(api_tokens::table)
        .values((token, api_tokens::token_hash.eq(token_hash)))
        .execute(conn)
        .map(drop)
}

/// Revokes a token at `at`; one that was revoked before keeps its time. Returns whether there is one of that id.
pub fn revoke(conn: &mut Conn, id: TokenId, at: Moment) -> QueryResult<bool> {
    let live = api_tokens::table.find(id).filter(api_tokens::revoked_at.is_null());
    diesel::update(live).set(api_tokens::revoked_at.eq(at)).execute(conn)?;
    let found: Option<TokenId> = api_tokens::table.find(id).select(api_tokens::id).first(conn).optional()?;
    Ok(found.is_some())
}
