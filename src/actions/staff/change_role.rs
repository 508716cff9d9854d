//! Changes what a member of staff may do.

use crate::{
    db::{Conn, Failed, staff::users},
    domain::{
        id::UserId,
        staff::{account::Email, permission::Role},
    },
};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeRoleRefusal {
    #[error("There is no such user.")]
    Unknown,
    /// Checked inside the transaction, as for disabling.
    #[error("Sign in again: you are no administrator any more.")]
    ActorNotAdministrator,
    #[error("Make somebody else an administrator first: this is the last one that can sign in.")]
    LastAdministrator,
}

/// Gives `user` another role. The next request of theirs has its permissions.
pub fn run(conn: &mut Conn, actor: UserId, user: UserId, role: Role) -> Result<(), Failed<ChangeRoleRefusal>> {
    users::lock(conn)?;
    let is_administrator = users::find(conn, actor)?.is_some_and(|actor| actor.is_live_administrator());
    if !is_administrator {
        return Err(Failed::Refused(ChangeRoleRefusal::ActorNotAdministrator));
    }
    change(conn, user, role)
}

/// The same for the account of `email`, by the operator at the command line.
pub fn by_operator(conn: &mut Conn, email: &Email, role: Role) -> Result<UserId, Failed<ChangeRoleRefusal>> {
    users::lock(conn)?;
    let found = users::find_by_email(conn, email.as_str())?.ok_or(Failed::Refused(ChangeRoleRefusal::Unknown))?;
    change(conn, found.id, role)?;
    Ok(found.id)
}

fn change(conn: &mut Conn, user: UserId, role: Role) -> Result<(), Failed<ChangeRoleRefusal>> {
    let found = users::find(conn, user)?.ok_or(Failed::Refused(ChangeRoleRefusal::Unknown))?;
    let gives_up = found.is_live_administrator() && role != Role::Administrator;
    if gives_up && !users::is_any_administrator_but(conn, user)? {
        return Err(Failed::Refused(ChangeRoleRefusal::LastAdministrator));
    }
    users::set_role(conn, user, role)?;
    Ok(())
}
