//! Revokes an API token.

use crate::{
    db::{Conn, Failed, staff::tokens},
    domain::{id::TokenId, moment::Moment},
};

/// Why no token was revoked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RevokeTokenRefusal {
    /// There is none of that id.
    #[error("There is no such token.")]
    NotFound,
}

/// Makes the token of `id` count no longer since `now`. A second time changes nothing.
///
/// # Errors
/// A [`RevokeTokenRefusal`], or the database.
pub fn run(conn: &mut Conn, id: TokenId, now: Moment) -> Result<(), Failed<RevokeTokenRefusal>> {
    if tokens::revoke(conn, id, now)? { Ok(()) } else { Err(Failed::Refused(RevokeTokenRefusal::NotFound)) }
}
