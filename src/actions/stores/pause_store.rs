//! Pauses or resumes pushing to a store. While it is paused, changed quantities are recorded and not sent.

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

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PauseRefusal {
    #[error("Connect the store {0} first: nothing is sent to it.")]
    NotConnected(StoreCode),
    #[error("Resume the store {0} first: it is paused.")]
    IsPaused(StoreCode),
    #[error("Test the connection first.")]
    NotTested(StoreCode),
}

pub fn pause(conn: &mut Conn, cause: &Cause, store: &StoreCode) -> Result<(), Failed<PauseRefusal>> {
    let mut connection = connections::lock(conn, store)?.ok_or_else(|| not_connected(store))?;
    connection.pause(cause.at, cause.actor.clone(), cause.reason.clone());
    Ok(connections::update(conn, &connection)?)
}

/// Resumes a store whose connection was tested. What is out of sync is sent at once, without waiting for retry times.
pub fn resume(conn: &mut Conn, cause: &Cause, store: &StoreCode) -> Result<(), Failed<PauseRefusal>> {
    resume_if(conn, cause, store, Connection::is_tested)
}

/// [`resume`] without a test, because the marketplace may be down now.
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

/// Sends what is out of sync at once, without waiting for retry times.
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
