//! HMAC-SHA256, with which requests to marketplaces are signed.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// The signature of the parts of a message, in lower case.
pub(crate) fn hmac_sha256(key: &SecretString, message: &[&[u8]]) -> String {
    let signature = hmac_sha256_bytes(key.expose_secret().as_bytes(), message);
    signature.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The same in bytes, with a key that does not have to be a text.
pub(super) fn hmac_sha256_bytes(key: &[u8], message: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in message {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2.
    #[test]
    fn it_is_the_one_of_the_standard() {
        let signature = hmac_sha256(&"Jefe".into(), &[b"what do ya want ", b"for nothing?"]);
        assert_eq!(signature, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }
}
