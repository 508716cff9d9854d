//! Members of staff who can sign in.

use super::{Conn, schema::users};
use crate::domain::{id::UserId, moment::Moment};
use diesel::prelude::*;

/// One member of staff.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = users)]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// Their e-mail address, in lower case.
    pub email: String,
    /// The password's argon2id hash.
    pub password_hash: String,
    /// When they were added.
    pub created_at: Moment,
    /// Since when they cannot sign in.
    pub disabled_at: Option<Moment>,
}

/// Everybody, by e-mail address.
///
/// # Errors
/// When the database fails.
pub fn all(conn: &mut Conn) -> QueryResult<Vec<User>> {
    users::table.order(users::email).select(User::as_select()).load(conn)
}

/// The user of an e-mail address.
///
/// # Errors
/// When the database fails.
pub fn find_by_email(conn: &mut Conn, email: &str) -> QueryResult<Option<User>> {
    users::table.filter(users::email.eq(email)).select(User::as_select()).first(conn).optional()
}

/// Whether there is nobody yet.
///
/// # Errors
/// When the database fails.
pub fn none_yet(conn: &mut Conn) -> QueryResult<bool> {
    users::table.select(users::id).first::<UserId>(conn).optional().map(|id| id.is_none())
}

/// Adds a user.
///
/// # Errors
/// A unique violation when the address is taken; anything else when the database fails.
pub fn insert(conn: &mut Conn, user: &User) -> QueryResult<()> {
    diesel::insert_into(users::table).values(user).execute(conn).map(drop)
}
