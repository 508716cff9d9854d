//! Signs a member of staff in.

use crate::db::{
    Conn, Failed,
    staff::{
        known_devices,
        sessions::{self, Session},
        users::{self, User},
    },
};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BeginSessionRefusal {
    /// The password was changed, or the user disabled, after the password was checked.
    #[error("Sign in again: the account has just been changed.")]
    UserChanged,
}

/// Starts a session and ends the earlier session of the same browser, whose hash is `replaced_hash`. The browser is
/// known by `device_hash` from then on. `user` is the account as it was when the password was checked, outside this transaction.
pub fn run(
    conn: &mut Conn,
    user: &User,
    session: &Session,
    replaced_hash: Option<&str>,
    device_hash: &str,
) -> Result<(), Failed<BeginSessionRefusal>> {
    users::lock(conn)?;
    if user.disabled_at.is_some() || users::find(conn, user.id)?.as_ref() != Some(user) {
        return Err(Failed::Refused(BeginSessionRefusal::UserChanged));
    }
    if let Some(replaced) = replaced_hash {
        sessions::end(conn, replaced)?;
    }
    sessions::insert(conn, session)?;
    known_devices::remember(conn, device_hash, user.id, session.created_at)?;
    Ok(())
}
