//! Adds the first member of staff.

use super::add_user::{self, AddUserRefusal};
use crate::{
    db::{
        Conn, Failed,
        staff::users::{self, User},
    },
    domain::{moment::Moment, staff::account::Email},
};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddFirstUserRefusal {
    #[error("Sign in: there already is an account.")]
    NotTheFirst,
}

/// Fails if there is an account already.
pub fn run(
    conn: &mut Conn,
    email: &Email,
    password_hash: &str,
    now: Moment,
) -> Result<User, Failed<AddFirstUserRefusal>> {
    users::lock(conn)?;
    if !users::none_yet(conn)? {
        return Err(Failed::Refused(AddFirstUserRefusal::NotTheFirst));
    }
    add_user::run(conn, email, password_hash, now).map_err(|failed| match failed {
        Failed::Refused(AddUserRefusal::EmailTaken(_)) => Failed::Refused(AddFirstUserRefusal::NotTheFirst),
        Failed::Database(error) => Failed::Database(error),
    })
}
