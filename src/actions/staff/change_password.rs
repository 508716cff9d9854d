//! Changes the password of a member of staff.

use crate::db::{
    Conn, Failed,
    staff::{
        sessions,
        users::{self, User},
    },
};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangePasswordRefusal {
    /// The password was changed, or the user disabled, after the current password was checked.
    #[error("Enter your current password again: the account has changed meanwhile.")]
    UserChanged,
}

/// Ends all sessions of `user` except the one with `current_session_hash`, so that someone who knew the old password is
/// signed out. `user` is the account as it was when the current password was checked, outside this transaction.
pub fn run(
    conn: &mut Conn,
    user: &User,
    password_hash: &str,
    current_session_hash: &str,
) -> Result<(), Failed<ChangePasswordRefusal>> {
    users::lock(conn)?;
    if user.disabled_at.is_some() || users::find(conn, user.id)?.as_ref() != Some(user) {
        return Err(Failed::Refused(ChangePasswordRefusal::UserChanged));
    }
    users::set_password(conn, user.id, password_hash, false)?;
    sessions::end_all_of(conn, user.id, Some(current_session_hash))?;
    Ok(())
}
