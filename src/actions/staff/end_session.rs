//! Ends one session of a member of staff, or all except the current one.

use crate::{
    db::{Conn, Error, Failed, staff::sessions},
    domain::id::UserId,
};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndSessionRefusal {
    #[error("There is no such session of yours.")]
    NoneOfTheirs,
}

pub fn run(conn: &mut Conn, user: UserId, key_hash: &str) -> Result<(), Failed<EndSessionRefusal>> {
    if sessions::end_of(conn, user, key_hash)? { Ok(()) } else { Err(Failed::Refused(EndSessionRefusal::NoneOfTheirs)) }
}

pub fn all_others(conn: &mut Conn, user: UserId, current_session_hash: &str) -> Result<(), Error> {
    Ok(sessions::end_all_of(conn, user, Some(current_session_hash))?)
}
