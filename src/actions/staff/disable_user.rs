//! Keeps a member of staff out, or lets them in again. Nobody is deleted: the ledger says who did what.

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

/// Why nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DisableUserRefusal {
    /// There is nobody of that id.
    #[error("There is no such user.")]
    Unknown,
    /// Whoever asks has been disabled meanwhile. Were that not checked, two people could keep each other out, and
    /// nobody would be left.
    #[error("Sign in again: your account is disabled.")]
    ActorDisabled,
    /// Nobody keeps themselves out.
    #[error("Ask a colleague to disable your account: you cannot disable your own.")]
    Oneself,
}

/// Keeps `user` out from `now` on and ends their sessions, because `actor` says so.
///
/// # Errors
/// A [`DisableUserRefusal`], or the database.
pub fn run(conn: &mut Conn, actor: UserId, user: UserId, now: Moment) -> Result<(), Failed<DisableUserRefusal>> {
    let found = find(conn, actor, user)?;
    if actor == user {
        return Err(Failed::Refused(DisableUserRefusal::Oneself));
    }
    users::set_disabled(conn, user, found.disabled_at.or(Some(now)))?;
    sessions::end_all_of(conn, user, None)?;
    Ok(())
}

/// Lets `user` in again, because `actor` says so.
///
/// # Errors
/// A [`DisableUserRefusal`], or the database.
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
