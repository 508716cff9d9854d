//! Pauses or resumes pushing to a store. While it is paused, changed quantities are recorded and not sent.

use crate::{
    db::{
        Conn, Failed, QueryResult,
        stores::{
            connections::{self, Connection},
            fetches, listings, pushes,
        },
    },
    domain::{catalogue::ledger::Cause, code::StoreCode, stores::start::is_much},
};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PauseRefusal {
    #[error("Connect the store {0} first: nothing is sent to it.")]
    NotConnected(StoreCode),
    #[error("Resume the store {0} first: it is paused.")]
    IsPaused(StoreCode),
    #[error("Test the connection first.")]
    NotTested(StoreCode),
    #[error("Look at what would change first, and start pushing there.")]
    NotStarted(StoreCode),
}

pub fn pause(conn: &mut Conn, cause: &Cause, store: &StoreCode) -> Result<(), Failed<PauseRefusal>> {
    let mut connection = connections::lock(conn, store)?.ok_or_else(|| not_connected(store))?;
    connection.pause(cause.at, cause.actor.clone(), cause.reason.clone());
    Ok(connections::update(conn, &connection)?)
}

/// Why a store whose matches changed is paused.
const MANY_CHANGED: &str = "Many of its listings have other matches now. Look at what would change, then start pushing";

/// Pauses a store of whose matches so many change at once that a person has to see what would change before it is pushed to.
pub fn if_much_changes(conn: &mut Conn, cause: &Cause, store: &StoreCode, changed: usize) -> QueryResult<()> {
    if !is_much(changed, listings::count(conn, store)?) {
        return Ok(());
    }
    let Some(mut connection) = connections::lock(conn, store)? else { return Ok(()) };
    connection.pause_until_resumed(cause.at, cause.actor.clone(), MANY_CHANGED.to_owned());
    connections::update(conn, &connection)?;
    fetches::set_started(conn, store, None)
}

/// Resumes a store whose connection was tested. What is out of sync is sent at once, without waiting for retry times.
pub fn resume(conn: &mut Conn, cause: &Cause, store: &StoreCode) -> Result<(), Failed<PauseRefusal>> {
    resume_if(conn, cause, store, Connection::is_tested)
}

/// [`resume`] without a test, because the marketplace may be down now.
pub fn resume_untested(conn: &mut Conn, cause: &Cause, store: &StoreCode) -> Result<(), Failed<PauseRefusal>> {
    resume_if(conn, cause, store, |_| true)
}

/// Starts pushing to a store, after a person has seen what that changes there.
pub fn start(conn: &mut Conn, cause: &Cause, store: &StoreCode) -> Result<(), Failed<PauseRefusal>> {
    fetches::set_started(conn, store, Some(cause.at))?;
    resume(conn, cause, store)
}

/// [`start`] without a test, because the marketplace may be down now.
pub fn start_untested(conn: &mut Conn, cause: &Cause, store: &StoreCode) -> Result<(), Failed<PauseRefusal>> {
    fetches::set_started(conn, store, Some(cause.at))?;
    resume_untested(conn, cause, store)
}

fn resume_if(
    conn: &mut Conn,
    cause: &Cause,
    store: &StoreCode,
    may_resume: impl Fn(&Connection) -> bool,
) -> Result<(), Failed<PauseRefusal>> {
    hasten(conn, cause, store)?;
    let mut connection = connections::lock(conn, store)?.ok_or_else(|| not_connected(store))?;
    if !may_resume(&connection) {
        return Err(Failed::Refused(PauseRefusal::NotTested(store.clone())));
    }
    if connection.kind.is_pushed() && fetches::started_at(conn, store)?.is_none() {
        return Err(Failed::Refused(PauseRefusal::NotStarted(store.clone())));
    }
    connection.resume();
    connection.clear_problem();
    Ok(connections::update(conn, &connection)?)
}

/// Sends what is out of sync at once, without waiting for retry times.
pub fn push_now(conn: &mut Conn, cause: &Cause, store: &StoreCode) -> Result<(), Failed<PauseRefusal>> {
    hasten(conn, cause, store)?;
    let mut connection = connections::lock(conn, store)?.ok_or_else(|| not_connected(store))?;
    if connection.paused_at.is_some() {
        return Err(Failed::Refused(PauseRefusal::IsPaused(store.clone())));
    }
    connection.clear_problem();
    Ok(connections::update(conn, &connection)?)
}

/// Makes what is out of sync due. It comes before the lock of the connection, as in all that writes pushes; a refusal
/// after it undoes it.
fn hasten(conn: &mut Conn, cause: &Cause, store: &StoreCode) -> QueryResult<()> {
    pushes::lock_skus_behind(conn, store)?;
    pushes::hasten(conn, store, cause.at)
}

fn not_connected(store: &StoreCode) -> Failed<PauseRefusal> {
    Failed::Refused(PauseRefusal::NotConnected(store.clone()))
}
