//! Gives a member of staff who has forgotten their password another one, because whoever runs the server says so.

use crate::{
    db::{
        Conn, Failed,
        staff::{sessions, users},
    },
    domain::{id::UserId, staff::account::Email},
};

/// Why no password was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResetPasswordRefusal {
    /// Nobody has the address.
    #[error("Check the address: there is no account for {0}.")]
    Unknown(Email),
}

/// Gives the user of `email` the password of this hash and ends their sessions. Who is disabled stays so.
///
/// # Errors
/// A [`ResetPasswordRefusal`], or the database.
pub fn run(conn: &mut Conn, email: &Email, password_hash: &str) -> Result<UserId, Failed<ResetPasswordRefusal>> {
    users::lock(conn)?;
    let found = users::find_by_email(conn, email.as_str())?;
    let user = found.ok_or_else(|| Failed::Refused(ResetPasswordRefusal::Unknown(email.clone())))?;
    users::set_password(conn, user.id, password_hash)?;
    sessions::end_all_of(conn, user.id, None)?;
    Ok(user.id)
}
