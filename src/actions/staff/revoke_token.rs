//! Revokes an API token.

use crate::{
    db::{Conn, Failed, staff::tokens},
    domain::{id::TokenId, moment::Moment},
};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RevokeTokenRefusal {
    #[error("There is no such token.")]
    NotFound,
}

/// Revoking a token a second time changes nothing.
pub fn run(conn: &mut Conn, id: TokenId, now: Moment) -> Result<(), Failed<RevokeTokenRefusal>> {
    if tokens::revoke(conn, id, now)? { Ok(()) } else { Err(Failed::Refused(RevokeTokenRefusal::NotFound)) }
}
