//! Ends sessions of a member of staff: one, or all but the one they ask with.

use crate::{
    db::{Conn, Error, Failed, staff::sessions},
    domain::id::UserId,
};

/// Why no session was ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndSessionRefusal {
    /// It is somebody else's, or has ended already.
    #[error("There is no such session of yours.")]
    NoneOfTheirs,
}

/// Ends the session of `key_hash`, if it is one of `user`.
///
/// # Errors
/// An [`EndSessionRefusal`], or the database.
pub fn run(conn: &mut Conn, user: UserId, key_hash: &str) -> Result<(), Failed<EndSessionRefusal>> {
    if sessions::end_of(conn, user, key_hash)? { Ok(()) } else { Err(Failed::Refused(EndSessionRefusal::NoneOfTheirs)) }
}

/// Ends every session of `user` but the one of `kept_hash`.
///
/// # Errors
/// When the database fails.
pub fn all_others(conn: &mut Conn, user: UserId, kept_hash: &str) -> Result<(), Error> {
    Ok(sessions::end_all_of(conn, user, Some(kept_hash))?)
}
