//! Credentials at rest: encrypted with a key that is not in the database, so that a copy of the database reveals none.
//!
//! XChaCha20-Poly1305 with a random nonce, whose 24 bytes never repeat. What is sealed for one store opens for no other:
//! the store's code is authenticated beside it.

use super::{credentials::Credentials, registry};
use crate::domain::code::StoreCode;
use base64::{Engine, prelude::BASE64_STANDARD};
use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use rand::Rng;
use secrecy::{ExposeSecret, SecretSlice, SecretString, zeroize::Zeroizing};

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;

/// The prefix of everything that is sealed in this way, so that another way can follow.
const VERSION: &str = "v1:";

/// 32 bytes, in base64 where people handle them.
#[derive(Clone, Debug)]
pub struct SealKey(SecretSlice<u8>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not 32 bytes in base64; `flashsale key` prints a new one")]
pub struct NotAKey;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    #[error(
        "Set FLASHSALE_CREDENTIALS_KEY on the server: credentials are saved only in encrypted form. “flashsale key” prints a new key."
    )]
    NoKey,
    /// They were sealed with another key or for another store, or were changed since.
    #[error(
        "The credentials of {0} cannot be decrypted with this FLASHSALE_CREDENTIALS_KEY. Set the key they were saved with, or enter them again."
    )]
    AnotherKey(StoreCode),
    #[error("The credentials of {0} were saved by a newer flashsale. Update this one, or enter them again.")]
    Newer(StoreCode),
}

impl SealKey {
    pub fn random() -> Self {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        rand::rng().fill_bytes(bytes.as_mut());
        Self(bytes.to_vec().into())
    }

    pub fn parse(text: &str) -> Result<Self, NotAKey> {
        let bytes = BASE64_STANDARD.decode(text.trim()).map_err(|_| NotAKey)?;
        if bytes.len() == KEY_BYTES { Ok(Self(bytes.into())) } else { Err(NotAKey) }
    }

    pub fn to_base64(&self) -> SecretString {
        BASE64_STANDARD.encode(self.0.expose_secret()).into()
    }

    pub fn seal(&self, store: &StoreCode, credentials: &Credentials) -> String {
        let mut nonce = [0; NONCE_BYTES];
        rand::rng().fill_bytes(&mut nonce);
        let json = credentials.to_json();
        let payload = Payload { msg: json.expose_secret().as_bytes(), aad: store.as_str().as_bytes() };
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload).expect("credentials are short");
        format!("{VERSION}{}", BASE64_STANDARD.encode([nonce.as_slice(), &sealed].concat()))
    }

    pub fn open(&self, store: &StoreCode, sealed: &str) -> Result<Credentials, SealError> {
        let body = sealed.strip_prefix(VERSION).ok_or_else(|| SealError::Newer(store.clone()))?;
        let opened = || {
            let bytes = BASE64_STANDARD.decode(body).ok()?;
            let (nonce, sealed) = bytes.split_at_checked(NONCE_BYTES)?;
            let payload = Payload { msg: sealed, aad: store.as_str().as_bytes() };
            let json = self.cipher().decrypt(&XNonce::try_from(nonce).ok()?, payload).ok()?;
            registry::credentials_of(&String::from_utf8(json).ok()?.into())
        };
        opened().ok_or_else(|| SealError::AnotherKey(store.clone()))
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new_from_slice(self.0.expose_secret()).expect("every key has 32 bytes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marketplaces::webhook;

    const SECRET: &str = "a secret of the shop";

    fn store(code: &str) -> StoreCode {
        StoreCode::parse(code).expect("a code")
    }

    fn credentials() -> Credentials {
        let values = [("secret".to_owned(), SECRET.into())].into();
        registry::describe(webhook::KIND).credentials(values).expect("all fields")
    }

    fn secret_of(credentials: &Credentials) -> String {
        credentials.secrets()[0].expose_secret().to_owned()
    }

    #[test]
    fn what_is_sealed_opens_with_the_same_key_for_the_same_store_alone() {
        let key = SealKey::random();
        let sealed = key.seal(&store("shop"), &credentials());
        assert!(sealed.starts_with("v1:") && !sealed.contains(SECRET));
        let same_key = SealKey::parse(key.to_base64().expose_secret()).expect("a key");
        assert_eq!(secret_of(&same_key.open(&store("shop"), &sealed).expect("the same")), SECRET);
        let refused = |key: &SealKey, code: &str, sealed: &str| key.open(&store(code), sealed).expect_err("refused");
        assert_eq!(refused(&key, "other", &sealed), SealError::AnotherKey(store("other")));
        assert_eq!(refused(&SealKey::random(), "shop", &sealed), SealError::AnotherKey(store("shop")));
        assert_eq!(refused(&key, "shop", &format!("v2:{sealed}")), SealError::Newer(store("shop")));
    }

    #[test]
    fn nothing_that_was_changed_or_cut_opens() {
        let key = SealKey::random();
        let sealed = key.seal(&store("shop"), &credentials());
        let body = BASE64_STANDARD.decode(&sealed[VERSION.len()..]).expect("base64");
        for at in 0..body.len() {
            let mut changed = body.clone();
            changed[at] ^= 1;
            for bytes in [&changed[..], &body[..at]] {
                let text = format!("{VERSION}{}", BASE64_STANDARD.encode(bytes));
                assert!(key.open(&store("shop"), &text).is_err(), "byte {at}");
            }
        }
        assert!(key.open(&store("shop"), "v1:not base64!").is_err());
    }

    #[test]
    fn the_same_is_never_sealed_the_same_way_twice() {
        let key = SealKey::random();
        assert_ne!(key.seal(&store("shop"), &credentials()), key.seal(&store("shop"), &credentials()));
    }

    #[test]
    fn a_key_is_32_bytes_of_base64_and_is_not_printed() {
        for text in ["", "short", &BASE64_STANDARD.encode([1; 31]), &BASE64_STANDARD.encode([1; 33]), "ä"] {
            assert_eq!(SealKey::parse(text).expect_err(text), NotAKey);
        }
        let key = SealKey::random();
        let printed = format!("{key:?}");
        assert!(printed.contains("REDACTED") && !printed.contains(key.to_base64().expose_secret()), "{printed}");
    }
}
