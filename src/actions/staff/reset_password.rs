//! Sets a new password for a member of staff who has forgotten theirs. Only the command line of the server does this.

use crate::{
    db::{
        Conn, Failed,
        staff::{sessions, users},
    },
    domain::{id::UserId, staff::account::Email},
};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResetPasswordRefusal {
    #[error("Check the address: there is no account for {0}.")]
    Unknown(Email),
}

/// Ends all sessions of the user. A disabled account stays disabled. `is_given` says that the user has to choose another
/// password when they sign in.
pub fn run(
    conn: &mut Conn,
    email: &Email,
    password_hash: &str,
    is_given: bool,
) -> Result<UserId, Failed<ResetPasswordRefusal>> {
    users::lock(conn)?;
    let found = users::find_by_email(conn, email.as_str())?;
    let user = found.ok_or_else(|| Failed::Refused(ResetPasswordRefusal::Unknown(email.clone())))?;
    users::set_password(conn, user.id, password_hash, is_given)?;
    sessions::end_all_of(conn, user.id, None)?;
    Ok(user.id)
}
