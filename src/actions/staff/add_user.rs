//! Adds a member of staff.

use crate::{
    clock::new_id,
    db::{
        Conn, Failed,
        staff::users::{self, User},
    },
    domain::{moment::Moment, staff::account::Email},
};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddUserRefusal {
    #[error("Enter another e-mail address: {0} already has an account.")]
    EmailTaken(Email),
}

/// For the hash see [`crate::web::passwords`].
pub fn run(conn: &mut Conn, email: &Email, password_hash: &str, now: Moment) -> Result<User, Failed<AddUserRefusal>> {
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
    };
    users::insert(conn, &user)?;
    Ok(user)
}
