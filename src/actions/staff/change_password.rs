//! Gives a member of staff another password.

use crate::db::{
    Conn, Failed,
    staff::{
        sessions,
        users::{self, User},
    },
};

/// Why the password was not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangePasswordRefusal {
    /// It was changed, or the user disabled, after the current password was checked.
    #[error("Enter your current password again: the account has changed meanwhile.")]
    UserChanged,
}

/// Gives `user`, as they were when their current password was checked, the password of this hash, and ends every
/// session of theirs but the one of `kept_hash`: whoever knew the old password is out.
///
/// # Errors
/// A [`ChangePasswordRefusal`], or the database.
pub fn run(
    conn: &mut Conn,
    user: &User,
    password_hash: &str,
    kept_hash: &str,
) -> Result<(), Failed<ChangePasswordRefusal>> {
    users::lock(conn)?;
    if user.disabled_at.is_some() || users::find(conn, user.id)?.as_ref() != Some(user) {
        return Err(Failed::Refused(ChangePasswordRefusal::UserChanged));
    }
    users::set_password(conn, user.id, password_hash)?;
    sessions::end_all_of(conn, user.id, Some(kept_hash))?;
    Ok(())
}
