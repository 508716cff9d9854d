//! Renews the access to a store: marketplaces take a token that renews once, so one server has it to itself meanwhile.

use crate::{
    actions::settle_pushes::{self, Wait},
    db::{
        Conn, QueryResult,
        stores::connections::{self, Connection},
    },
    domain::{code::StoreCode, moment::Moment, stores::failure::Failure},
};
use chrono::TimeDelta;

/// How long a server has the renewal to itself: longer than a request lasts.
const LEASE: TimeDelta = TimeDelta::seconds(30);

/// Begins to renew the access that `before` has; answers whether it may: not if another server is at it, or somebody
/// entered other credentials.
///
/// # Errors
/// When the database fails.
pub fn begin(conn: &mut Conn, now: Moment, before: &Connection) -> QueryResult<bool> {
    let Some(mut connection) = connections::lock(conn, &before.store)? else { return Ok(false) };
    let is_taken = connection.renewed_until.is_some_and(|until| until > now);
    if is_taken || connection.credentials != before.credentials {
        return Ok(false);
    }
    connection.renewed_until = Some(now.plus(LEASE));
    connections::update(conn, &connection).map(|()| true)
}

/// Keeps the `renewed` credentials, sealed, in place of those `before`, unless somebody entered others meanwhile.
///
/// # Errors
/// When the database fails.
pub fn finish(conn: &mut Conn, before: &Connection, renewed: &str) -> QueryResult<()> {
    let Some(mut connection) = connections::lock(conn, &before.store)? else { return Ok(()) };
    if connection.credentials == before.credentials {
        renewed.clone_into(&mut connection.credentials);
        // What was wrong was the access.
        connection.clear_problem();
    }
    connection.renewed_until = None;
    connections::update(conn, &connection)
}

/// Keeps that the access could not be renewed.
///
/// # Errors
/// When the database fails.
pub fn fail(conn: &mut Conn, store: &StoreCode, failure: &Failure, at: Moment, wait: &Wait<'_>) -> QueryResult<()> {
    let Some(mut connection) = connections::lock(conn, store)? else { return Ok(()) };
    settle_pushes::keep_failure(&mut connection, failure, at, wait);
    connection.renewed_until = None;
    connections::update(conn, &connection)
}
