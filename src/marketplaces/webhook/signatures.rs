//! The signatures of a webhook's requests, in two forms: our own, which is also that of Stripe, and that of the
//! specification Standard Webhooks, so that its libraries verify it. Both cover the time, so that an old request cannot be
//! replayed.

use crate::marketplaces::signature::{hmac_sha256, hmac_sha256_bytes};
use base64::{Engine, prelude::BASE64_STANDARD};
use secrecy::{ExposeSecret, SecretSlice, SecretString};

/// The header of our own form.
pub(super) const SIGNATURE_HEADER: &str = "X-Flashsale-Signature";

/// The headers of Standard Webhooks.
pub(super) const ID_HEADER: &str = "webhook-id";
pub(super) const TIMESTAMP_HEADER: &str = "webhook-timestamp";
pub(super) const STANDARD_SIGNATURE_HEADER: &str = "webhook-signature";

/// The prefix of secrets that are bytes in base64 (Standard Webhooks, “Signature scheme”).
const BASE64_PREFIX: &str = "whsec_";

/// The value of [`SIGNATURE_HEADER`]: the time, and a signature with each secret. The key is the secret as it was entered.
pub(super) fn own(secrets: &[&SecretString], unix_seconds: i64, body: &[u8]) -> String {
    let mut header = format!("t={unix_seconds}");
    for secret in secrets {
        header.push_str(",v1=");
        header.push_str(&hmac_sha256(secret, &[format!("{unix_seconds}.").as_bytes(), body]));
    }
    header
}

/// The value of [`STANDARD_SIGNATURE_HEADER`]: a signature with each secret, separated by spaces.
pub(super) fn standard(secrets: &[&SecretString], id: &str, unix_seconds: i64, body: &[u8]) -> String {
    let mut signatures = Vec::new();
    for secret in secrets {
        let key = standard_key(secret);
        let head = format!("{id}.{unix_seconds}.");
        let signature = hmac_sha256_bytes(key.expose_secret(), &[head.as_bytes(), body]);
        signatures.push(format!("v1,{}", BASE64_STANDARD.encode(signature)));
    }
    signatures.join(" ")
}

/// The bytes that follow the prefix in base64, or those of the text if it has another form.
fn standard_key(secret: &SecretString) -> SecretSlice<u8> {
    let text = secret.expose_secret();
    let bytes = text.strip_prefix(BASE64_PREFIX).and_then(|base64| BASE64_STANDARD.decode(base64).ok());
    bytes.filter(|bytes| !bytes.is_empty()).unwrap_or_else(|| text.as_bytes().to_vec()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf '1790000000.{"a":1}' | openssl dgst -sha256 -hmac whsec`
    #[test]
    fn our_own_signature_covers_the_time_and_the_body() {
        let signature = own(&[&"whsec".into()], 1_790_000_000, br#"{"a":1}"#);
        assert_eq!(signature, "t=1790000000,v1=10eafca9f78117bc724863bcd4b5c7d926c944a32a6ab8e96770849ab3e84a49");
    }

    /// The vector of the README, where the commands are that recompute it.
    #[test]
    fn the_readme_has_a_vector_of_both_forms() {
        let readme = include_str!("../../../README.md");
        let secret: SecretString = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz".into();
        let body = br#"{"a":1}"#;
        let own = own(&[&secret], 1_790_000_000, body);
        let standard = standard(&[&secret], "0199c5a2-1f00-7000-8000-000000000001", 1_790_000_000, body);
        assert_eq!(own, "t=1790000000,v1=aa767e354e017a89d3f6ea4aec02f861381afe350711b0656e1d1b9e22e5c38c");
        assert_eq!(standard, "v1,RBfbp+E8WPy7FEXNwD2+lH1WsPFoNEPPI9oQhtoGu4E=");
        for vector in [secret.expose_secret(), "{\"a\":1}", &own, &standard] {
            assert!(readme.contains(vector), "{vector}");
        }
    }

    /// The example of the specification’s own libraries (`standardwebhooks`, tests of each language):
    /// `printf 'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}' | openssl dgst -sha256 -binary -mac HMAC
    /// -macopt hexkey:$(printf MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw | base64 -d | od -An -tx1 | tr -d ' \n') | base64`
    #[test]
    fn the_standard_signature_is_the_one_of_the_specification() {
        let secret: SecretString = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into();
        let signature = standard(&[&secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn both_secrets_sign_while_they_overlap() {
        let (new, old): (SecretString, SecretString) = ("new".into(), "old".into());
        let with = |secret: &SecretString| {
            let own = own(&[secret], 1, b"{}");
            (own.replace("t=1,", ""), standard(&[secret], "id", 1, b"{}"))
        };
        let of_new = with(&new);
        let of_old = with(&old);
        assert_ne!(of_new, of_old);
        assert_eq!(own(&[&new, &old], 1, b"{}"), format!("t=1,{},{}", of_new.0, of_old.0));
        assert_eq!(standard(&[&new, &old], "id", 1, b"{}"), format!("{} {}", of_new.1, of_old.1));
    }

    #[test]
    fn a_secret_that_is_no_base64_is_a_key_of_its_own_bytes() {
        for (secret, key) in [
            ("whsec_AAEC", &[0, 1, 2][..]),
            ("whsec_not base64", b"whsec_not base64"),
            ("whsec_", b"whsec_"),
            ("AAEC", b"AAEC"),
        ] {
            assert_eq!(standard_key(&secret.into()).expose_secret(), key, "{secret}");
        }
    }
}
