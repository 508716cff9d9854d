//! Passwords: argon2id with the parameters OWASP recommends (19 MiB, two passes, one lane), which are the crate's own.

mod argon2id;

use super::error::PageError;
use crate::db::Error;
use argon2::{PasswordHash, PasswordHasher, PasswordVerifier};
use argon2id::Argon2id;
use std::sync::LazyLock;
use tokio::sync::Semaphore;

/// Hashes at once for people whom the server knows. Each takes 19 MiB and a core for some 20 ms: many at once wait instead
/// of using the whole machine.
static KNOWN: Semaphore = Semaphore::const_new(1);

/// The same for strangers, whose flood must not keep the others waiting.
static STRANGERS: Semaphore = Semaphore::const_new(1);

/// Strangers that wait for their turn: so many hashes take less than a second.
static STRANGERS_WAITING: Semaphore = Semaphore::const_new(40);

/// Who a password is checked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    /// Somebody who is signed in, or at a browser in which they have signed in before.
    Known,
    Strangers,
}

pub fn hash(password: &str) -> String {
    Argon2id.hash_password(password.as_bytes()).expect("argon2 with its own parameters").to_string()
}

/// Whether `password` has the `stored` hash. Without a hash it takes the same time, so that the time does not reveal which
/// addresses have an account.
pub fn verify(password: &str, stored: Option<&str>) -> bool {
    static OTHER: LazyLock<String> = LazyLock::new(|| hash("nobody has this password"));
    let is_right = PasswordHash::new(stored.unwrap_or(&OTHER))
        .is_ok_and(|stored| Argon2id.verify_password(password.as_bytes(), &stored).is_ok());
    is_right && stored.is_some()
}

pub async fn hash_off_thread(password: String) -> Result<String, Error> {
    let _permit = KNOWN.acquire().await.map_err(|_| Error::GivenUp)?;
    actix_web::web::block(move || hash(&password)).await.map_err(|_| Error::GivenUp)
}

/// Fails with [`PageError::TooMany`] if so many strangers are waiting that it would take too long.
pub async fn verify_off_thread(password: String, stored: Option<String>, whose: For) -> Result<bool, PageError> {
    let _waiting = match whose {
        For::Known => None,
        For::Strangers => {
            Some(STRANGERS_WAITING.try_acquire().map_err(|_| PageError::TooMany { retry_after_seconds: 2 })?)
        }
    };
    let turns = match whose {
        For::Known => &KNOWN,
        For::Strangers => &STRANGERS,
    };
    let _permit = turns.acquire().await.map_err(|_| Error::GivenUp)?;
    let checked = actix_web::web::block(move || verify(&password, stored.as_deref())).await;
    Ok(checked.map_err(|_| Error::GivenUp)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_by_its_argon2id_hash_alone() {
        let stored = hash("correct horse battery");
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(verify("correct horse battery", Some(&stored)));
        assert!(!verify("correct horse", Some(&stored)));
        assert!(!verify("nobody has this password", None));
        assert_ne!(stored, hash("correct horse battery"), "every hash has a salt of its own");
    }
}
