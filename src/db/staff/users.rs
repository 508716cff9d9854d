//! Members of staff who can sign in.

use crate::{
    db::{Conn, engine::schema::users},
    domain::{id::UserId, moment::Moment, staff::permission::Role},
};
use diesel::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = users, treat_none_as_default_value = false)]
pub struct User {
    pub id: UserId,
    /// Their e-mail address, in lower case.
    pub email: String,
    /// The password's argon2id hash.
    pub password_hash: String,
    pub created_at: Moment,
    pub disabled_at: Option<Moment>,
    /// Whether somebody else chose the password: the user has to choose another before anything else.
    pub password_is_given: bool,
    pub role: Role,
}

impl User {
    /// Whether they can sign in and do everything.
    pub fn is_live_administrator(&self) -> bool {
        self.disabled_at.is_none() && self.role == Role::Administrator
    }
}

pub fn all(conn: &mut Conn) -> QueryResult<Vec<User>> {
    users::table.order(users::email).select(User::as_select()).load(conn)
}

pub fn find_by_email(conn: &mut Conn, email: &str) -> QueryResult<Option<User>> {
    users::table.filter(users::email.eq(email)).select(User::as_select()).first(conn).optional()
}

pub fn find(conn: &mut Conn, id: UserId) -> QueryResult<Option<User>> {
    users::table.find(id).select(User::as_select()).first(conn).optional()
}

/// Makes transactions that change accounts, or begin sessions, wait for each other until this one ends. Only inside
/// [`crate::db::Database::write`]: on SQLite that has locked the whole file already.
pub fn lock(conn: &mut Conn) -> QueryResult<()> {
    match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(conn) => diesel::sql_query("SELECT pg_advisory_xact_lock(5471391)").execute(conn).map(drop),
        Conn::Sqlite(_) => Ok(()),
    }
}

/// Whether there is no user yet.
pub fn none_yet(conn: &mut Conn) -> QueryResult<bool> {
    users::table.select(users::id).first::<UserId>(conn).optional().map(|id| id.is_none())
}

pub fn insert(conn: &mut Conn, user: &User) -> QueryResult<()> {
    diesel::insert_into(users::table).values(user).execute(conn).map(drop)
}

/// `is_given` says that somebody else chose the password.
pub fn set_password(conn: &mut Conn, id: UserId, password_hash: &str, is_given: bool) -> QueryResult<()> {
    let set = (users::password_hash.eq(password_hash), users::password_is_given.eq(is_given));
    diesel::update(users::table.find(id)).set(set).execute(conn).map(drop)
}

pub fn set_role(conn: &mut Conn, id: UserId, role: Role) -> QueryResult<()> {
    diesel::update(users::table.find(id)).set(users::role.eq(role)).execute(conn).map(drop)
}

/// Whether any administrator but `id` can sign in.
pub fn is_any_administrator_but(conn: &mut Conn, id: UserId) -> QueryResult<bool> {
    let others = users::table.filter(users::id.ne(id)).filter(users::disabled_at.is_null());
    others
        .filter(users::role.eq(Role::Administrator))
        .select(users::id)
        .first::<UserId>(conn)
        .optional()
        .map(|id| id.is_some())
}

/// Disables a user since a moment, or with `None` enables them.
pub fn set_disabled(conn: &mut Conn, id: UserId, since: Option<Moment>) -> QueryResult<()> {
    diesel::update(users::table.find(id)).set(users::disabled_at.eq(since)).execute(conn).map(drop)
}
