//! Stops sending quantities to a store, or goes on with it. What it should show is followed meanwhile, and sent when it
//! goes on.

use crate::{
    db::{Conn, Failed, connections, pushes},
    domain::{code::StoreCode, ledger::Cause},
};

/// Why a store was not paused, or does not go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PauseRefusal {
    /// It is not connected.
    #[error("Connect the store {0} first: nothing is sent to it.")]
    NotConnected(StoreCode),
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

/// Goes on with `store`: what is behind is sent at once, whatever failed before.
///
/// # Errors
/// A [`PauseRefusal`], or the database.
pub fn resume(conn: &mut Conn, cause: &Cause, store: &StoreCode) -> Result<(), Failed<PauseRefusal>> {
    let mut connection = connections::lock(conn, store)?.ok_or_else(|| not_connected(store))?;
    connection.resume();
    connection.clear_problem();
    connections::update(conn, &connection)?;
    Ok(pushes::hasten(conn, store, cause.at)?)
}

fn not_connected(store: &StoreCode) -> Failed<PauseRefusal> {
    Failed::Refused(PauseRefusal::NotConnected(store.clone()))
}
