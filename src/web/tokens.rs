//! The secrets of API tokens: 256 random bits, of which only the SHA-256 is kept.

use super::secrets::{random_secret, sha256_hex};

/// What every token begins with, so that people, and scanners of leaked secrets, know one when they see it.
pub const PREFIX: &str = "fs_";

/// A secret that was just made. It is shown once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// What the program sends.
    pub token: String,
    /// What is kept of it.
    pub hash: String,
}

/// Makes a secret.
#[must_use]
pub fn new_secret() -> Secret {
    let token = format!("{PREFIX}{}", random_secret());
    Secret { hash: sha256_hex(&token), token }
}
