//! Sessions: who is signed in. Only the hash of a session's key is kept.

use super::{
    Conn,
    schema::{secrets, sessions, users},
};
use crate::{
    domain::{id::UserId, moment::Moment},
    on_db,
};
use diesel::prelude::*;

/// One session.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions)]
pub struct Session {
    /// SHA-256 of the key in the cookie.
    pub key_hash: String,
    /// Who is signed in.
    pub user_id: UserId,
    /// What the session knows, as JSON.
    pub state: String,
    /// The browser that signed in, as it named itself.
    pub device: String,
    /// When it began.
    pub created_at: Moment,
    /// The first moment at which it no longer counts.
    pub expires_at: Moment,
}

/// What the session of `key_hash` knows, if it counts at `now` and its user may sign in.
///
/// # Errors
/// When the database fails.
pub fn state(conn: &mut Conn, key_hash: &str, now: Moment) -> QueryResult<Option<String>> {
    sessions::table
        .inner_join(users::table)
        .filter(sessions::key_hash.eq(key_hash))
        .filter(sessions::expires_at.gt(now))
        .filter(users::disabled_at.is_null())
        .select(sessions::state)
        .first(conn)
        .optional()
}

/// The sessions of a user that count at `now`, newest first.
///
/// # Errors
/// When the database fails.
pub fn of_user(conn: &mut Conn, user: UserId, now: Moment) -> QueryResult<Vec<Session>> {
    sessions::table
        .filter(sessions::user_id.eq(user))
        .filter(sessions::expires_at.gt(now))
        .order(sessions::created_at.desc())
        .select(Session::as_select())
        .load(conn)
}

/// Begins a session, and clears away those that no longer count.
///
/// # Errors
/// When the database fails.
pub fn insert(conn: &mut Conn, session: &Session) -> QueryResult<()> {
    diesel::delete(sessions::table.filter(sessions::expires_at.le(session.created_at))).execute(conn)?;
    diesel::insert_into(sessions::table).values(session).execute(conn).map(drop)
}

/// Saves what a session knows.
///
/// # Errors
/// When the database fails.
pub fn update(conn: &mut Conn, key_hash: &str, state: &str, expires_at: Moment) -> QueryResult<()> {
    diesel::update(sessions::table.find(key_hash))
        .set((sessions::state.eq(state), sessions::expires_at.eq(expires_at)))
        .execute(conn)
        .map(drop)
}

/// Moves the end of a session.
///
/// # Errors
/// When the database fails.
pub fn extend(conn: &mut Conn, key_hash: &str, expires_at: Moment) -> QueryResult<()> {
    diesel::update(sessions::table.find(key_hash)).set(sessions::expires_at.eq(expires_at)).execute(conn).map(drop)
}

/// Ends a session.
///
/// # Errors
/// When the database fails.
pub fn end(conn: &mut Conn, key_hash: &str) -> QueryResult<()> {
    diesel::delete(sessions::table.find(key_hash)).execute(conn).map(drop)
}

/// Ends every session of a user but the one of `kept_hash`.
///
/// # Errors
/// When the database fails.
pub fn end_all_of(conn: &mut Conn, user: UserId, kept_hash: Option<&str>) -> QueryResult<()> {
    diesel::delete(
        sessions::table.filter(sessions::user_id.eq(user)).filter(sessions::key_hash.ne(kept_hash.unwrap_or_default())),
    )
    .execute(conn)
    .map(drop)
}

/// The secret called `name` that every server of this database shares; `fresh` becomes it if there is none yet.
///
/// # Errors
/// When the database fails.
pub fn shared_secret(conn: &mut Conn, name: &str, fresh: &str) -> QueryResult<String> {
    on_db!(conn, |conn| diesel::insert_into(secrets::table)
        .values((secrets::name.eq(name), secrets::value.eq(fresh)))
        .on_conflict_do_nothing()
        .execute(conn))?;
    secrets::table.find(name).select(secrets::value).first(conn)
}
