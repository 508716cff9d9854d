//! Credentials at rest: encrypted with a key that is not in the database, so that a copy of the database reveals none.
//!
//! XChaCha20-Poly1305 with a random nonce, whose 24 bytes never repeat. What is sealed for one store opens for no other:
//! the store's code is authenticated beside it.

use super::{
    app::Permission, credentials::Credentials, hooks::is_same_signature, registry, signature::hmac_sha256_bytes,
};
use crate::domain::{code::StoreCode, stores::connection::ConnectorKind};
use base64::{Engine, prelude::BASE64_STANDARD};
use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use rand::Rng;
use secrecy::{ExposeSecret, SecretSlice, SecretString, zeroize::Zeroizing};

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;

/// 128 bits are enough that nobody guesses them.
const HOOK_SECRET_BYTES: usize = 16;

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
    /// Those of an app were, or by a newer flashsale.
    #[error(
        "The keys of the {0} app cannot be decrypted with this FLASHSALE_CREDENTIALS_KEY. Set the key they were saved with, or enter them again under Settings, Marketplaces."
    )]
    AppOfAnotherKey(&'static str),
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
        self.seal_text(store.as_str(), &credentials.to_json())
    }

    pub fn open(&self, store: &StoreCode, sealed: &str) -> Result<Credentials, SealError> {
        if !sealed.starts_with(VERSION) {
            return Err(SealError::Newer(store.clone()));
        }
        let opened = self.open_text(store.as_str(), sealed).and_then(|json| registry::credentials_of(&json));
        opened.ok_or_else(|| SealError::AnotherKey(store.clone()))
    }

    /// Seals the keys of an app.
    pub fn seal_app(&self, keys: &Credentials) -> String {
        self.seal_text(&app_of(keys.kind()), &keys.to_json())
    }

    pub fn open_app(&self, kind: ConnectorKind, sealed: &str) -> Result<Credentials, SealError> {
        let opened = self.open_text(&app_of(kind), sealed).and_then(|json| registry::app_keys_of(&json));
        opened.ok_or(SealError::AppOfAnotherKey(kind.label()))
    }

    /// Seals what a seller permitted, for the way back that `state_hash` belongs to.
    pub fn seal_permission(&self, state_hash: &str, permission: &Permission) -> String {
        self.seal_text(&permission_of(state_hash), &permission.to_json())
    }

    /// `None` if it was sealed with another key.
    pub fn open_permission(&self, state_hash: &str, sealed: &str) -> Option<Permission> {
        let json = self.open_text(&permission_of(state_hash), sealed)?;
        Permission::from_json(&json, registry::credentials_of)
    }

    /// The secret in the address to which messages about the orders of a store are sent, where the marketplace does not sign
    /// them. It is made of this key, so that it is stored nowhere.
    pub fn hook_secret(&self, store: &StoreCode) -> String {
        let context = format!("hook of {store}");
        let bytes = hmac_sha256_bytes(self.0.expose_secret(), &[context.as_bytes()]);
        bytes.iter().take(HOOK_SECRET_BYTES).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether that secret was given. It takes the same time wherever they differ.
    pub fn is_hook_secret(&self, store: &StoreCode, given: &str) -> bool {
        is_same_signature(given, &self.hook_secret(store))
    }

    /// What is sealed with the words of one context opens in no other.
    fn seal_text(&self, context: &str, text: &SecretString) -> String {
        let mut nonce = [0; NONCE_BYTES];
        rand::rng().fill_bytes(&mut nonce);
        let payload = Payload { msg: text.expose_secret().as_bytes(), aad: context.as_bytes() };
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload).expect("credentials are short");
        format!("{VERSION}{}", BASE64_STANDARD.encode([nonce.as_slice(), &sealed].concat()))
    }

    fn open_text(&self, context: &str, sealed: &str) -> Option<SecretString> {
        let bytes = BASE64_STANDARD.decode(sealed.strip_prefix(VERSION)?).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_BYTES)?;
        let payload = Payload { msg: sealed, aad: context.as_bytes() };
        let text = self.cipher().decrypt(&XNonce::try_from(nonce).ok()?, payload).ok()?;
        Some(String::from_utf8(text).ok()?.into())
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new_from_slice(self.0.expose_secret()).expect("every key has 32 bytes")
    }
}

/// No store has a code with a space in it, so that nothing of an app opens as that of a store.
fn app_of(kind: ConnectorKind) -> String {
    format!("app of {}", kind.as_str())
}

fn permission_of(state_hash: &str) -> String {
    format!("permission of {state_hash}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marketplaces::{lazada, shopee, webhook};

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
    fn the_keys_of_an_app_open_for_its_marketplace_alone() {
        let key = SealKey::random();
        let values = [("app_key", "1"), ("app_secret", SECRET)].map(|(name, value)| (name.to_owned(), value.into()));
        let keys = registry::describe(lazada::KIND).app_keys(values.into()).expect("all fields");
        let sealed = key.seal_app(&keys);
        assert!(!sealed.contains(SECRET), "{sealed}");
        let opened = key.open_app(lazada::KIND, &sealed).expect("the same");
        assert_eq!(opened.value("app_secret").expose_secret(), SECRET);
        for (key, kind) in [(&key, shopee::KIND), (&SealKey::random(), lazada::KIND)] {
            assert_eq!(key.open_app(kind, &sealed).expect_err("refused"), SealError::AppOfAnotherKey(kind.label()));
        }
        assert!(key.open(&store("lazada"), &sealed).is_err());
    }

    #[test]
    fn the_address_of_a_store_has_a_secret_of_its_own() {
        let key = SealKey::random();
        let secret = key.hook_secret(&store("shop"));
        assert_eq!((secret.len(), secret.clone()), (32, key.hook_secret(&store("shop"))));
        for (key, code, given, is_it) in [
            (&key, "shop", secret.as_str(), true),
            (&key, "other", secret.as_str(), false),
            (&SealKey::random(), "shop", secret.as_str(), false),
            (&key, "shop", &secret[1..], false),
            (&key, "shop", "", false),
        ] {
            assert_eq!(key.is_hook_secret(&store(code), given), is_it, "{code} {given}");
        }
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
