//! Permissions that sellers are asked for at the marketplaces, from the press of the button until the stores are saved.

use crate::{
    db::{
        Conn,
        engine::{connection::lock_first, schema::authorizations},
    },
    domain::{code::StoreCode, moment::Moment, place::Country, stores::connection::ConnectorKind},
};
use chrono::TimeDelta;
use diesel::prelude::*;

/// How long one that has expired is known, so that whoever comes back too late is told so.
const KNOWN_FOR: TimeDelta = TimeDelta::days(1);

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = authorizations, treat_none_as_default_value = false)]
pub struct Authorization {
    /// SHA-256 of the number that goes to the marketplace and comes back.
    pub state_hash: String,
    /// The session in which it was begun.
    pub session_hash: String,
    pub kind: ConnectorKind,
    pub country: Option<Country>,
    /// The store that is connected again; `None` for a new one.
    pub store: Option<StoreCode>,
    pub expires_at: Moment,
    /// When the marketplace sent the person back.
    pub used_at: Option<Moment>,
    /// What the seller permitted, sealed.
    pub granted: Option<String>,
}

pub fn insert(conn: &mut Conn, new: &Authorization) -> QueryResult<()> {
    diesel::insert_into(authorizations::table).values(new).execute(conn).map(drop)
}

/// Those that are not needed any more: with tokens as soon as they have expired.
#[diesel::dsl::auto_type]
fn old(expired: Moment, forgotten: Moment) -> _ {
    let with_tokens = authorizations::expires_at.le(expired).and(authorizations::granted.is_not_null());
    with_tokens.or(authorizations::expires_at.le(forgotten))
}

pub fn is_any_old(conn: &mut Conn, now: Moment) -> QueryResult<bool> {
    let old = authorizations::table.filter(old(now, now.plus(-KNOWN_FOR))).select(authorizations::state_hash);
    old.first::<String>(conn).optional().map(|found| found.is_some())
}

pub fn delete_old(conn: &mut Conn, now: Moment) -> QueryResult<usize> {
    diesel::delete(authorizations::table.filter(old(now, now.plus(-KNOWN_FOR)))).execute(conn)
}

pub fn find(conn: &mut Conn, state_hash: &str) -> QueryResult<Option<Authorization>> {
    authorizations::table.find(state_hash).select(Authorization::as_select()).first(conn).optional()
}

pub fn lock(conn: &mut Conn, state_hash: &str) -> QueryResult<Option<Authorization>> {
    lock_first!(conn, authorizations::table.find(state_hash).select(Authorization::as_select()))
}

pub fn use_up(conn: &mut Conn, state_hash: &str, now: Moment) -> QueryResult<()> {
    let found = authorizations::table.find(state_hash);
    diesel::update(found).set(authorizations::used_at.eq(now)).execute(conn).map(drop)
}

/// Stores what the seller permitted until `expires_at`.
pub fn grant(conn: &mut Conn, state_hash: &str, granted: &str, expires_at: Moment) -> QueryResult<()> {
    diesel::update(authorizations::table.find(state_hash))
        .set((authorizations::granted.eq(granted), authorizations::expires_at.eq(expires_at)))
        .execute(conn)
        .map(drop)
}

pub fn delete(conn: &mut Conn, state_hash: &str) -> QueryResult<()> {
    diesel::delete(authorizations::table.find(state_hash)).execute(conn).map(drop)
}
