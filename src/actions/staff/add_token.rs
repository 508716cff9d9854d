//! Makes an API token.

use crate::{
    clock::new_id,
    db::{
        Conn, Failed,
        staff::tokens::{self, Token},
    },
    domain::{
        moment::Moment,
        text::{TextRefusal, single_line},
    },
};

/// A token to be made.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// What it is for; stands in the ledger beside what it does.
    pub name: String,
    /// The SHA-256 of the secret (see [`crate::web::tokens`]).
    pub hash: String,
    /// Who makes it.
    pub created_by: String,
}

/// Why no token was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddTokenRefusal {
    /// A token that counts has that name: nobody could tell in the ledger which of the two it was.
    #[error("Choose another token name: “{0}” is taken.")]
    NameTaken(String),
}

/// The name of a token from what somebody typed.
///
/// # Errors
/// A [`TextRefusal`] that says what to do.
pub fn parse_name(text: &str) -> Result<String, TextRefusal> {
    single_line("token name", text, 60)
}

/// Makes a token at `now`.
///
/// # Errors
/// An [`AddTokenRefusal`], or the database.
pub fn run(conn: &mut Conn, token: NewToken, now: Moment) -> Result<Token, Failed<AddTokenRefusal>> {
    let NewToken { name, hash, created_by } = token;
    if tokens::live_of_name(conn, &name)?.is_some() {
        return Err(Failed::Refused(AddTokenRefusal::NameTaken(name)));
    }
    let token = Token { id: new_id(now), name, created_at: now, created_by, revoked_at: None };
    tokens::insert(conn, &token, &hash)?;
    Ok(token)
}
