//! The secrets of API tokens: 256 random bits, of which only the SHA-256 is stored.

use super::secrets::{random_secret, sha256_hex};

/// The prefix of every token, by which people and scanners for leaked secrets recognize one.
pub const PREFIX: &str = "fs_";

/// A new secret. It is shown once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    pub token: String,
    pub hash: String,
}

pub fn new_secret() -> Secret {
    let token = format!("{PREFIX}{}", random_secret());
    Secret { hash: sha256_hex(&token), token }
}
