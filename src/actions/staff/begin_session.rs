//! Signs a member of staff in.

use crate::db::{
    Conn, Failed,
    staff::{
        sessions::{self, Session},
        users::{self, User},
    },
};

/// Why nobody was signed in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BeginSessionRefusal {
    /// The password was changed, or the user disabled, after the password was checked.
    #[error("Sign in again: the account has changed meanwhile.")]
    UserChanged,
}

/// Begins the session of `user`, as they were when their password was checked, in place of the one that the same
/// browser had.
///
/// # Errors
/// A [`BeginSessionRefusal`], or the database.
pub fn run(
    conn: &mut Conn,
    user: &User,
    session: &Session,
    replaced_hash: Option<&str>,
) -> Result<(), Failed<BeginSessionRefusal>> {
    users::lock(conn)?;
    if user.disabled_at.is_some() || users::find(conn, user.id)?.as_ref() != Some(user) {
        return Err(Failed::Refused(BeginSessionRefusal::UserChanged));
    }
    if let Some(replaced) = replaced_hash {
        sessions::end(conn, replaced)?;
    }
    sessions::insert(conn, session)?;
    Ok(())
}
