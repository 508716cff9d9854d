//! Adds a member of staff.

use crate::{
    clock::new_id,
    db::{
        Conn, Failed,
        staff::users::{self, User},
    },
    domain::{
        moment::Moment,
        staff::{account::Email, permission::Role},
    },
};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddUserRefusal {
    #[error("Enter another e-mail address: {0} already has an account.")]
    EmailTaken(Email),
}

/// Adds an administrator who chose the password. For the hash see [`crate::web::passwords`].
pub fn run(conn: &mut Conn, email: &Email, password_hash: &str, now: Moment) -> Result<User, Failed<AddUserRefusal>> {
    add(conn, email, password_hash, false, Role::Administrator, now)
}

/// Adds a user whose password somebody else chose: they have to choose another when they sign in.
pub fn with_given_password(
    conn: &mut Conn,
    email: &Email,
    password_hash: &str,
    role: Role,
    now: Moment,
) -> Result<User, Failed<AddUserRefusal>> {
    add(conn, email, password_hash, true, role, now)
}

fn add(
    conn: &mut Conn,
    email: &Email,
    password_hash: &str,
    password_is_given: bool,
    role: Role,
    now: Moment,
) -> Result<User, Failed<AddUserRefusal>> {
    users::lock(conn)?;
    if users::find_by_email(conn, email.as_str())?.is_some() {
        return Err(Failed::Refused(AddUserRefusal::EmailTaken(email.clone())));
    }
    let user = User {
        id: new_id(now),
        email: email.to_string(),
        password_hash: password_hash.to_owned(),
        created_at: now,
        disabled_at: None,
        password_is_given,
        role,
    };
    users::insert(conn, &user)?;
    Ok(user)
}
