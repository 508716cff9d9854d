//! Sessions: who is signed in. Only the hash of a session's key is stored.

use crate::{
    db::{
        Conn,
        engine::schema::{sessions, users},
    },
    domain::{id::UserId, moment::Moment, staff::permission::Role},
};
use diesel::prelude::*;

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions, treat_none_as_default_value = false)]
pub struct Session {
    /// SHA-256 of the key in the cookie.
    pub key_hash: String,
    pub user_id: UserId,
    /// The browser that signed in, as it named itself.
    pub device: String,
    pub created_at: Moment,
    /// The first moment at which it is no longer valid.
    pub expires_at: Moment,
}

/// The user of a session.
#[derive(Debug, Clone, Queryable)]
pub struct Owner {
    pub id: UserId,
    pub email: String,
    pub password_is_given: bool,
    pub role: Role,
}

/// The user of a session, if it is valid at `now` and the user is not disabled.
pub fn whose(conn: &mut Conn, key_hash: &str, now: Moment) -> QueryResult<Option<Owner>> {
    sessions::table
        .inner_join(users::table)
        .filter(sessions::key_hash.eq(key_hash))
        .filter(sessions::expires_at.gt(now))
        .filter(users::disabled_at.is_null())
        .select((users::id, users::email, users::password_is_given, users::role))
        .first(conn)
        .optional()
}

/// The sessions of a user that are valid at `now`, newest first.
pub fn of_user(conn: &mut Conn, user: UserId, now: Moment) -> QueryResult<Vec<Session>> {
    sessions::table
        .filter(sessions::user_id.eq(user))
        .filter(sessions::expires_at.gt(now))
        .order(sessions::created_at.desc())
        .select(Session::as_select())
        .load(conn)
}

/// Adds a session, and deletes those that have expired.
pub fn insert(conn: &mut Conn, session: &Session) -> QueryResult<()> {
    diesel::delete(sessions::table.filter(sessions::expires_at.le(session.created_at))).execute(conn)?;
    diesel::insert_into(sessions::table).values(session).execute(conn).map(drop)
}

pub fn end(conn: &mut Conn, key_hash: &str) -> QueryResult<()> {
    diesel::delete(sessions::table.find(key_hash)).execute(conn).map(drop)
}

/// Ends a session of `user`, and returns whether there was one.
pub fn end_of(conn: &mut Conn, user: UserId, key_hash: &str) -> QueryResult<bool> {
    let ended = diesel::delete(sessions::table.find(key_hash).filter(sessions::user_id.eq(user))).execute(conn)?;
    Ok(ended == 1)
}

/// Ends every session of a user except the one of `kept_hash`.
pub fn end_all_of(conn: &mut Conn, user: UserId, kept_hash: Option<&str>) -> QueryResult<()> {
    diesel::delete(
        sessions::table.filter(sessions::user_id.eq(user)).filter(sessions::key_hash.ne(kept_hash.unwrap_or_default())),
    )
    .execute(conn)
    .map(drop)
}
