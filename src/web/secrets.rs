//! Random secrets, and the hashes that the database stores of them.

use rand::Rng;
use sha2::{Digest, Sha256};

/// SHA-256 as 64 hexadecimal digits. For secrets that are random: they need no salt.
pub fn sha256_hex(content: impl AsRef<[u8]>) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The characters of a random secret.
pub const SECRET_LENGTH: usize = 43;

/// 256 random bits as 43 characters that are safe in URLs.
pub fn random_secret() -> String {
    use base64::Engine;
    let mut bytes = [0_u8; 32];
    rand::rng().fill_bytes(&mut bytes);
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}
