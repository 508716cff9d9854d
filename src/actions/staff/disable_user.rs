//! Disables or enables the account of a member of staff. Accounts are never deleted, because the ledger names them.

use crate::{
    db::{
        Conn, Failed,
        staff::{
            sessions,
            users::{self, User},
        },
    },
    domain::{id::UserId, moment::Moment},
};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DisableUserRefusal {
    #[error("There is no such user.")]
    Unknown,
    /// Checked inside the transaction: otherwise two people could disable each other at the same time, and no account
    /// would be left.
    #[error("Sign in again: your account is disabled.")]
    ActorDisabled,
    #[error("Ask a colleague to disable your account: you cannot disable your own.")]
    Oneself,
}

/// Disables `user` and ends their sessions.
pub fn run(conn: &mut Conn, actor: UserId, user: UserId, now: Moment) -> Result<(), Failed<DisableUserRefusal>> {
    let found = find(conn, actor, user)?;
    if actor == user {
        return Err(Failed::Refused(DisableUserRefusal::Oneself));
    }
    users::set_disabled(conn, user, found.disabled_at.or(Some(now)))?;
    sessions::end_all_of(conn, user, None)?;
    Ok(())
}

/// Enables `user` again.
pub fn undo(conn: &mut Conn, actor: UserId, user: UserId) -> Result<(), Failed<DisableUserRefusal>> {
    find(conn, actor, user)?;
    users::set_disabled(conn, user, None)?;
    Ok(())
}

fn find(conn: &mut Conn, actor: UserId, user: UserId) -> Result<User, Failed<DisableUserRefusal>> {
    users::lock(conn)?;
    if users::find(conn, actor)?.is_none_or(|actor| actor.disabled_at.is_some()) {
        return Err(Failed::Refused(DisableUserRefusal::ActorDisabled));
    }
    users::find(conn, user)?.ok_or(Failed::Refused(DisableUserRefusal::Unknown))
}
