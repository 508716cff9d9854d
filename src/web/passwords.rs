//! Passwords: argon2id with the parameters OWASP recommends (19 MiB, two passes, one lane), which are the crate's own.

mod argon2id;

use crate::db::Error;
use argon2::{PasswordHash, PasswordHasher, PasswordVerifier};
use argon2id::Argon2id;
use std::sync::LazyLock;
use tokio::sync::Semaphore;

/// Hashes at once. Each takes 19 MiB and a core for some 20 ms: many sign-ins at once wait instead of using the whole
/// machine.
static HASHING: Semaphore = Semaphore::const_new(2);

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
    let _permit = HASHING.acquire().await.map_err(|_| Error::GivenUp)?;
    actix_web::web::block(move || hash(&password)).await.map_err(|_| Error::GivenUp)
}

pub async fn verify_off_thread(password: String, stored: Option<String>) -> Result<bool, Error> {
    let _permit = HASHING.acquire().await.map_err(|_| Error::GivenUp)?;
    actix_web::web::block(move || verify(&password, stored.as_deref())).await.map_err(|_| Error::GivenUp)
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
