//! Creates an API token.

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

#[derive(Debug, Clone)]
pub struct NewToken {
    /// What the token is for. The ledger shows it with the changes that the token made.
    pub name: String,
    /// The SHA-256 of the secret (see [`crate::web::tokens`]).
    pub hash: String,
    pub created_by: String,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddTokenRefusal {
    /// A live token has the name: the ledger could not tell the two apart.
    #[error("Choose another token name: “{0}” is taken.")]
    NameTaken(String),
}

/// A token's name: one line of up to 60 characters.
pub fn parse_name(text: &str) -> Result<String, TextRefusal> {
    single_line("token name", text, 60)
}

pub fn run(conn: &mut Conn, token: NewToken, now: Moment) -> Result<Token, Failed<AddTokenRefusal>> {
    let NewToken { name, hash, created_by } = token;
    if tokens::live_of_name(conn, &name)?.is_some() {
        return Err(Failed::Refused(AddTokenRefusal::NameTaken(name)));
    }
    let token = Token { id: new_id(now), name, created_at: now, created_by, revoked_at: None };
    tokens::insert(conn, &token, &hash)?;
    Ok(token)
}
