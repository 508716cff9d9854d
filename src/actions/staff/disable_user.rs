//! Disables or enables the account of a member of staff. Accounts are never deleted, because the ledger names them.

use crate::{
    db::{
        Conn, Failed,
        staff::{
            sessions, tokens,
            users::{self, User},
        },
    },
    domain::{id::UserId, moment::Moment, staff::account::Email},
};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DisableUserRefusal {
    #[error("There is no such user.")]
    Unknown,
    /// Checked inside the transaction: otherwise two people could disable each other at the same time, and no account
    /// would be left.
    #[error("Sign in again: your account is disabled, or you are no administrator any more.")]
    ActorDisabled,
    #[error("Ask a colleague to disable your account: you cannot disable your own.")]
    Oneself,
    #[error("Make somebody else an administrator first: this is the last account that can sign in and manage users.")]
    LastAdministrator,
}

/// What ended with an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disabled {
    pub user: UserId,
    /// How many API tokens it had made that were still live.
    pub tokens_revoked: usize,
}

/// Disables `user`, and ends their sessions and the API tokens that they made.
pub fn run(conn: &mut Conn, actor: UserId, user: UserId, now: Moment) -> Result<Disabled, Failed<DisableUserRefusal>> {
    let found = find(conn, actor, user)?;
    if actor == user {
        return Err(Failed::Refused(DisableUserRefusal::Oneself));
    }
    disable(conn, found, now)
}

/// Enables `user` again. Their sessions and tokens stay ended.
pub fn undo(conn: &mut Conn, actor: UserId, user: UserId) -> Result<(), Failed<DisableUserRefusal>> {
    find(conn, actor, user)?;
    users::set_disabled(conn, user, None)?;
    Ok(())
}

/// Disables the account of `email`, for the operator at the command line.
pub fn by_operator(conn: &mut Conn, email: &Email, now: Moment) -> Result<Disabled, Failed<DisableUserRefusal>> {
    let found = find_by_email(conn, email)?;
    disable(conn, found, now)
}

/// Enables the account of `email` again, for the operator at the command line.
pub fn undo_by_operator(conn: &mut Conn, email: &Email) -> Result<UserId, Failed<DisableUserRefusal>> {
    let found = find_by_email(conn, email)?;
    users::set_disabled(conn, found.id, None)?;
    Ok(found.id)
}

fn disable(conn: &mut Conn, user: User, now: Moment) -> Result<Disabled, Failed<DisableUserRefusal>> {
    if user.is_live_administrator() && !users::is_any_administrator_but(conn, user.id)? {
        return Err(Failed::Refused(DisableUserRefusal::LastAdministrator));
    }
    users::set_disabled(conn, user.id, user.disabled_at.or(Some(now)))?;
    sessions::end_all_of(conn, user.id, None)?;
    let tokens_revoked = tokens::revoke_all_of(conn, &user.email, now)?;
    Ok(Disabled { user: user.id, tokens_revoked })
}

fn find(conn: &mut Conn, actor: UserId, user: UserId) -> Result<User, Failed<DisableUserRefusal>> {
    users::lock(conn)?;
    if users::find(conn, actor)?.is_none_or(|actor| !actor.is_live_administrator()) {
        return Err(Failed::Refused(DisableUserRefusal::ActorDisabled));
    }
    users::find(conn, user)?.ok_or(Failed::Refused(DisableUserRefusal::Unknown))
}

fn find_by_email(conn: &mut Conn, email: &Email) -> Result<User, Failed<DisableUserRefusal>> {
    users::lock(conn)?;
    users::find_by_email(conn, email.as_str())?.ok_or(Failed::Refused(DisableUserRefusal::Unknown))
}
