//! Stops sending quantities to a store, or goes on with it. What it should show is followed meanwhile, and sent when it
//! goes on.

use crate::{
    db::{
        Conn, Failed,
        stores::{
            connections::{self, Connection},
            pushes,
        },
    },
    domain::{catalogue::ledger::Cause, code::StoreCode, moment::Moment},
};

/// Why a store was not paused, or does not go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PauseRefusal {
    /// It is not connected.
    #[error("Connect the store {0} first: nothing is sent to it.")]
    NotConnected(StoreCode),
    /// It is paused.
    #[error("Resume the store {0} first: it is paused.")]
    IsPaused(StoreCode),
    /// Its connection was not tested.
    #[error("Test the connection first.")]
    NotTested(StoreCode),
}

/// Pauses `store`; `cause` says who and why.
///
/// # Errors
/// A [`PauseRefusal`], or the database.
pub fn pause(conn: &mut Conn, cause: &Cause, store: &StoreCode) -> Result<(), Failed<PauseRefusal>> {
    let mut connection = connections::lock(conn, store)?.ok_or_else(|| not_connected(store))?;
    connection.pause(cause.at, cause.actor.clone(), cause.reason.clone());
    Ok(connections::update(conn, &connection)?)
}

/// Goes on with `store`, whose connection was tested: what is behind is sent at once, whatever failed before.
///
/// # Errors
/// A [`PauseRefusal`], or the database.
pub fn resume(conn: &mut Conn, cause: &Cause, store: &StoreCode) -> Result<(), Failed<PauseRefusal>> {
    resume_if(conn, cause, store, Connection::is_tested)
}

/// The same, whether or not the connection was tested: its marketplace may be down just now.
///
/// # Errors
/// A [`PauseRefusal`], or the database.
pub fn resume_untested(conn: &mut Conn, cause: &Cause, store: &StoreCode) -> Result<(), Failed<PauseRefusal>> {
    resume_if(conn, cause, store, |_| true)
}

fn resume_if(
    conn: &mut Conn,
    cause: &Cause,
    store: &StoreCode,
    may_resume: impl Fn(&Connection) -> bool,
) -> Result<(), Failed<PauseRefusal>> {
    pushes::lock_skus_behind(conn, store)?;
    let mut connection = connections::lock(conn, store)?.ok_or_else(|| not_connected(store))?;
    if !may_resume(&connection) {
        return Err(Failed::Refused(PauseRefusal::NotTested(store.clone())));
    }
    connection.resume();
    try_all(conn, connection, cause.at)
}

/// Has everything that is behind at `store` tried at once, whatever failed before.
///
/// # Errors
/// A [`PauseRefusal`], or the database.
pub fn push_now(conn: &mut Conn, cause: &Cause, store: &StoreCode) -> Result<(), Failed<PauseRefusal>> {
    pushes::lock_skus_behind(conn, store)?;
    let connection = connections::lock(conn, store)?.ok_or_else(|| not_connected(store))?;
    if connection.paused_at.is_some() {
        return Err(Failed::Refused(PauseRefusal::IsPaused(store.clone())));
    }
    try_all(conn, connection, cause.at)
}

fn try_all(conn: &mut Conn, mut connection: Connection, now: Moment) -> Result<(), Failed<PauseRefusal>> {
    connection.clear_problem();
    connections::update(conn, &connection)?;
    Ok(pushes::hasten(conn, &connection.store, now)?)
}

fn not_connected(store: &StoreCode) -> Failed<PauseRefusal> {
    Failed::Refused(PauseRefusal::NotConnected(store.clone()))
}
