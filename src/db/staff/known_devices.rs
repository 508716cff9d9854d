//! Browsers in which a user has signed in before.

use crate::{
    db::{Conn, engine::schema::known_devices},
    domain::{id::UserId, moment::Moment},
};
use chrono::TimeDelta;
use diesel::prelude::*;

/// A browser in which nobody has signed in for so long is no longer known.
pub const KNOWN_FOR: TimeDelta = TimeDelta::days(180);

/// Whether `user` has signed in with the browser whose cookie has the hash `key_hash`.
pub fn is_known(conn: &mut Conn, key_hash: &str, user: UserId, now: Moment) -> QueryResult<bool> {
    let found: Option<String> = known_devices::table
        .find((key_hash, user))
        .filter(known_devices::used_at.gt(now.plus(-KNOWN_FOR)))
        .select(known_devices::key_hash)
        .first(conn)
        .optional()?;
    Ok(found.is_some())
}

/// Remembers that `user` signed in, and forgets browsers that were not used for long. Only while the accounts are locked
/// ([`super::users::lock`]).
pub fn remember(conn: &mut Conn, key_hash: &str, user: UserId, now: Moment) -> QueryResult<()> {
    diesel::delete(known_devices::table.filter(known_devices::used_at.le(now.plus(-KNOWN_FOR)))).execute(conn)?;
    let found = known_devices::table.find((key_hash, user));
    if diesel::update(found).set(known_devices::used_at.eq(now)).execute(conn)? == 1 {
        return Ok(());
    }
    let device =
        (known_devices::key_hash.eq(key_hash), known_devices::user_id.eq(user), known_devices::used_at.eq(now));
    diesel::insert_into(known_devices::table).values(device).execute(conn).map(drop)
}
